/**
 * One kept-alive connection to the server: posts a body and returns what came back or why nothing did. It never retries
 * and never throws.
 */
import type * as Http from 'node:http';
import type * as Https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { PackedBatch } from './packed-batch.ts';
import { bodyOf } from './packed-batch.ts';
import { LEAST_TLS, http, loadHttps } from './node-http.ts';
import type { Exchange } from './answer.ts';
import { distrustOf } from './distrust.ts';
import { ServerAuthority } from './server-authority.ts';
import type { CaTrust } from './server-authority.ts';
import type { TokenFile } from './token.ts';

/** Acknowledgements and problems are below 4 KB. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface LinkOptions {
  readonly server: URL;
  /** For a whole exchange, ms. */
  readonly timeoutMs: number;
  readonly token: TokenFile | null;
  readonly trust: CaTrust;
}

export class ServerLink {
  readonly #options: LinkOptions;
  readonly #target: Http.ClientRequestArgs;
  readonly #authority: ServerAuthority;
  #agent: Http.Agent | Https.Agent | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    const path = `${options.server.pathname.replace(/\/$/, '')}/api/v1/batches`;
    this.#target = urlToHttpOptions(new URL(path, options.server));
    this.#authority = new ServerAuthority(options.trust, options.server);
  }

  /** `signal` ends the exchange early. */
  async post(batch: PackedBatch, sentAt: number, signal: AbortSignal): Promise<Exchange> {
    const end = new AbortController();
    const stop = (): void => end.abort(signal.reason);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      end.abort();
    }, this.#options.timeoutMs);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    try {
      return await this.#exchange(batch, sentAt, end.signal);
    } catch (error) {
      // What is left of the connection is of no use, and the next one reads the authorities anew.
      this.close();
      const { timeoutMs, trust, server } = this.#options;
      if (isLate) return unreachable(`no answer within ${timeoutMs} ms`);
      const distrust = distrustOf(error, trust, server);
      if (distrust !== null) return { kind: 'failed', code: 'untrusted-server', reason: distrust };
      return unreachable(reasonOf(error));
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = null;
  }

  async #exchange(batch: PackedBatch, sentAt: number, signal: AbortSignal): Promise<Exchange> {
    const { token } = this.#options;
    const { request, agent } = await this.#transport(signal);
    const body = bodyOf(batch, sentAt);
    const headers: Http.OutgoingHttpHeaders = {
      'content-type': 'application/json',
      'content-length': body.length,
      ...(batch.encoding !== 'identity' && { 'content-encoding': batch.encoding }),
      ...(token !== null && { authorization: `Bearer ${token.read()}` }),
    };
    const response = await new Promise<Http.IncomingMessage>((resolve, reject) => {
      signal.throwIfAborted();
      const sent = request({ ...this.#target, method: 'POST', agent, headers }, resolve);
      // What Node does with a signal that is handed over costs as much as a hundred flows.
      signal.addEventListener('abort', () => sent.destroy(new Error('the exchange was ended')));
      sent.on('error', reject);
      sent.end(body);
    });
    const { statusCode = 0 } = response;
    return {
      kind: 'answered',
      status: statusCode,
      retryAfter: response.headers['retry-after'],
      body: await textOf(response),
    };
  }

  /** https is loaded only when it is used. The authority is settled before a token leaves this process. */
  async #transport(
    signal: AbortSignal,
  ): Promise<{ request: typeof Http.request; agent: Http.Agent | Https.Agent }> {
    const pool = { keepAlive: true, maxSockets: 1 };
    if (this.#target.protocol === 'http:') {
      this.#agent ??= new http.Agent(pool);
      return { request: http.request, agent: this.#agent };
    }
    const secure = loadHttps();
    this.#agent ??= new secure.Agent({ ...pool, minVersion: LEAST_TLS, ...(await this.#trusted(signal)) });
    return { request: secure.request, agent: this.#agent };
  }

  async #trusted(signal: AbortSignal): Promise<{ ca?: string }> {
    const ca = await this.#authority.current(signal);
    return ca === null ? {} : { ca };
  }
}

/** The body up to its bound. An answer that goes on is broken off by destroying its connection. */
function textOf(response: Http.IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (): void => resolve(Buffer.concat(chunks).toString('utf8', 0, MAX_ANSWER_BYTES));
    response.on('data', (bytes: Buffer) => {
      chunks.push(bytes);
      length += bytes.length;
      if (length <= MAX_ANSWER_BYTES) return;
      settle();
      response.destroy();
    });
    response.on('end', settle);
    response.on('error', reject);
    response.on('close', () => reject(new Error('the answer broke off')));
  });
}

function unreachable(reason: string): Exchange {
  return { kind: 'failed', code: 'unreachable', reason };
}

/** Node wraps one error for each address it tried. */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message || first.name : String(first);
}
