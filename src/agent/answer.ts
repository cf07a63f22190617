/** What an answer of the server asks the agent to do: DESIGN.md section 3 as a pure function. */
import type { Encoding } from './compression.ts';

/** What came back for one batch, or why nothing did. */
export type Exchange =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The header as sent. */
      readonly retryAfter: string | undefined;
      /** The start of the body. */
      readonly body: string;
    }
  | {
      readonly kind: 'failed';
      readonly code: 'unreachable' | 'untrusted-server';
      readonly reason: string;
    };

export type Outcome =
  | { readonly kind: 'acknowledged'; readonly generation: string }
  /** `afterMs` is the server's own wish. */
  | {
      readonly kind: 'retry';
      readonly afterMs: number | null;
      readonly code: string;
      readonly detail: string;
    }
  | { readonly kind: 'unauthorized'; readonly code: string; readonly detail: string }
  | { readonly kind: 'split'; readonly code: string; readonly detail: string }
  /** A server of an older version, or what stands before it, does not read this compression. */
  | { readonly kind: 'recode'; readonly code: string; readonly detail: string }
  | { readonly kind: 'parked'; readonly code: string; readonly detail: string }
  | { readonly kind: 'fenced'; readonly code: string; readonly detail: string };

/** The longest wait that a server may ask for, ms: past it an agent would seem dead. */
const MOST_RETRY_AFTER_MS = 5 * 60_000;
/** How the `type` of every problem of ours begins. */
const PROBLEM_TYPE = 'urn:netscribe:problem:';
/** The code for what answers as no server of ours would. */
const STRANGER = 'not-a-netscribe-server';
/** What of a foreign text goes into a log line. */
const MAX_DETAIL = 400;

/** The batch that was answered. */
export interface SentBatch {
  readonly epoch: string;
  readonly sequence: number;
  readonly encoding: Encoding;
  readonly flows: number;
}

/** `now` is unix ms, for a Retry-After that names a date. */
export function outcomeOf(exchange: Exchange, sent: SentBatch, now: number): Outcome {
  if (exchange.kind === 'failed')
    return { kind: 'retry', afterMs: null, code: exchange.code, detail: exchange.reason };
  const { status, body } = exchange;
  const { isOurs, ...problem } = problemOf(status, body);
  // What is no server of netscribe, or another listener of one, says nothing of the batch: it is kept for the one that is meant.
  const isForeign = !isOurs || status === 404 || status === 405;
  if (status === 415 && sent.encoding === 'zstd') return { kind: 'recode', ...problem };
  switch (status) {
    case 200:
      return acknowledgementOf(body, sent);
    case 401:
      // A proxy may be the one that judges tokens, and to read the file again costs nothing.
      return isForeign
        ? { kind: 'unauthorized', ...strange(status, problem) }
        : { kind: 'unauthorized', ...problem };
    case 409:
      return isForeign ? foreign(status, problem) : { kind: 'fenced', ...problem };
    case 413:
      // Also a proxy's: before a server with a higher limit halves do get through, and they hold what the whole held.
      if (sent.flows > 1) return { kind: 'split', ...problem };
      return isForeign ? foreign(status, problem) : { kind: 'parked', ...problem };
    case 429:
      return { kind: 'retry', afterMs: retryAfterMs(exchange.retryAfter, now), ...problem };
    default:
      if (status >= 400 && status < 500)
        return isForeign ? foreign(status, problem) : { kind: 'parked', ...problem };
      return { kind: 'retry', afterMs: retryAfterMs(exchange.retryAfter, now), ...problem };
  }
}

/** Only a 200 that names this very batch frees the agent of it: a proxy's friendly page does not. */
function acknowledgementOf(
  body: string,
  sent: { readonly epoch: string; readonly sequence: number },
): Outcome {
  const { generation, acknowledged } = fieldsOf(parseJson(body));
  const { epoch, sequence } = fieldsOf(acknowledged);
  if (typeof generation === 'string' && epoch === sent.epoch && sequence === sent.sequence)
    return { kind: 'acknowledged', generation };
  const detail = `a 200 that does not acknowledge the batch: ${shorten(body)}`;
  return { kind: 'retry', afterMs: null, code: STRANGER, detail };
}

function foreign(status: number, problem: { readonly detail: string }): Outcome {
  return { kind: 'retry', afterMs: null, ...strange(status, problem) };
}

function strange(status: number, { detail }: { readonly detail: string }): { code: string; detail: string } {
  return { code: STRANGER, detail: `${status} from what does not take batches: ${detail}` };
}

function problemOf(status: number, body: string): { isOurs: boolean; code: string; detail: string } {
  const { type, code, detail } = fieldsOf(parseJson(body));
  return {
    isOurs: typeof type === 'string' && type.startsWith(PROBLEM_TYPE),
    code: typeof code === 'string' && code !== '' ? shorten(code) : `http-${status}`,
    detail: typeof detail === 'string' && detail !== '' ? shorten(detail) : shorten(body),
  };
}

/** Seconds, or a date (RFC 9110 section 10.2.3); null for neither. */
function retryAfterMs(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? '';
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? null : Math.min(Math.max(0, wait), MOST_RETRY_AFTER_MS);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function shorten(text: string): string {
  const plain = text.replaceAll(/\s+/g, ' ').trim();
  return plain.length > MAX_DETAIL ? `${plain.slice(0, MAX_DETAIL)}...` : plain;
}
