/**
 * A LIST in pages of one snapshot, its objects told as they arrive. It holds no page, not even that of a server which sends
 * everything at once whatever limit it is asked for.
 */
import { ApiFailure, failureOfAnswer, failureOfError, isRecord } from './api-failure.ts';
import type { ApiResponse, ApiTransport } from './api-transport.ts';
import { ItemSplitter, textOf } from './item-splitter.ts';
import type { ListHead } from './item-splitter.ts';
import { parseLean } from './lean-json.ts';
import type { Sharing } from './sharing.ts';
import { acceptOf } from './resource.ts';
import type { Resource } from './resource.ts';
import { objectOf } from './slim-object.ts';
import type { KubeObject } from './slim-object.ts';

export interface ListEnd {
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
  /** The server has begun to answer with a page. */
  readonly opened: () => void;
  readonly sharing: Sharing;
  /** Objects in the order of the list, of which the answer may still break off. The next wait until it resolves. */
  readonly take: (objects: readonly KubeObject[], at: number) => Promise<void>;
}

/** Rejects with an ApiFailure; `expired` when the snapshot of the first pages is no longer kept. */
export async function listObjects(
  resource: Resource,
  transport: ApiTransport,
  options: ListOptions,
): Promise<ListEnd> {
  let next: string | null = null;
  let first: { readonly version: string; readonly at: number } | null = null;
  let malformed = 0;
  do {
    const query: Record<string, string> = { ...resource.query, limit: String(options.pageItems) };
    if (next !== null) query['continue'] = next;
    const response = await answerTo(resource, query, { transport, options });
    options.opened();
    const at: number = first?.at ?? options.now();
    const page = await readPage(response, resource, {
      ...options,
      take: async (objects) => options.take(objects, at),
    });
    malformed += page.malformed;
    // A page that the server could only continue from a newer state has a newer version: what the older ones miss comes
    // again from the version of the first.
    first ??= { version: page.version, at };
    next = page.next;
  } while (next !== null);
  return { resourceVersion: first.version, at: first.at, malformed };
}

async function answerTo(
  resource: Resource,
  query: Readonly<Record<string, string>>,
  { transport, options }: { transport: ApiTransport; options: ListOptions },
): Promise<ApiResponse> {
  const { signal, idleMs } = options;
  const response = await transport
    .get(resource.path, query, { signal, idleMs, accept: acceptOf(resource, 'list') })
    .catch((error: unknown) => Promise.reject(failureOfError(error, 'request')));
  if (response.status !== 200) throw await failureOfAnswer(response, options.now());
  return response;
}

interface PageEnd {
  readonly version: string;
  readonly next: string | null;
  readonly malformed: number;
}

async function readPage(
  response: ApiResponse,
  resource: Resource,
  { take, sharing }: { take: (objects: readonly KubeObject[]) => Promise<void>; sharing: Sharing },
): Promise<PageEnd> {
  const splitter = new ItemSplitter();
  let malformed = 0;
  try {
    for await (const chunk of response.body) {
      const items = wellFormed(resource, () => splitter.push(chunk));
      const objects = items
        .map((item) => objectOf(valueOf(item, resource), resource, sharing))
        .filter((each) => each !== null);
      malformed += items.length - objects.length;
      if (objects.length > 0) await take(objects);
    }
  } catch (error) {
    throw failureOfError(error, 'answer');
  }
  const end = endOf(
    wellFormed(resource, () => splitter.end()),
    resource,
  );
  return { ...end, malformed };
}

/** An item that is no JSON means that the bytes are not those that the server sent: without it the list would say too little. */
function valueOf(item: Uint8Array, resource: Resource): unknown {
  const value = parseLean(textOf(item));
  if (value === undefined) throw noList(resource, 'an item is no JSON');
  return value;
}

function endOf(head: ListHead, resource: Resource): { version: string; next: string | null } {
  const { metadata, items } = head;
  // An empty list of Go's encoder may be null.
  if (items !== undefined && items !== null) throw noList(resource, 'its items are no list');
  const version = isRecord(metadata) ? metadata['resourceVersion'] : null;
  if (!isRecord(metadata) || typeof version !== 'string' || version === '')
    throw noList(resource, 'it has no version');
  const next = metadata['continue'];
  return { version, next: typeof next === 'string' && next !== '' ? next : null };
}

function wellFormed<T>(resource: Resource, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw noList(resource, error instanceof Error ? error.message : String(error));
  }
}

function noList({ path }: Resource, why: string): ApiFailure {
  return new ApiFailure('malformed', `the answer to ${path} is no list: ${why}`);
}
