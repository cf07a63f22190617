/** A LIST in pages: all of one snapshot, each parsed when it has arrived. It keeps nothing of a page that was read. */
import { ApiFailure, failureOfAnswer, failureOfError, isRecord, jsonOf } from './api-failure.ts';
import type { ApiResponse, ApiTransport } from './api-transport.ts';
import type { Resource } from './resource.ts';
import { slimObject } from './slim-object.ts';
import type { KubeObject } from './slim-object.ts';

export interface ListPage {
  readonly items: readonly KubeObject[];
  /** The snapshot's version, from which a watch goes on. */
  readonly resourceVersion: string;
  /** Unix ms, our clock, when the head of the first page arrived: the snapshot was taken before. */
  readonly at: number;
  /** Items that are no objects. */
  readonly malformed: number;
}

export interface ListOptions {
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly pageItems: number;
  readonly idleMs: number;
}

/** Throws an ApiFailure; `expired` when the snapshot of the first pages is no longer kept. */
export async function* listPages(
  resource: Resource,
  transport: ApiTransport,
  options: ListOptions,
): AsyncGenerator<ListPage> {
  let next: string | null = null;
  let at: number | null = null;
  do {
    const query: Record<string, string> = { ...resource.query, limit: String(options.pageItems) };
    if (next !== null) query['continue'] = next;
    const response = await answerTo(resource, query, { transport, options });
    at ??= options.now();
    const page = pageOf(await textOf(response), resource);
    yield { ...page, at };
    next = page.next;
  } while (next !== null);
}

async function answerTo(
  resource: Resource,
  query: Readonly<Record<string, string>>,
  { transport, options }: { transport: ApiTransport; options: ListOptions },
): Promise<ApiResponse> {
  const { signal, idleMs } = options;
  const response = await transport
    .get(resource.path, query, { signal, idleMs })
    .catch((error: unknown) => Promise.reject(failureOfError(error, 'request')));
  if (response.status !== 200) throw await failureOfAnswer(response, options.now());
  return response;
}

async function textOf(response: ApiResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of response.body) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    throw failureOfError(error, 'answer');
  }
}

function pageOf(text: string, resource: Resource): Omit<ListPage, 'at'> & { next: string | null } {
  const list = jsonOf(text);
  const metadata = isRecord(list) ? list['metadata'] : null;
  // An empty list of Go's encoder may be null.
  const raw = isRecord(list) ? (list['items'] ?? []) : null;
  const version = isRecord(metadata) ? metadata['resourceVersion'] : null;
  if (
    !isRecord(list) ||
    !isRecord(metadata) ||
    !Array.isArray(raw) ||
    typeof version !== 'string' ||
    version === ''
  )
    throw new ApiFailure('malformed', `the answer to ${resource.path} is no list`);
  const apiVersion = typeof list['apiVersion'] === 'string' ? list['apiVersion'] : 'v1';
  const items = raw
    .map((item: unknown) => slimObject(item, { apiVersion, kind: resource.kind }))
    .filter((item) => item !== null);
  const next = metadata['continue'];
  return {
    items,
    resourceVersion: version,
    malformed: raw.length - items.length,
    next: typeof next === 'string' && next !== '' ? next : null,
  };
}
