/** Runs the `conntrack` tool and reads what it prints. It is only ever asked to list and to listen. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { ProblemError } from '../domain/problem.ts';
import { TextScanner } from './text-scan.ts';
import type { TextSink } from './text-scan.ts';

/** What is kept of what the tool complains about. */
const COMPLAINT_CHARACTERS = 500;

export interface ToolRun {
  readonly pid: number | undefined;
  /** Resolves when the tool has ended and all it printed was read: null when all is well, else what went wrong. */
  readonly ended: Promise<ProblemError | null>;
  stop(): void;
}

/** Starts the tool; what it prints goes to `sink` line by line, its reports of lost events too. */
export function runTool(args: readonly string[], sink: TextSink): ToolRun {
  const child = spawn('conntrack', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  return { pid: child.pid, ended: endOf(child, args, sink), stop: () => void child.kill('SIGTERM') };
}

/** The inodes of the sockets that a process holds; none when they cannot be seen. */
export function socketsOf(pid: number): ReadonlySet<number> {
  const inodes = new Set<number>();
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(Number(inode));
    }
  } catch {
    // The process has ended, or /proc does not show it.
  }
  return inodes;
}

async function endOf(
  child: ChildProcessByStdio<null, Readable, Readable>,
  args: readonly string[],
  sink: TextSink,
): Promise<ProblemError | null> {
  let complaint = '';
  const output = new TextScanner(sink);
  // Only reports of lost events matter there; all else is kept for a person.
  const complaints = new TextScanner({
    record: () => undefined,
    reject: (reason, line, excerpt) => {
      if (reason === 'lost') sink.reject(reason, line, excerpt);
      else complaint = `${complaint} ${excerpt}`.trim().slice(0, COMPLAINT_CHARACTERS);
    },
  });
  child.stdout.on('data', (chunk: Uint8Array) => output.push(chunk));
  child.stderr.on('data', (chunk: Uint8Array) => complaints.push(chunk));
  try {
    // `close` comes when both streams have ended too; a tool that does not exist gives `error`.
    const [code] = (await once(child, 'close')) as [number | null];
    output.end();
    complaints.end();
    return code === 0 ? null : failureOf(args, `exit code ${code ?? 'none'}: ${complaint}`);
  } catch (error) {
    return spawnFailure(error);
  }
}

function failureOf(args: readonly string[], reason: string): ProblemError {
  const message = `conntrack ${args.join(' ')} ended with ${reason}`;
  const isDenied = /CAP_NET_ADMIN|not permitted|Can't open netlink socket/.test(reason);
  return new ProblemError(isDenied ? 'conntrack-not-permitted' : 'conntrack-tool', message, {
    hint: isDenied
      ? 'run as root with the capability NET_ADMIN, in the network namespace of the node'
      : 'run the same command on the node to see what it says',
  });
}

function spawnFailure(error: unknown): ProblemError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ProblemError('conntrack-missing', `the conntrack tool cannot be run: ${reason}`, {
    hint: 'install the package conntrack (conntrack-tools), or use --source netlink, which needs no tool',
    cause: error,
  });
}
