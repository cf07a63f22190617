#!/usr/bin/env node
/**
 * The only entry point: picks the command and loads it lazily, so that no process loads another's code. It ties a
 * command to this process (streams, signals, exit code) and never does any of a command's work.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';

/** What a command is given instead of the globals of the process. */
interface CommandIo {
  stdin: NodeJS.ReadableStream;
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
  /** Aborted by SIGINT and SIGTERM, and when nobody reads standard output any more. */
  signal: AbortSignal;
}

interface Command {
  summary: string;
  /** The module's `main` resolves to the exit code: 0 fine, 1 an answer that is no, 2 usage or input, 3 unreachable. */
  load: () => Promise<{ main: (argv: string[], io: CommandIo) => Promise<number> }>;
}

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  [
    'agent',
    {
      summary: "read one node's connection tracking and send it to a server",
      load: () => import('./agent/main.ts'),
    },
  ],
  [
    'server',
    {
      summary: "collect agents' batches and serve drafts of one cluster",
      load: () => import('./server/main.ts'),
    },
  ],
  ['policies', { summary: 'pull drafted policies from a server', load: () => import('./cli/policies.ts') }],
  [
    'eval',
    {
      summary: 'list what the policies in manifests allow, without a cluster',
      load: () => import('./cli/eval.ts'),
    },
  ],
  [
    'compare',
    {
      summary: 'say what two sets of policies allow differently, by meaning',
      load: () => import('./cli/compare.ts'),
    },
  ],
  [
    'verify',
    {
      summary: 'judge policies against the traffic that a server recorded: what would break?',
      load: () => import('./cli/verify.ts'),
    },
  ],
  ['whohad', { summary: 'tell who held an address, and when', load: () => import('./cli/whohad.ts') }],
  [
    'unattributed',
    {
      summary: 'list what could not be attributed to a workload, by reason',
      load: () => import('./cli/unattributed.ts'),
    },
  ],
  [
    'replay',
    {
      summary: 'draft policies from a recorded capture, without a cluster',
      load: () => import('./replay/main.ts'),
    },
  ],
]);

/** Node 22.19 is the oldest that every dependency runs on; older ones crash while loading the SQLite driver. */
const OLDEST_NODE = { major: 22, minor: 19 } as const;

/** The exit code a shell gives a process that this signal ended: 128 and the signal's number. */
const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

const stop = new AbortController();
watchSignals();
watchOutput();
const exit = await run(process.argv.slice(2));
process.exitCode = stop.signal.reason instanceof Error ? 2 : exit;

async function run(argv: string[]): Promise<number> {
  const refusal = refuseOldNode();
  if (refusal !== undefined) return complain(refusal, 2);
  const [name, ...rest] = argv;
  if (name === undefined) return complain(usage(), 2);
  if (name === '--help' || name === '-h' || name === 'help') return say(usage());
  if (name === '--version' || name === '-V') return say(packageVersion());
  const command = COMMANDS.get(name);
  if (command === undefined) return complain(await unknownCommand(name), 2);
  try {
    const { main } = await command.load();
    return await main(rest, {
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      signal: stop.signal,
    });
  } catch (error) {
    return afterThrow(error);
  }
}

function refuseOldNode(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE.major || (major === OLDEST_NODE.major && minor >= OLDEST_NODE.minor))
    return undefined;
  return `netscribe needs Node ${OLDEST_NODE.major}.${OLDEST_NODE.minor} or newer and this is ${process.versions.node}.`;
}

function usage(): string {
  const width = Math.max(...[...COMMANDS.keys()].map((name) => name.length));
  const lines = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'Usage: netscribe COMMAND [OPTIONS]',
    '',
    ...lines,
    '',
    'netscribe COMMAND --help tells the options of a command; netscribe --version the version.',
  ].join('\n');
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return known ? String(manifest.version) : 'unknown';
}

async function unknownCommand(name: string): Promise<string> {
  const { editDistance, nearestNames } = await import('./runtime/nearest-names.ts');
  const [nearest] = nearestNames(name, [...COMMANDS.keys()]);
  const isNear = nearest !== undefined && editDistance(name, nearest) <= Math.max(2, nearest.length / 2);
  const guess = isNear ? ` Did you mean ${nearest}?` : '';
  return `netscribe: there is no command ${JSON.stringify(name)}.${guess} netscribe --help lists them.`;
}

/** A command that was told to stop may end by throwing; everything else it throws is the user's to read. */
function afterThrow(error: unknown): number {
  if (stop.signal.aborted) return exitCodeOf(stop.signal.reason);
  const lines = [`netscribe: ${error instanceof Error ? error.message : String(error)}`];
  const hint = error instanceof Error && 'hint' in error ? error.hint : undefined;
  if (typeof hint === 'string' && hint !== '') lines.push(hint);
  if (process.env['NETSCRIBE_DEBUG'] === '1' && error instanceof Error) lines.push(error.stack ?? '');
  return complain(lines.join('\n'), 2);
}

function exitCodeOf(reason: unknown): number {
  if (reason === 'SIGINT' || reason === 'SIGTERM') return SIGNAL_EXIT_CODES[reason];
  return reason instanceof Error ? 2 : 0;
}

/** The first signal asks the command to end and lets it finish what it has in hand; the second ends it at once. */
function watchSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(SIGNAL_EXIT_CODES.SIGINT);
      stop.abort(signal);
    });
  }
}

/**
 * A reader that has seen enough (`netscribe ... | head`) ends the command without a word. Output that cannot be written
 * for another reason (a full disk) is a failure, whatever the command itself thinks.
 */
function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') {
      stop.abort('EPIPE');
    } else if (!stop.signal.aborted) {
      stop.abort(error);
      process.exitCode = complain(`netscribe: standard output cannot be written: ${error.message}`, 2);
    }
  });
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

function complain(text: string, exitCode: number): number {
  process.stderr.write(`${text}\n`);
  return exitCode;
}
