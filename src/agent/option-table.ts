/** What options the agent has, as its help prints them. Values are checked in options.ts. */

interface OptionText {
  /** What stands after it; empty for a switch, which takes nothing. */
  readonly value: string;
  /** Environment variables that stand for it, the first that is set counts. */
  readonly variables: readonly string[];
  readonly fallback?: string;
  readonly help: string;
}

export const OPTION_NAMES = [
  'server',
  'node-name',
  'node-uid',
  'state-dir',
  'source',
  'batch-window-ms',
  'dump-interval-ms',
  'listen',
  'max-keys',
  'max-queue-mib',
  'token-file',
  'ca-file',
  'pin-ca',
  'ca-sha256',
  'log-level',
] as const;

export type OptionName = (typeof OPTION_NAMES)[number];

export const OPTIONS: Readonly<Record<OptionName, OptionText>> = {
  server: {
    value: 'URL',
    variables: ['NETSCRIBE_SERVER'],
    help: 'the netscribe server to send batches to (required)',
  },
  'node-name': {
    value: 'NAME',
    variables: ['NETSCRIBE_NODE_NAME', 'NODE_NAME'],
    help: "this node's name in Kubernetes (required)",
  },
  'node-uid': {
    value: 'UID',
    variables: ['NETSCRIBE_NODE_UID'],
    help: "this node's uid; the server knows it by the name",
  },
  'state-dir': {
    value: 'DIR',
    variables: ['NETSCRIBE_STATE_DIR'],
    help: 'what must outlive the process: one agent, one directory (required)',
  },
  source: {
    value: 'KIND',
    variables: ['NETSCRIBE_SOURCE'],
    fallback: 'auto',
    help: 'netlink, conntrack (the tool), procfs, or auto: the first that works',
  },
  'batch-window-ms': {
    value: 'MS',
    variables: ['NETSCRIBE_BATCH_WINDOW_MS'],
    fallback: '10000',
    help: 'how long flows are summed before they are sent',
  },
  'dump-interval-ms': {
    value: 'MS',
    variables: ['NETSCRIBE_DUMP_INTERVAL_MS'],
    fallback: '300000',
    help: 'how often all open connections are listed',
  },
  listen: {
    value: 'HOST:PORT',
    variables: ['NETSCRIBE_LISTEN'],
    fallback: '127.0.0.1:9464',
    help: 'loopback address of /metrics, /healthz and /readyz, or off',
  },
  'max-keys': {
    value: 'N',
    variables: ['NETSCRIBE_MAX_KEYS'],
    fallback: '60000',
    help: 'distinct flows held before they are sent early',
  },
  'max-queue-mib': {
    value: 'MIB',
    variables: ['NETSCRIBE_MAX_QUEUE_MIB'],
    fallback: '64',
    help: 'memory for batches not yet acknowledged, and kept after',
  },
  'token-file': {
    value: 'FILE',
    variables: ['NETSCRIBE_TOKEN_FILE'],
    help: 'bearer token for the server; read again when it changes',
  },
  'ca-file': {
    value: 'FILE',
    variables: ['NETSCRIBE_CA_FILE'],
    help: 'authorities (PEM) that may have signed the server',
  },
  'pin-ca': {
    value: '',
    variables: ['NETSCRIBE_PIN_CA'],
    help: 'trust the authority of the server that answers first, from then on no other',
  },
  'ca-sha256': {
    value: 'HEX',
    variables: ['NETSCRIBE_CA_SHA256'],
    help: "trust the server's authority only with this SHA-256 of its certificate",
  },
  'log-level': {
    value: 'LEVEL',
    variables: ['NETSCRIBE_LOG_LEVEL'],
    fallback: 'info',
    help: 'debug, info, warn or error',
  },
};

/** What `netscribe agent --help` prints. */
export function agentHelp(): string {
  const width = Math.max(...OPTION_NAMES.map((name) => head(name).length));
  const lines = OPTION_NAMES.map((name) => {
    const { help, fallback } = OPTIONS[name];
    return `${head(name).padEnd(width)}  ${help}${fallback === undefined ? '' : ` (default ${fallback})`}`;
  });
  return [
    'Usage: netscribe agent --server URL --node-name NAME --state-dir DIR [OPTIONS]',
    '',
    "Reads this node's connection tracking, sums connections into flows and sends them to a netscribe server.",
    'It changes nothing on the node and needs no rights in Kubernetes; reading the kernel needs CAP_NET_ADMIN.',
    '',
    ...lines,
    '  -h, --help'.padEnd(width) + '  print this',
    '',
    'Each option can be given as an environment variable instead: --state-dir as NETSCRIBE_STATE_DIR, and the',
    'node name also as NODE_NAME. Logs go to standard error, one JSON object a line.',
    '',
    'Exit codes: 0 stopped by SIGTERM or SIGINT; 1 another agent took over for this node; 2 a problem of',
    'configuration, of the state directory or of reading the kernel.',
    '',
  ].join('\n');
}

function head(name: OptionName): string {
  return `  --${name} ${OPTIONS[name].value}`.trimEnd();
}
