/** One review by the API server: an object is posted, its answer read within bounds. It decides nothing. */
import type { ApiTransport } from '../../kube/watch/api-transport.ts';

export type ReviewTransport = Pick<ApiTransport, 'post'>;

export type ReviewAnswer =
  | { readonly kind: 'answered'; readonly object: unknown }
  /** The API server is away, busy, or does not let us ask. */
  | { readonly kind: 'unavailable'; readonly detail: string };

/** A review takes milliseconds; an agent waits 30 s for its whole exchange. */
const TIMEOUT_MS = 10_000;
/** A review names a user with its groups; a hundred groups are some 5 KB. */
const MAX_ANSWER_BYTES = 1 << 20;

/** Never rejects. */
export async function askReview(
  transport: ReviewTransport,
  path: string,
  object: unknown,
): Promise<ReviewAnswer> {
  try {
    const { status, body } = await transport.post(path, object, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      idleMs: TIMEOUT_MS,
    });
    const text = await boundedText(body);
    if (status !== 200 && status !== 201)
      return { kind: 'unavailable', detail: `the API server answered ${status} to ${path}` };
    if (text === null) return { kind: 'unavailable', detail: `the answer to ${path} has no end` };
    return { kind: 'answered', object: JSON.parse(text) };
  } catch (error) {
    const detail = error instanceof Error ? error.message || error.name : String(error);
    return { kind: 'unavailable', detail: detail.slice(0, 200) };
  }
}

/** Null when it is over its bound, which ends the connection. */
async function boundedText(body: AsyncIterable<Uint8Array>): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) return null;
  }
  return Buffer.concat(chunks).toString('utf8');
}
