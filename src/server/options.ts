/** The command line of `netscribe server`: every problem of it is told at once. */
import { Command } from 'commander';
import { parseCidr } from '../domain/cidr.ts';
import { ProblemError } from '../domain/problem.ts';
import { parseLearningWindow } from '../recommend/learning-window.ts';
import { parseHostPort } from '../runtime/host-port.ts';
import type { HostPort } from '../runtime/host-port.ts';
import { accessOptions } from './access/options.ts';
import type { AgentAuth, RawAccess, TlsChoice } from './access/options.ts';
import { isLoopback } from './listen.ts';

export type ApiAccess =
  | { readonly kind: 'in-cluster' }
  | { readonly kind: 'kubeconfig'; readonly file: string }
  | { readonly kind: 'url'; readonly url: string; readonly tokenFile?: string; readonly caFile?: string };

export interface ServerOptions {
  readonly db: string;
  readonly listen: HostPort;
  readonly ingest: HostPort;
  /** Null when health and metrics have no listener of their own. */
  readonly probes: HostPort | null;
  readonly tls: TlsChoice;
  readonly agentAuth: AgentAuth;
  readonly peopleAuth: 'off' | 'kubernetes';
  /** For whom the tokens of agents and of people on the network must be. */
  readonly audience: string;
  readonly batchesPerMinute: number;
  readonly api: ApiAccess;
  readonly frontierSlackMs: number;
  readonly frontierDeadlineMs: number;
  readonly nodeCidrs: readonly string[];
  readonly controlPlaneCidrs: readonly string[];
  /** A file of address ranges by name; absent when nobody keeps one. */
  readonly namedRanges?: string;
  /** Of drafts that nobody asks otherwise; null is everything that was recorded. */
  readonly learningWindowMs: number | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

interface Raw extends RawAccess {
  db?: string;
  listen: string;
  ingest: string;
  probes?: string;
  batchesPerMinute: string;
  kubeconfig?: string;
  apiServer?: string;
  apiTokenFile?: string;
  apiCaFile?: string;
  frontierSlackMs: string;
  frontierDeadlineMs: string;
  nodeCidrs: string[];
  controlPlaneCidrs: string[];
  namedRanges?: string;
  learningWindow?: string;
  logLevel: string;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Throws commander's CommanderError (help, unknown options) or a ProblemError `bad-configuration` with all problems. */
export function parseServerOptions(
  argv: readonly string[],
  out: { stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream },
): ServerOptions {
  const command = new Command('netscribe server')
    .description(
      'Attribute what the agents send, store it, and serve drafts on loopback. It can change nothing in the cluster.',
    )
    .option('--db <file>', 'the database; on a local disk')
    .option('--listen <host:port>', 'loopback address of the API for people', '127.0.0.1:8080')
    .option(
      '--ingest <host:port>',
      'address on which agents are heard; with TLS unless it is loopback',
      '127.0.0.1:8081',
    )
    .option('--probes <host:port>', 'plain HTTP address of /healthz, /readyz and /metrics')
    .option(
      '--tls-cert <file>',
      'certificate of --ingest (PEM); it and the key are read again when they change',
    )
    .option('--tls-key <file>', 'its key (PEM)')
    .option('--tls-dir <dir>', 'instead: keep an authority and a certificate of our own here, on a volume')
    .option('--tls-name <name...>', 'DNS names and addresses for the certificate in --tls-dir', [])
    .option('--agent-auth <how>', 'token or none; token unless --ingest is loopback')
    .option('--agent-audience <audience>', 'for whom tokens must be', 'netscribe')
    .option('--agent-service-account <namespace/name>', 'whose tokens may send batches')
    .option('--batches-per-minute <count>', 'how often one node may send; large batches count more', '600')
    .option(
      '--people-auth <how>',
      'off, or kubernetes: the API on --ingest for who has a token and a role',
      'off',
    )
    .option(
      '--kubeconfig <file>',
      'talk to the API server as this file says; in a cluster neither this nor --api-server is needed',
    )
    .option('--api-server <url>', 'talk to the API server at this URL')
    .option('--api-token-file <file>', 'bearer token for --api-server')
    .option('--api-ca-file <file>', 'certificate authority of --api-server')
    .option(
      '--frontier-slack-ms <ms>',
      'how late a live kubelet may report what its pods did; longer than its Lease is renewed in (10 s)',
      '20000',
    )
    .option('--frontier-deadline-ms <ms>', 'flows wait at most this long for the kubelets', '300000')
    .option('--node-cidrs <cidr...>', 'ranges of node addresses, where traffic shows only some', [])
    .option(
      '--control-plane-cidrs <cidr...>',
      'ranges of the API server, where a managed control plane moves',
      [],
    )
    .option('--named-ranges <file>', 'address ranges by name, YAML or JSON; rules for one carry its name')
    .option(
      '--learning-window <span>',
      'policies --window where nobody gives one; else all that was recorded',
    )
    .option('--log-level <level>', `one of ${LEVELS.join(', ')}`, 'info')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void out.stdout.write(text),
      writeErr: (text) => void out.stderr.write(text),
    });
  const raw = command.parse([...argv], { from: 'user' }).opts<Raw>();
  const problems: string[] = [];
  const ingest = addressOf('--ingest', raw.ingest, problems);
  const options: ServerOptions = {
    db: raw.db ?? '',
    listen: addressOf('--listen', raw.listen, problems),
    ingest,
    probes: raw.probes === undefined ? null : addressOf('--probes', raw.probes, problems),
    ...accessOptions(raw, isLoopback(ingest.host), problems),
    batchesPerMinute: countOf('--batches-per-minute', raw.batchesPerMinute, problems),
    api: apiOf(raw, problems),
    frontierSlackMs: millisecondsOf('--frontier-slack-ms', raw.frontierSlackMs, problems),
    frontierDeadlineMs: millisecondsOf('--frontier-deadline-ms', raw.frontierDeadlineMs, problems),
    nodeCidrs: raw.nodeCidrs,
    controlPlaneCidrs: raw.controlPlaneCidrs,
    ...(raw.namedRanges === undefined ? {} : { namedRanges: raw.namedRanges }),
    learningWindowMs: learningWindowOf(raw.learningWindow, problems),
    logLevel: LEVELS.find((level) => level === raw.logLevel) ?? 'info',
  };
  if (!isLoopback(options.listen.host) && options.listen.host !== '')
    problems.push(
      `--listen ${raw.listen} is not loopback; people on the network use --people-auth on --ingest`,
    );
  if (options.db === '') problems.push('--db is needed: the file of the database');
  if (!LEVELS.some((level) => level === raw.logLevel))
    problems.push(`--log-level ${raw.logLevel} is none of ${LEVELS.join(', ')}`);
  for (const block of [...options.nodeCidrs, ...options.controlPlaneCidrs])
    if (parseCidr(block) === null) problems.push(`${block} is not a CIDR`);
  if (problems.length > 0)
    throw new ProblemError('bad-configuration', problems.join('\n  '), {
      hint: 'netscribe server --help explains every option',
    });
  return options;
}

function apiOf(raw: Raw, problems: string[]): ApiAccess {
  if (raw.kubeconfig !== undefined && raw.apiServer !== undefined)
    problems.push('--kubeconfig and --api-server exclude each other');
  if (raw.kubeconfig !== undefined) return { kind: 'kubeconfig', file: raw.kubeconfig };
  if (raw.apiServer === undefined) return { kind: 'in-cluster' };
  if (!URL.canParse(raw.apiServer)) problems.push(`--api-server ${raw.apiServer} is not a URL`);
  return {
    kind: 'url',
    url: raw.apiServer,
    ...(raw.apiTokenFile === undefined ? {} : { tokenFile: raw.apiTokenFile }),
    ...(raw.apiCaFile === undefined ? {} : { caFile: raw.apiCaFile }),
  };
}

function addressOf(option: string, text: string, problems: string[]): HostPort {
  const address = parseHostPort(text);
  if (address === null) problems.push(`${option} ${text} is not host:port`);
  return address ?? { host: '', port: 0 };
}

function learningWindowOf(text: string | undefined, problems: string[]): number | null {
  if (text === undefined) return null;
  const parsed = parseLearningWindow(text);
  if (typeof parsed === 'number') return parsed;
  problems.push(`--learning-window ${parsed.problem}`);
  return null;
}

function millisecondsOf(option: string, text: string, problems: string[]): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    problems.push(`${option} ${text} is not a whole number of milliseconds`);
  return value;
}

function countOf(option: string, text: string, problems: string[]): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) problems.push(`${option} ${text} is not a whole number from 1`);
  return value;
}
