// Starts a peer inside a network namespace and talks to it. It never leaves one running: close() ends it and waits.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { PeerCommand, PeerReply, PeerResponse } from './peer-protocol.ts';

const PEER_PROGRAM = fileURLToPath(new URL('./peer.ts', import.meta.url));

/** The servers and clients of one network namespace. */
export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: PeerReply) => void>();
  #lastId = 0;

  /** Starts the process; orders may be given at once, they wait in its pipe. */
  constructor(namespace: string) {
    this.#child = spawn('ip', ['netns', 'exec', namespace, process.execPath, PEER_PROGRAM], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#hear(line));
    this.#child.once('exit', () => this.#abandon('the peer process ended'));
    this.#child.once('error', (error) => this.#abandon(String(error)));
    this.#child.stdin!.on('error', () => this.#abandon('the peer process does not listen'));
  }

  /** Gives one order and waits for what came of it. It does not throw for a refused or failed call: that is the reply. */
  order(command: PeerCommand): Promise<PeerReply> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.stdin!.write(`${JSON.stringify({ id, command })}\n`);
    });
  }

  /** Ends the process and waits until it is gone. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.stdin!.end();
    await gone;
  }

  #hear(line: string): void {
    const { id, reply } = JSON.parse(line) as PeerResponse;
    this.#waiting.get(id)?.(reply);
    this.#waiting.delete(id);
  }

  #abandon(reason: string): void {
    for (const resolve of this.#waiting.values()) resolve({ outcome: 'failed', reason });
    this.#waiting.clear();
  }
}

/** Gives an order that must succeed; throws an Error that names `what` when it does not. */
export async function mustAnswer(peer: PeerProcess, what: string, command: PeerCommand): Promise<string> {
  const reply = await peer.order(command);
  if (reply.outcome === 'answered') return reply.address ?? '';
  throw new Error(`${what}: expected an answer, got ${JSON.stringify(reply)}`);
}
