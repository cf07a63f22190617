/** The real `netscribe server` as a process of its own, as the chart starts it, but on loopback addresses. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Addresses {
  /** People, plain HTTP. */
  readonly api: string;
  /** Agents, and people with tokens, TLS. */
  readonly ingest: string;
  readonly probes: string;
}

/** From the kernel's own account of the process (proc_pid_status(5)). */
export interface Memory {
  readonly residentMiB: number;
  readonly peakMiB: number;
}

export interface ServerProcess {
  readonly at: Addresses;
  /** Every line that it wrote. */
  readonly log: readonly string[];
  memory(): Memory;
  isRunning(): boolean;
  /** Asks it to end; resolves with its exit code. */
  stop(): Promise<number | null>;
}

const START_DEADLINE_MS = 90_000;

/** Resolves when it listens. Rejects with its log when it ends before. */
export async function startServer(argv: readonly string[]): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['src/main.ts', 'server', ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  createInterface({ input: child.stdout }).on('line', (line) => log.push(line));
  const at = await new Promise<Addresses>((resolve, reject) => {
    const deadline = setTimeout(() => child.kill('SIGKILL'), START_DEADLINE_MS);
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      if (!line.includes('server listening')) return;
      clearTimeout(deadline);
      resolve(JSON.parse(line) as Addresses);
    });
    void ended.then(() => reject(new Error(`the server ended:\n${log.join('\n')}`)));
  });
  return {
    at,
    log,
    memory: () => memoryOf(child.pid ?? 0),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024);
  return { residentMiB: mebibytes('VmRSS'), peakMiB: mebibytes('VmHWM') };
}
