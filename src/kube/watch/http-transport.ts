/**
 * Requests to one API server over node:http(s): a keep-alive agent, TCP keepalive, a watchdog for connections that
 * fall silent, gzip for what is not a watch. It knows nothing of Kubernetes but the bearer token, and retries only what
 * surely never reached the server or was refused for a token that has been replaced since.
 */
import http from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream';
import { wallClock } from '../../runtime/clock.ts';
import { SilenceError } from './api-transport.ts';
import type { ApiResponse, ApiTransport, GetOptions } from './api-transport.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import { ServerClock } from './server-clock.ts';
import type { ServerClockReading } from './server-clock.ts';

/** As client-go: finds a peer that is gone in minutes also where nothing is sent. */
const TCP_KEEPALIVE_MS = 30_000;

/** Bookmarks come about once a minute on every watch, so three minutes of silence are no quiet resource. */
const IDLE_MS = 180_000;

/** As much as a socket gives at once: fewer turns than zlib's 16 KiB, and still some milliseconds of parsing. */
const UNZIPPED_PIECE_BYTES = 64 * 1024;

interface Asking {
  readonly url: URL;
  /** Null for a GET. */
  readonly body: string | null;
}

export class HttpTransport implements ApiTransport {
  readonly #base: URL;
  readonly #credentials: CredentialSource;
  readonly #agent: http.Agent | https.Agent;
  readonly #clock = new ServerClock();
  readonly #closing = new AbortController();

  constructor(base: URL, credentials: CredentialSource) {
    this.#base = base;
    this.#credentials = credentials;
    const settings = { keepAlive: true, keepAliveMsecs: TCP_KEEPALIVE_MS };
    this.#agent = base.protocol === 'https:' ? new https.Agent(settings) : new http.Agent(settings);
  }

  get server(): string {
    return this.#base.origin;
  }

  get serverClockOffsetMs(): number | null {
    return this.#clock.offsetMs;
  }

  get serverClock(): ServerClockReading | null {
    return this.#clock.reading;
  }

  async get(
    path: string,
    query: Readonly<Record<string, string>>,
    options: GetOptions,
  ): Promise<ApiResponse> {
    const url = this.#urlOf(path);
    url.search = new URLSearchParams(query).toString();
    return await this.#exchange({ url, body: null }, options);
  }

  async post(path: string, object: unknown, options: GetOptions): Promise<ApiResponse> {
    return await this.#exchange({ url: this.#urlOf(path), body: JSON.stringify(object) }, options);
  }

  close(): void {
    this.#closing.abort();
    this.#agent.destroy();
  }

  #urlOf(path: string): URL {
    return new URL(this.#base.pathname.replace(/\/$/, '') + path, this.#base);
  }

  async #exchange(asked: Asking, options: GetOptions): Promise<ApiResponse> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    const credentials = await this.#credentials.current();
    const first = await this.#send(asked, credentials, { ...options, signal });
    if (first.status !== 401) return first;
    const renewed = await this.#credentials.renewed();
    if (renewed.headers['authorization'] === credentials.headers['authorization']) return first;
    await discard(first);
    return await this.#send(asked, renewed, { ...options, signal });
  }

  async #send(asked: Asking, credentials: Credentials, options: GetOptions): Promise<ApiResponse> {
    try {
      return await this.#sendOnce(asked, credentials, options);
    } catch (error) {
      if (!(error instanceof StaleSocketError)) throw error;
      return await this.#sendOnce(asked, credentials, options);
    }
  }

  async #sendOnce(
    { url, body }: Asking,
    credentials: Credentials,
    options: GetOptions,
  ): Promise<ApiResponse> {
    options.signal.throwIfAborted();
    const isWatch = url.searchParams.get('watch') === 'true';
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      ...credentials.tls,
      method: body === null ? 'GET' : 'POST',
      agent: credentials.agent ?? this.#agent,
      headers: {
        ...credentials.headers,
        accept: options.accept ?? 'application/json',
        'user-agent': 'netscribe',
        ...(isWatch ? {} : { 'accept-encoding': 'gzip' }),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      signal: options.signal,
    });
    const idleMs = options.idleMs ?? IDLE_MS;
    request.on('socket', (socket) => socket.setKeepAlive(true, TCP_KEEPALIVE_MS));
    const watchdog = new Watchdog(idleMs, (error) => request.destroy(error));
    const sentAt = wallClock();
    const response = await answerOf(request, body).catch((error: unknown) => {
      watchdog.stop();
      throw error;
    });
    this.#clock.observe(response.headers.date, sentAt, wallClock());
    return {
      status: response.statusCode ?? 0,
      headers: headersOf(response),
      body: watched(response, watchdog),
    };
  }
}

/** The server had closed the kept connection before the request reached it: no request was served. */
class StaleSocketError extends Error {
  override readonly name = 'StaleSocketError';
}

async function answerOf(request: ClientRequest, body: string | null): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    request.once('response', resolve);
    // Stays for the life of the request: an error after the answer also arrives at its body.
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(isStale ? new StaleSocketError(error.message, { cause: error }) : error);
    });
    request.end(body ?? undefined);
  });
}

/** The body's bytes as they come; each one of them quiets the watchdog, which rests while the reader is busy. */
async function* watched(response: IncomingMessage, watchdog: Watchdog): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of plainBodyOf(response)) {
      watchdog.stop();
      yield chunk as Uint8Array;
      watchdog.start();
    }
  } catch (error) {
    throw watchdog.bark ?? error;
  } finally {
    watchdog.stop();
    response.destroy();
  }
}

function plainBodyOf(response: IncomingMessage): AsyncIterable<unknown> {
  if (response.headers['content-encoding'] !== 'gzip') return response;
  // The error arrives at whoever reads the unzipped stream.
  return pipeline(response, createGunzip({ chunkSize: UNZIPPED_PIECE_BYTES }), () => undefined);
}

function headersOf(response: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}

async function discard(response: ApiResponse): Promise<void> {
  for await (const chunk of response.body) void chunk;
}

class Watchdog {
  readonly #idleMs: number;
  readonly #end: (error: Error) => void;
  #timer: NodeJS.Timeout | undefined;
  /** The error with which it ended the request, if it did. */
  bark: Error | null = null;

  constructor(idleMs: number, end: (error: Error) => void) {
    this.#idleMs = idleMs;
    this.#end = end;
    this.start();
  }

  start(): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.bark = new SilenceError(this.#idleMs);
      this.#end(this.bark);
    }, this.#idleMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
