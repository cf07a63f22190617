/**
 * The agent's command line and environment as checked options, in one step and with all problems at once. It reads no
 * file and starts nothing.
 */
import { parseArgs } from 'node:util';
import { isLoopbackHost } from '../runtime/host-port.ts';
import { OPTIONS, OPTION_NAMES } from './option-table.ts';
import type { OptionName } from './option-table.ts';
import { listenProblem, parseListen, parseServerUrl, parseWhole } from './option-values.ts';
import type { CaTrust } from './server-authority.ts';
import { trustOf } from './trust-options.ts';

export type SourceChoice = 'auto' | 'netlink' | 'conntrack' | 'procfs';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface AgentOptions {
  /** The server's base URL; batches go to `api/v1/batches` below it. */
  readonly server: URL;
  readonly nodeName: string;
  /** Empty when not given: the server fills it in from its watch. */
  readonly nodeUid: string;
  readonly stateDir: string;
  readonly source: SourceChoice;
  readonly batchWindowMs: number;
  readonly dumpIntervalMs: number;
  /** Null when there is to be no listener. */
  readonly listen: { readonly host: string; readonly port: number } | null;
  /** Keys held before a batch window is closed early. */
  readonly maxKeys: number;
  /** Bytes of batches kept in memory, sent or not. */
  readonly maxQueueBytes: number;
  readonly tokenFile: string | null;
  readonly trust: CaTrust;
  readonly logLevel: LogLevel;
}

export type ParsedOptions =
  | { readonly kind: 'help' }
  | { readonly kind: 'problems'; readonly problems: readonly string[] }
  | { readonly kind: 'options'; readonly options: AgentOptions };

type Environment = Readonly<Record<string, string | undefined>>;
type Raw = Partial<Record<OptionName, string>>;

const SOURCES: readonly SourceChoice[] = ['auto', 'netlink', 'conntrack', 'procfs'];
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Object names of Kubernetes nodes are DNS subdomains (RFC 1123): at most 253 characters. */
const NODE_NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
const NODE_UID = /^[A-Za-z0-9-]{1,128}$/;

/** Never throws. An option of the command line goes before its environment variable; an empty variable is none. */
export function parseAgentOptions(argv: readonly string[], env: Environment): ParsedOptions {
  if (argv.includes('--help') || argv.includes('-h')) return { kind: 'help' };
  const problems: string[] = [];
  const raw = { ...fromEnvironment(env), ...fromArguments(argv, problems) };
  const options = checked(raw, problems);
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'options', options };
}

function fromArguments(argv: readonly string[], problems: string[]): Raw {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      OPTION_NAMES.map((name) => [
        name,
        { type: isSwitch(name) ? ('boolean' as const) : ('string' as const) },
      ]),
    ),
    strict: false,
    tokens: true,
  });
  const raw: Raw = {};
  for (const token of tokens) {
    if (token.kind === 'positional')
      problems.push(`${JSON.stringify(token.value)} is no option; an agent takes no arguments`);
    if (token.kind !== 'option') continue;
    const name = OPTION_NAMES.find((known) => known === token.name);
    if (name === undefined) problems.push(`${token.rawName} is not an option of netscribe agent`);
    else if (isSwitch(name)) raw[name] = token.value ?? 'true';
    else if (token.value === undefined || token.value === '') problems.push(`--${name} needs a value`);
    else if (raw[name] !== undefined) problems.push(`--${name} is given twice`);
    else raw[name] = token.value;
  }
  return raw;
}

function fromEnvironment(env: Environment): Raw {
  const raw: Raw = {};
  for (const name of OPTION_NAMES) {
    const value = OPTIONS[name].variables
      .map((variable) => env[variable])
      .find((text) => text !== undefined && text !== '');
    if (value !== undefined) raw[name] = value;
  }
  return raw;
}

function isSwitch(name: OptionName): boolean {
  return OPTIONS[name].value === '';
}

/** Fills `problems`; what it returns is of use only when there were none. */
function checked(raw: Raw, problems: string[]): AgentOptions {
  const text = (name: OptionName): string => raw[name] ?? OPTIONS[name].fallback ?? '';
  const required = (name: OptionName): string => {
    if (text(name) === '')
      problems.push(`--${name} (or ${OPTIONS[name].variables.join(' or ')}) must be given`);
    return text(name);
  };
  const oneOf = <T extends string>(name: OptionName, choices: readonly T[], first: T): T => {
    const choice = choices.find((each) => each === text(name));
    if (choice === undefined) problems.push(`--${name} ${text(name)} is none of ${choices.join(', ')}`);
    return choice ?? first;
  };
  const whole = (name: OptionName, least: number, most: number): number => {
    const value = parseWhole(text(name), least, most);
    if (value === null)
      problems.push(`--${name} ${text(name)} is not a whole number from ${least} to ${most}`);
    return value ?? least;
  };
  const server = parseServerUrl(required('server'));
  if (server === null && text('server') !== '')
    problems.push(
      '--server is not a URL such as https://netscribe.netscribe:8443, without user, query or fragment',
    );
  if (server?.protocol === 'http:' && !isLoopbackHost(server.hostname.replace(/^\[|\]$/g, '')))
    problems.push(
      `--server ${server.origin} is not encrypted: use https, or a server on this machine's loopback`,
    );
  const nodeName = required('node-name');
  if (nodeName !== '' && !NODE_NAME.test(nodeName))
    problems.push(`--node-name ${nodeName} is not the name of a node`);
  const nodeUid = text('node-uid');
  if (nodeUid !== '' && !NODE_UID.test(nodeUid)) problems.push(`--node-uid ${nodeUid} is not a uid`);
  const listen = text('listen') === 'off' ? null : parseListen(text('listen'));
  const refusal = text('listen') === 'off' ? null : listenProblem(text('listen'), listen);
  if (refusal !== null) problems.push(`--listen ${refusal}`);
  return {
    server: server ?? new URL('http://invalid'),
    nodeName,
    nodeUid,
    stateDir: required('state-dir'),
    source: oneOf('source', SOURCES, 'auto'),
    // An hour at most: far below the seconds that a server takes of one flow in one batch.
    batchWindowMs: whole('batch-window-ms', 100, 3_600_000),
    dumpIntervalMs: whole('dump-interval-ms', 1000, 86_400_000),
    listen,
    maxKeys: whole('max-keys', 100, 10_000_000),
    maxQueueBytes: whole('max-queue-mib', 1, 16_384) * 1024 * 1024,
    tokenFile: text('token-file') || null,
    trust: trustOf(
      { file: text('ca-file'), pin: text('pin-ca'), sha256: text('ca-sha256'), stateDir: text('state-dir') },
      problems,
    ),
    logLevel: oneOf('log-level', LEVELS, 'info'),
  };
}
