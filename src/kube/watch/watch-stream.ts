/** One WATCH from its request to its end: the server's lines as events. It never reconnects and remembers no version. */
import { ApiFailure, failureOfAnswer, failureOfError, failureOfStatus, isRecord } from './api-failure.ts';
import type { ApiTransport } from './api-transport.ts';
import { parseLean } from './lean-json.ts';
import { LineSplitter } from './line-splitter.ts';
import { acceptOf } from './resource.ts';
import type { Resource } from './resource.ts';
import type { Sharing } from './sharing.ts';
import { objectOf } from './slim-object.ts';
import type { KubeObject } from './slim-object.ts';

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  /** Everything up to this version has been sent; the first that `endsInitialEvents` when those were asked for. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly endsInitialEvents: boolean };

/** Of KEP-3157 ("watch-list"), on the bookmark after the last initial event. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

export interface WatchOptions {
  /** To go on from; null to be told first everything that exists, and then that this was all. */
  readonly resourceVersion: string | null;
  readonly timeoutSeconds: number;
  readonly idleMs: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** The server has begun to answer with events. */
  readonly opened: () => void;
  readonly sharing: Sharing;
}

/**
 * The events of each arrived piece together; ends when the server ends the watch in good order. Throws an ApiFailure:
 * `expired` for 410 as a status or in the stream; what an incomplete last line held is not told.
 */
export async function* watchEvents(
  resource: Resource,
  transport: ApiTransport,
  options: WatchOptions,
): AsyncGenerator<readonly WatchEvent[]> {
  const query = {
    ...resource.query,
    watch: 'true',
    allowWatchBookmarks: 'true',
    ...(options.resourceVersion === null
      ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
      : { resourceVersion: options.resourceVersion }),
    timeoutSeconds: String(options.timeoutSeconds),
  };
  const { signal, idleMs } = options;
  const response = await transport
    .get(resource.path, query, { signal, idleMs, accept: acceptOf(resource, 'watch') })
    .catch((error: unknown) => Promise.reject(failureOfError(error, 'request')));
  if (response.status !== 200) throw await failureOfAnswer(response, options.now());
  options.opened();
  const splitter = new LineSplitter();
  try {
    for await (const chunk of response.body) {
      const events: WatchEvent[] = [];
      const failure = readLines(linesOf(splitter, chunk), { resource, events, sharing: options.sharing });
      // What came before a broken line still counts.
      if (events.length > 0) yield events;
      if (failure !== null) throw failure;
    }
  } catch (error) {
    throw failureOfError(error, 'answer');
  }
}

function linesOf(splitter: LineSplitter, chunk: Uint8Array): string[] {
  try {
    return splitter.push(chunk);
  } catch (error) {
    throw new ApiFailure('malformed', String(error));
  }
}

/** Appends events up to the first line that is none; returns what that line was. */
function readLines(
  lines: readonly string[],
  { resource, events, sharing }: { resource: Resource; events: WatchEvent[]; sharing: Sharing },
): ApiFailure | null {
  for (const line of lines) {
    const event = eventOf(parseLean(line), resource, sharing);
    if (event instanceof ApiFailure) return event;
    events.push(event);
  }
  return null;
}

function eventOf(raw: unknown, resource: Resource, sharing: Sharing): WatchEvent | ApiFailure {
  if (!isRecord(raw) || !isRecord(raw['object'])) return noEvent(resource);
  const { type, object } = raw;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED': {
      const kept = objectOf(object, resource, sharing);
      return kept === null ? noEvent(resource) : { type, object: kept };
    }
    case 'BOOKMARK': {
      const metadata = isRecord(object) ? object['metadata'] : null;
      const version = isRecord(metadata) ? metadata['resourceVersion'] : null;
      if (typeof version !== 'string' || version === '') return noEvent(resource);
      const annotations = isRecord(metadata) ? metadata['annotations'] : null;
      const endsInitialEvents = isRecord(annotations) && annotations[INITIAL_EVENTS_END] === 'true';
      return { type, resourceVersion: version, endsInitialEvents };
    }
    case 'ERROR':
      return isRecord(object) ? failureOfStatus(object, { code: 0, retryAfterMs: null }) : noEvent(resource);
    default:
      return noEvent(resource);
  }
}

function noEvent({ path }: Resource): ApiFailure {
  return new ApiFailure('malformed', `a line of the watch of ${path} is no event`);
}
