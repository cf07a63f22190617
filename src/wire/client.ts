/**
 * The one HTTP client of netscribe's commands. It reads the API and turns every way that can fail into a ProblemError;
 * it never retries and never follows a redirect.
 */
import type { z } from 'zod';
import { ProblemError } from '../domain/problem.ts';
import { PROBLEM_MEDIA_TYPE, problemJson } from './problem.ts';

/** Policies of the largest cluster it is built for (10,000 workloads, some 5 KB each) are 50 MB. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

export interface ApiClientOptions {
  /** As in `http://127.0.0.1:8080`; a path before the API's own is kept. */
  readonly baseUrl: string;
  /** Sent as a bearer token; none when absent. */
  readonly token?: string;
  /** For a whole answer, in ms. */
  readonly timeoutMs: number;
  /** Ends every request that is under way. */
  readonly signal: AbortSignal;
}

/** Query parameters; those that are undefined are left out, lists are repeated. */
export type ApiQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface ApiClient {
  /** Throws a ProblemError: the server's own by its code, or one of `CLIENT_PROBLEMS`. */
  json<T extends z.ZodType>(path: string, query: ApiQuery, schema: T): Promise<z.output<T>>;
  /** Asks with a JSON body. Throws as `json`. */
  post<T extends z.ZodType>(path: string, body: unknown, schema: T): Promise<z.output<T>>;
  text(path: string, query: ApiQuery): Promise<{ readonly text: string; readonly headers: Headers }>;
}

/** Codes by which the client says that there was no usable answer; all other codes came from the server. */
export const CLIENT_PROBLEMS = ['server-unreachable', 'server-failed', 'not-a-netscribe-server'] as const;

/** Throws a ProblemError `bad-server-url` when the base URL is none. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const base = parseBaseUrl(options.baseUrl);
  return {
    async json(path, query, schema) {
      const { text } = await ask(options, urlOf(base, path, query), { mediaType: 'application/json' });
      return parseAnswer(text, schema, { base, path });
    },
    async post(path, body, schema) {
      const { text } = await ask(options, urlOf(base, path, {}), { mediaType: 'application/json', body });
      return parseAnswer(text, schema, { base, path });
    },
    text: (path, query) => ask(options, urlOf(base, path, query), { mediaType: 'application/yaml' }),
  };
}

function parseAnswer<T extends z.ZodType>(
  text: string,
  schema: T,
  from: { readonly base: URL; readonly path: string },
): z.output<T> {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw notNetscribe(from.base, `its answer to ${from.path} is not the JSON that netscribe prints`);
}

/** GET, or POST when there is a body, which is sent as JSON. */
async function ask(
  options: ApiClientOptions,
  url: URL,
  request: { readonly mediaType: string; readonly body?: unknown },
): Promise<{ text: string; headers: Headers }> {
  const { mediaType, body } = request;
  const timeout = AbortSignal.timeout(options.timeoutMs);
  try {
    const response = await fetch(url, {
      headers: {
        accept: `${mediaType}, ${PROBLEM_MEDIA_TYPE}`,
        ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.any([options.signal, timeout]),
    });
    const text = await bodyOf(response, url);
    if (response.status !== 200) throw problemOf(response, text, url);
    if (mediaTypeOf(response) !== mediaType) {
      throw notNetscribe(url, `it answered ${url.pathname} with ${mediaTypeOf(response) || 'no media type'}`);
    }
    return { text, headers: response.headers };
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    options.signal.throwIfAborted();
    const reason = timeout.aborted ? `no answer within ${options.timeoutMs / 1000} s` : reasonOf(error);
    throw new ProblemError('server-unreachable', `Cannot reach the server at ${url.origin}: ${reason}.`, {
      hint: 'Is it running there? `kubectl port-forward` or --server URL may be needed.',
      cause: error,
    });
  }
}

async function bodyOf(response: Response, url: URL): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw notNetscribe(url, `its answer is longer than ${MAX_BODY_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function problemOf(response: Response, text: string, url: URL): ProblemError {
  const parsed = mediaTypeOf(response) === PROBLEM_MEDIA_TYPE ? problemJson.safeParse(parseJson(text)) : null;
  if (parsed?.success !== true)
    return notNetscribe(url, `it answered ${url.pathname} with ${response.status}`);
  const { status, code, detail, hint } = parsed.data;
  const options = hint === undefined ? {} : { hint };
  if (status < 500) return new ProblemError(code, detail, options);
  return new ProblemError(
    'server-failed',
    `The server at ${url.origin} failed (${code}): ${detail}`,
    options,
  );
}

function notNetscribe(url: URL, reason: string): ProblemError {
  return new ProblemError(
    'not-a-netscribe-server',
    `What answers at ${url.origin} is no netscribe server: ${reason}.`,
    { hint: 'Check the port and the path of the server URL.' },
  );
}

function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain =
    url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (isPlain && ['http:', 'https:'].includes(url.protocol)) return url;
  throw new ProblemError('bad-server-url', `${JSON.stringify(text)} is not the URL of a server.`, {
    hint: 'Write it as http://127.0.0.1:8080, without user, query or fragment.',
  });
}

function urlOf(base: URL, path: string, query: ApiQuery): URL {
  const url = new URL(base.pathname.replace(/\/$/, '') + path, base);
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value ?? []].flat()) url.searchParams.append(name, each);
  }
  return url;
}

function mediaTypeOf(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why fetch failed: it wraps the socket's error, and that in turn one error per address tried. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  return first instanceof Error ? first.message.replace(/\.$/, '') || first.name : String(first);
}
