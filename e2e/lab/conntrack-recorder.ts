// Records one node's connection tracking with the conntrack tool, exactly as docs/capture.md tells people to.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { runIn } from './shell.ts';

/** NETLINK_NETFILTER, the protocol number in /proc/net/netlink. */
const NETLINK_NETFILTER = '12';
const BIND_DEADLINE_MS = 30_000;
const BIND_POLL_MS = 10;

/** The recording of one node. */
export class ConntrackRecorder {
  readonly #namespace: string;
  readonly #folder: string;
  #events: ChildProcess | undefined;
  #complaints = '';

  /** `namespace` is the node's network namespace, `folder` the capture's nodes/NAME. */
  constructor(namespace: string, folder: string) {
    this.#namespace = namespace;
    this.#folder = folder;
  }

  /** Starts the events tool and waits until the kernel has it as a listener. */
  async start(): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    const file = openSync(join(this.#folder, 'events.txt'), 'w');
    const program = ['conntrack', '-E', '-o', 'timestamp,id,extended'];
    this.#events = spawn('ip', ['netns', 'exec', this.#namespace, ...program], {
      stdio: ['ignore', file, 'pipe'],
    });
    closeSync(file);
    this.#events.stderr!.on('data', (chunk: Buffer) => {
      this.#complaints += chunk.toString();
    });
    const deadline = Date.now() + BIND_DEADLINE_MS;
    while (!this.#isListening()) {
      if (Date.now() > deadline || this.#events.exitCode !== null)
        throw new Error(`conntrack -E does not listen in ${this.#namespace}: ${this.#complaints.trim()}`);
      await delay(BIND_POLL_MS);
    }
  }

  /** Writes what the connection table holds now; the file's name says when. */
  dump(): void {
    const name = `dump-${Math.floor(Date.now() / 1000)}.txt`;
    writeFileSync(join(this.#folder, name), runIn(this.#namespace, 'conntrack', ['-L']));
  }

  /** Ends the events tool. Throws when the kernel had to drop events: such a capture is not worth keeping. */
  async stop(): Promise<void> {
    if (this.#events === undefined || this.#events.exitCode !== null) return;
    const dropped = this.#listenerRows().reduce((sum, row) => sum + Number(row.drops), 0);
    const gone = once(this.#events, 'exit');
    this.#events.kill('SIGINT');
    await gone;
    if (dropped > 0 || this.#complaints.includes('ENOBUFS'))
      throw new Error(
        `the kernel dropped ${dropped} events in ${this.#namespace}: ${this.#complaints.trim()}`,
      );
  }

  /** Ends the events tool at once, without waiting. */
  kill(): void {
    this.#events?.kill('SIGKILL');
  }

  #isListening(): boolean {
    return this.#listenerRows().length > 0;
  }

  /** The rows of /proc/net/netlink that are members of a conntrack group: `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`. */
  #listenerRows(): { drops: string }[] {
    return runIn(this.#namespace, 'cat', ['/proc/net/netlink'])
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((words) => words[1] === NETLINK_NETFILTER && Number.parseInt(words[3] ?? '0', 16) !== 0)
      .map((words) => ({ drops: words[8] ?? '0' }));
  }
}
