/** One WATCH from its request to its end: the server's lines as events. It never reconnects and remembers no version. */
import {
  ApiFailure,
  failureOfAnswer,
  failureOfError,
  failureOfStatus,
  isRecord,
  jsonOf,
} from './api-failure.ts';
import type { ApiTransport } from './api-transport.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Resource } from './resource.ts';
import { slimObject } from './slim-object.ts';
import type { KubeObject } from './slim-object.ts';

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  /** Everything up to this version has been sent. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export interface WatchOptions {
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  readonly idleMs: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** The server has begun to answer with events. */
  readonly opened: () => void;
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
    resourceVersion: options.resourceVersion,
    timeoutSeconds: String(options.timeoutSeconds),
  };
  const { signal, idleMs } = options;
  const response = await transport
    .get(resource.path, query, { signal, idleMs })
    .catch((error: unknown) => Promise.reject(failureOfError(error, 'request')));
  if (response.status !== 200) throw await failureOfAnswer(response, options.now());
  options.opened();
  const splitter = new LineSplitter();
  try {
    for await (const chunk of response.body) {
      const events: WatchEvent[] = [];
      const failure = readLines(linesOf(splitter, chunk), { resource, events });
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
  { resource, events }: { resource: Resource; events: WatchEvent[] },
): ApiFailure | null {
  for (const line of lines) {
    const event = eventOf(jsonOf(line), resource);
    if (event instanceof ApiFailure) return event;
    events.push(event);
  }
  return null;
}

function eventOf(raw: unknown, resource: Resource): WatchEvent | ApiFailure {
  const malformed = new ApiFailure('malformed', `a line of the watch of ${resource.path} is no event`);
  if (!isRecord(raw) || !isRecord(raw['object'])) return malformed;
  const { type, object } = raw;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED': {
      const slim = slimObject(object, { apiVersion: 'v1', kind: resource.kind });
      return slim === null ? malformed : { type, object: slim };
    }
    case 'BOOKMARK': {
      const metadata = isRecord(object) ? object['metadata'] : null;
      const version = isRecord(metadata) ? metadata['resourceVersion'] : null;
      if (typeof version !== 'string' || version === '') return malformed;
      return { type, resourceVersion: version };
    }
    case 'ERROR':
      return isRecord(object) ? failureOfStatus(object, { code: 0, retryAfterMs: null }) : malformed;
    default:
      return malformed;
  }
}
