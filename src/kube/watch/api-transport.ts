/** What is needed of HTTP to the API server: a GET with a body that streams, a POST of one object, and the server's clock. */

import type { ServerClockReading } from './server-clock.ts';

export interface ApiResponse {
  readonly status: number;
  /** Names in lower case, such as `date` and `retry-after`; a header sent twice is joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Decompressed. Must be read to its end or left by `break`/`return`, which closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface GetOptions {
  readonly signal: AbortSignal;
  /** Media types; JSON when absent. */
  readonly accept?: string;
  /** Ms without a byte after which the request fails with `SilenceError`; 3 minutes when absent. */
  readonly idleMs?: number;
}

export interface ApiTransport {
  /** Resolves with the head of the answer, whatever its status. Rejects when there was no answer; the body rejects when it was cut. */
  get(path: string, query: Readonly<Record<string, string>>, options: GetOptions): Promise<ApiResponse>;
  /** As `get`, with an object as JSON: for reviews, which store nothing. May be sent twice. */
  post(path: string, object: unknown, options: GetOptions): Promise<ApiResponse>;
  /** Ends every request that is under way. */
  close(): void;
  /** As in `https://10.96.0.1:443`: several servers may stand behind it. */
  readonly server: string;
  /** Ms to add to our clock to get the API server's, by recent Date headers; null before the first. */
  readonly serverClockOffsetMs: number | null;
  /** The same with its uncertainty. */
  readonly serverClock: ServerClockReading | null;
}

/** A connection that is open and says nothing: half-open TCP looks like this. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError';

  constructor(idleMs: number) {
    super(`no byte for ${idleMs / 1000} s`);
  }
}
