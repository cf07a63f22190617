/** Why a request to the API server, or the stream of its answer, did not do what it was made for. */
import { SilenceError } from './api-transport.ts';
import type { ApiResponse } from './api-transport.ts';

export type FailureCode =
  /** No answer: refused, reset, no route, TLS. */
  | 'unreachable'
  /** The connection was open and said nothing. */
  | 'silent'
  /** The answer broke off. */
  | 'cut'
  /** A watch ended at once without having said anything. */
  | 'closed-early'
  /** What arrived is no object, list or event. */
  | 'malformed'
  /** 410: the version to go on from is no longer kept. */
  | 'expired'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  /** 400, 405, 406, 415, 422: this server cannot do what it was asked for. */
  | 'not-supported'
  /** 429. */
  | 'throttled'
  /** Any other answer that is no success. */
  | 'server-error'
  /** A defect of our own. */
  | 'unexpected';

export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly code: FailureCode;
  /** The wait the server asked for; null when it asked for none. */
  readonly retryAfterMs: number | null;

  constructor(
    code: FailureCode,
    detail: string,
    options: { retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** Far more than a Status needs; what is longer is not read. */
const MAX_STATUS_BYTES = 64 * 1024;

/** No wait that a server may ask for is longer: a mistaken Retry-After must not silence a watch for a day. */
const MAX_RETRY_AFTER_MS = 300_000;

/** The failure that an answer other than 200 stands for; reads its body. `now` is unix ms. */
export async function failureOfAnswer(response: ApiResponse, now: number): Promise<ApiFailure> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > MAX_STATUS_BYTES) break;
    }
  } catch {
    // The status line alone says enough.
  }
  const status = jsonOf(Buffer.concat(chunks).toString('utf8'));
  const headerMs = retryAfterMs(response.headers['retry-after'], now);
  return failureOfStatus(isRecord(status) ? status : {}, { code: response.status, retryAfterMs: headerMs });
}

/** The failure that a Status object stands for: the body of an answer, or the object of an ERROR event. */
export function failureOfStatus(
  status: Readonly<Record<string, unknown>>,
  answer: { readonly code: number; readonly retryAfterMs: number | null },
): ApiFailure {
  const code = answer.code > 0 ? answer.code : Number(status['code']) || 0;
  const message = typeof status['message'] === 'string' ? status['message'] : 'no reason given';
  const details = isRecord(status['details']) ? status['details'] : {};
  const seconds = Number(details['retryAfterSeconds']);
  const askedMs = answer.retryAfterMs ?? (seconds > 0 ? seconds * 1000 : null);
  return new ApiFailure(codeOf(code), `${code}: ${message}`.slice(0, 500), {
    retryAfterMs: askedMs === null ? null : Math.min(askedMs, MAX_RETRY_AFTER_MS),
  });
}

/** The failure that an exception stands for; `during` says whether the answer had begun. */
export function failureOfError(error: unknown, during: 'request' | 'answer'): ApiFailure {
  if (error instanceof ApiFailure) return error;
  const detail = error instanceof Error ? error.message || error.name : String(error);
  const code = error instanceof SilenceError ? 'silent' : during === 'request' ? 'unreachable' : 'cut';
  return new ApiFailure(code, detail, { cause: error });
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined when the text is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(status: number): FailureCode {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'not-found';
    case 410:
      return 'expired';
    case 400:
    case 405:
    case 406:
    case 415:
    case 422:
      return 'not-supported';
    case 429:
      return 'throttled';
    default:
      return 'server-error';
  }
}

/** RFC 9110 section 10.2.3: seconds or a date. Null when absent or neither. */
function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isFinite(at) ? Math.max(0, at - now) : null;
}
