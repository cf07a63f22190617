/** A whole agent in this process, on a scripted source and a played server, with waits of milliseconds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { main } from '../../src/agent/main.ts';
import type { AgentTiming } from '../../src/agent/agent.ts';
import type { PlayedServer } from './played-server.ts';
import { ScriptedSource } from './scripted-source.ts';

const QUICK: AgentTiming = {
  sendBackoff: { leastMs: 2, mostMs: 10 },
  sourceBackoff: { leastMs: 2, mostMs: 10 },
  exchangeMs: 10_000,
  stopMs: 10_000,
  dumpGapMs: 5,
  refusedCompressionMs: 3_600_000,
};

export interface RunningAgent {
  readonly source: ScriptedSource;
  readonly stateDir: string;
  /** Every log line so far. */
  readonly logs: readonly LogLine[];
  /** Where it listens; rejects when it ends before. */
  readonly url: Promise<string>;
  readonly exit: Promise<number>;
  /** Asks it to end and resolves to its exit code. */
  stop(): Promise<number>;
  /** Resolves to the first line with this message, and with this code if there is one. */
  logged(message: string, code?: string): Promise<LogLine>;
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

export interface AgentSetup {
  readonly server: Pick<PlayedServer, 'url'>;
  readonly stateDir?: string;
  readonly args?: readonly string[];
  readonly timing?: Partial<AgentTiming>;
  readonly source?: ScriptedSource;
}

export function startAgent({
  server,
  stateDir = newFolder(),
  args = [],
  timing,
  source,
}: AgentSetup): RunningAgent {
  const scripted = source ?? new ScriptedSource();
  const stop = new AbortController();
  const logs: LogLine[] = [];
  const looks = new Set<() => void>();
  const stderr = new PassThrough();
  let rest = '';
  stderr.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) logs.push(line.startsWith('{') ? JSON.parse(line) : { msg: line });
    for (const look of looks) look();
  });
  const logged = (message: string, code?: string): Promise<LogLine> =>
    new Promise((resolve) => {
      const look = (): void => {
        const line = logs.find(
          (each) => each.msg === message && (code === undefined || each['code'] === code),
        );
        if (line === undefined) return;
        looks.delete(look);
        resolve(line);
      };
      looks.add(look);
      look();
    });
  const exit = main(
    ['--server', server.url, '--node-name', 'node-a', '--state-dir', stateDir]
      .concat(args.includes('--listen') ? [] : ['--listen', 'off'])
      .concat(args.includes('--batch-window-ms') ? [] : ['--batch-window-ms', '100'])
      .concat(args),
    { stdout: new PassThrough(), stderr, signal: stop.signal },
    { openSource: scripted.open, timing: { ...QUICK, ...timing }, env: {} },
  );
  exit.catch(() => {});
  return {
    source: scripted,
    stateDir,
    logs,
    exit,
    url: silent(
      Promise.race([
        logged('listening for metrics and probes').then(({ url }) => String(url)),
        exit.then(() => Promise.reject(new Error('the agent has ended'))),
      ]),
    ),
    logged,
    stop: () => {
      stop.abort('SIGTERM');
      return exit;
    },
  };
}

const folders: string[] = [];

/** Removed by `removeFolders`. */
export function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'netscribe-agent-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A promise that nobody may ever look at. */
function silent<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
