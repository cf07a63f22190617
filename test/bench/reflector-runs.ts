/** Starts the server and the clients of the reflector's bench, each in a process of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** The reflector by a watch's initial events or by a list in pages, or the client library. */
export type Way = 'initial-events' | 'list' | 'library';

/** What reading the whole list once cost. */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly longestStallMs: number;
  /** As a machine without other work would have had it. */
  readonly longestStallCpuMs: number;
  /** The process's, with Node and all. */
  readonly peakMib: number;
  readonly kept: boolean;
}

/** What following changes cost. */
export interface Following {
  readonly eventsPerSecond: number;
  /** Of one core. */
  readonly cpuShare: number;
  /** From when the server wrote an event to when it was told. */
  readonly medianLagMs: number;
  readonly worstLagMs: number;
  readonly longestStallMs: number;
  readonly longestStallCpuMs: number;
  readonly peakMib: number;
}

/** Why a client ended without a result, in a few words. */
export interface Failure {
  readonly failure: string;
}

export interface PodServer {
  readonly url: string;
  readonly pods: number;
  /** The average of one, as JSON. */
  readonly podBytes: number;
  close(): Promise<void>;
}

export async function startServer(pods: number, eventsPerSecond: number): Promise<PodServer> {
  const child = start('reflector-server.ts', [String(pods), String(eventsPerSecond)]);
  const [line] = (await once(createInterface(child.stdout ?? process.stdin), 'line')) as [string];
  const { url, podBytes } = JSON.parse(line) as { url: string; podBytes: number };
  return {
    url,
    pods,
    podBytes,
    close: async () => {
      child.stdin?.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

export async function runList(
  server: PodServer,
  way: Way,
  nodeOptions: readonly string[],
): Promise<Cost | Failure> {
  return (await runClient([way, server.url, String(server.pods)], nodeOptions)) as Cost | Failure;
}

export async function runFollowing(
  server: PodServer,
  way: Way,
  seconds: number,
): Promise<Following | Failure> {
  return (await runClient([way, server.url, String(server.pods), String(seconds)], [])) as
    Following | Failure;
}

async function runClient(args: readonly string[], nodeOptions: readonly string[]): Promise<unknown> {
  const child = start('reflector-client.ts', args, nodeOptions);
  const texts = await Promise.all([child.stdout, child.stderr].map(textOf));
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const [output = '', errors = ''] = texts;
  if (child.exitCode === 0) return JSON.parse(output);
  return { failure: reasonOf(errors) ?? `exit ${child.exitCode ?? child.signalCode}` };
}

function start(program: string, args: readonly string[], nodeOptions: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, [...nodeOptions, path.join(import.meta.dirname, program), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += String(chunk);
  return text;
}

function reasonOf(errors: string): string | undefined {
  return /heap out of memory|ERR_STRING_TOO_LONG|^\w*Error: .*$/m.exec(errors)?.[0];
}
