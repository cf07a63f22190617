/** A real HTTP server in the test that plays the server's part: it stores batches as asked and answers as told. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Batch } from '../../src/wire/batch.ts';

/** What it does with one attempt. `cut` and `silent` break the socket off and never answer, stored or not. */
export type Play =
  | { readonly kind: 'store' }
  | { readonly kind: 'refuse'; readonly status: number; readonly code?: string; readonly retryAfter?: string }
  | { readonly kind: 'cut' | 'silent'; readonly stores: boolean }
  | { readonly kind: 'say'; readonly status: number; readonly body: string };

export interface Attempt {
  readonly batch: Batch;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: number;
}

export class PlayedServer {
  readonly attempts: Attempt[] = [];
  /** By epoch and sequence, as a server dedupes. */
  readonly stored = new Map<string, Batch>();
  generation = 'aa';
  /** Asked for each attempt, with its number from 0. */
  play: (batch: Batch, attempt: number) => Play = () => ({ kind: 'store' });
  readonly #server = createServer((request, response) => void this.#take(request, response));
  #changed = new Set<() => void>();

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get batches(): Batch[] {
    return [...this.stored.values()];
  }

  get opened(): number {
    return openedOf(this.batches);
  }

  /** Resolves once the condition holds; it is looked at after each attempt. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#changed.delete(look);
        resolve();
      };
      this.#changed.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const batch: Batch = JSON.parse(plain.toString());
    const play = this.play(batch, this.attempts.length);
    this.attempts.push({ batch, headers: request.headers, bytes: body.length });
    this.#answer(play, batch, response);
    for (const look of this.#changed) look();
  }

  #answer(play: Play, batch: Batch, response: ServerResponse): void {
    switch (play.kind) {
      case 'store': {
        this.#store(batch);
        const acknowledged = { epoch: batch.epoch, sequence: batch.sequence };
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ generation: this.generation, acknowledged }));
        return;
      }
      case 'refuse': {
        const { status, code = 'played', retryAfter } = play;
        response.writeHead(status, {
          'content-type': 'application/problem+json',
          ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
        });
        response.end(JSON.stringify({ status, code, detail: `played ${status}` }));
        return;
      }
      case 'cut':
        if (play.stores) this.#store(batch);
        response.socket?.destroy();
        return;
      case 'silent':
        if (play.stores) this.#store(batch);
        return;
      case 'say':
        response.writeHead(play.status, { 'content-type': 'text/html' });
        response.end(play.body);
        return;
      default:
        play satisfies never;
    }
  }

  #store(batch: Batch): void {
    const key = `${batch.epoch} ${batch.sequence}`;
    if (!this.stored.has(key)) this.stored.set(key, batch);
  }
}

export function openedOf(batches: readonly Batch[]): number {
  return batches
    .flatMap(({ flows }) => flows)
    .flatMap(({ seconds }) => seconds)
    .reduce((sum, { opened }) => sum + opened, 0);
}
