/** An agent as it should be, by the agent's own code: it pins the authority, reads its token file, and sends a batch twice a second. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { outcomeOf } from '../../src/agent/answer.ts';
import { ServerLink } from '../../src/agent/server-link.ts';
import { TokenFile } from '../../src/agent/token.ts';
import { EPOCH, goodBatch } from './good-batch.ts';
import type { HostileWorld } from './hostile-world.ts';

const EVERY_MS = 500;

export class GoodAgent {
  readonly #link: ServerLink;
  #stop = new AbortController();
  #running: Promise<void> | undefined;
  #sequence = 0;
  acknowledged = 0;
  /** Anything but an acknowledgement, at most once an outcome. */
  readonly others = new Set<string>();

  constructor(world: HostileWorld) {
    const tokenFile = path.join(world.folder, 'agent-token');
    writeFileSync(tokenFile, world.token());
    this.#link = new ServerLink({
      server: new URL(world.server.at.ingest),
      timeoutMs: 75_000,
      token: new TokenFile(tokenFile, () => performance.now()),
      trust: { kind: 'pin', file: path.join(world.folder, 'pinned.pem'), sha256: null },
    });
  }

  start(): void {
    this.#stop = new AbortController();
    this.#running = this.#run(this.#stop.signal);
  }

  /** Sends nothing while something else is done. */
  async silent(meanwhile: () => Promise<void>): Promise<void> {
    await this.#rest();
    await meanwhile();
    this.start();
  }

  async stop(): Promise<void> {
    await this.#rest();
    this.#link.close();
  }

  async send(): Promise<void> {
    const sequence = ++this.#sequence;
    const { sentAt, ...rest } = goodBatch({ sequence });
    const batch = {
      sequence,
      flows: 1,
      opened: 1,
      losses: { dropped: 0, skipped: {} },
      encoding: 'identity' as const,
      rest: Buffer.from(JSON.stringify(rest).slice(1)),
    };
    const exchange = await this.#link.post(batch, sentAt, new AbortController().signal);
    const outcome = outcomeOf(exchange, { ...batch, epoch: EPOCH }, Date.now());
    if (outcome.kind === 'acknowledged') this.acknowledged++;
    else this.others.add(`${outcome.kind}: ${outcome.code} ${outcome.detail}`);
  }

  async #rest(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.send();
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
