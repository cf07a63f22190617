/** A request as the fake API server understands it: which collection, LIST or WATCH, and in which form the answer is wanted. */
import type { IncomingMessage } from 'node:http';
import { collectionAt } from './kinds.ts';
import type { ServedKind } from './kinds.ts';

export interface Asked {
  readonly kind: ServedKind;
  readonly namespace: string | null;
  readonly verb: 'list' | 'watch';
  readonly query: Readonly<Record<string, string>>;
  readonly gzip: boolean;
  /** A WATCH that begins with the objects that exist. */
  readonly sendInitialEvents: boolean;
  /** `PartialObjectMetadata` or `PartialObjectMetadataList` when only metadata is wanted; null for whole objects. */
  readonly as: string | null;
}

/** Null when no collection is served at this path. */
export function askedBy(request: IncomingMessage, kinds: readonly ServedKind[]): Asked | null {
  const url = new URL(request.url ?? '/', 'http://fake');
  const collection = collectionAt(url.pathname, kinds);
  if (collection === null) return null;
  const query = Object.fromEntries(url.searchParams);
  return {
    ...collection,
    verb: isTrue(query['watch']) ? 'watch' : 'list',
    query,
    gzip: (request.headers['accept-encoding'] ?? '').includes('gzip'),
    sendInitialEvents: isTrue(query['sendInitialEvents']),
    as: transformOf(request.headers.accept ?? ''),
  };
}

/** The first media type that this server has, as content negotiation goes: its `as` parameter, or null for plain JSON. */
function transformOf(accept: string): string | null {
  for (const range of accept.split(',')) {
    const [type, ...parameters] = range.split(';').map((each) => each.trim());
    const given = new Map(parameters.map((each) => each.split('=', 2) as [string, string]));
    if (type !== 'application/json' && type !== '*/*') continue;
    const as = given.get('as');
    if (as === undefined) return null;
    if (!as.startsWith('PartialObjectMetadata')) continue;
    if (given.get('g') === 'meta.k8s.io' && given.get('v') === 'v1') return as;
  }
  return null;
}

function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === '1';
}
