/** A real HTTP server in the test that plays the server's part: it stores batches as asked and answers as told. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
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

/** What an encoding is undone with. */
const PLAIN: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  zstd: zstdDecompressSync,
  identity: (body) => body,
};

export class PlayedServer {
  /** Encodings that it reads; of any other it says so, and `refused` counts them. */
  reads: readonly string[] = Object.keys(PLAIN);
  readonly refused: string[] = [];
  readonly attempts: Attempt[] = [];
  /** By epoch and sequence, as a server dedupes. */
  readonly stored = new Map<string, Batch>();
  generation = 'aa';
  /** Asked for each attempt, with its number from 0. */
  play: (batch: Batch, attempt: number) => Play = () => ({ kind: 'store' });
  readonly #server = createServer((request, response) => void this.#take(request, response));
  readonly #sockets = new Set<Socket>();
  #changed = new Set<() => void>();

  async start(): Promise<this> {
    // Which of two ends closes an idle connection first would depend on how busy the machine is.
    this.#server.keepAliveTimeout = 0;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
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

  /** Resolves once every connection has ended, and with it all that a process that is gone had sent was taken. */
  async emptied(): Promise<void> {
    while (this.#sockets.size > 0)
      await Promise.all(
        [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
      );
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await wholeBody(request);
    if (body === null) return;
    const encoding = request.headers['content-encoding'] ?? 'identity';
    const plain = this.reads.includes(encoding) ? PLAIN[encoding] : undefined;
    if (plain === undefined) return this.#cannotRead(encoding, response);
    const batch: Batch = JSON.parse(plain(body).toString());
    const play = this.play(batch, this.attempts.length);
    this.attempts.push({ batch, headers: request.headers, bytes: body.length });
    this.#answer(play, batch, response);
    for (const look of this.#changed) look();
  }

  #cannotRead(encoding: string, response: ServerResponse): void {
    this.refused.push(encoding);
    const problem = { type: 'urn:netscribe:problem:unsupported-encoding', code: 'unsupported-encoding' };
    response.writeHead(415, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ ...problem, status: 415, detail: `${encoding} is not read` }));
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
        response.end(
          JSON.stringify({
            type: `urn:netscribe:problem:${code}`,
            status,
            code,
            detail: `played ${status}`,
          }),
        );
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

/** An answer with this status, as a server says no. */
export function refusal(status: number, code?: string, retryAfter?: string): Play {
  return {
    kind: 'refuse',
    status,
    ...(code !== undefined && { code }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

/** Null for a body that its sender broke off: no attempt came of it. */
async function wholeBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

export function openedOf(batches: readonly Batch[]): number {
  return batches
    .flatMap(({ flows }) => flows)
    .flatMap(({ seconds }) => seconds)
    .reduce((sum, { opened }) => sum + opened, 0);
}
