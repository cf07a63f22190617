/** The answer to a LIST: pages of one snapshot, which is kept until the server is told to forget its old versions. */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Asked } from './asked.ts';
import { writeBody } from './body-writer.ts';
import type { Faults } from './faults.ts';
import { isIn } from './object-store.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { selectionOf } from './selectors.ts';
import { listHead, listItem } from './shape.ts';

export class ListAnswers {
  readonly #store: ObjectStore;
  readonly #faults: Faults;
  readonly #snapshots = new Map<string, readonly StoredObject[]>();

  constructor(store: ObjectStore, faults: Faults) {
    this.#store = store;
    this.#faults = faults;
  }

  /** Whether the pages after this cursor can still be read. */
  has({ query }: Asked): boolean {
    const cursor = query['continue'];
    return cursor === undefined || this.#snapshots.has(cursorOf(cursor).snapshot);
  }

  forget(): void {
    this.#snapshots.clear();
  }

  answer(asked: Asked, response: ServerResponse): void {
    const { chunkBytes, listPauseMs, brokenLists } = this.#faults;
    const gzip = asked.gzip && this.#faults.gzip;
    const broken = brokenLists.shift() ?? null;
    const whole = Buffer.from(JSON.stringify(this.#page(asked)));
    // Half an answer that ends in good order is half a document, however it is encoded.
    const document = broken?.how === 'end' ? whole.subarray(0, broken.afterBytes) : whole;
    const headers = { 'content-type': 'application/json' };
    response.writeHead(200, gzip ? { ...headers, 'content-encoding': 'gzip' } : headers);
    void writeBody(response, gzip ? gzipSync(document) : document, {
      pieceBytes: chunkBytes,
      pauseMs: listPauseMs,
      broken: broken?.how === 'end' ? null : broken,
    });
  }

  #page(asked: Asked): object {
    const { query, kind, namespace } = asked;
    const cursor = query['continue'] === undefined ? null : cursorOf(query['continue']);
    const all = this.#snapshots.get(cursor?.snapshot ?? '') ?? this.#objects(asked);
    const version = cursor?.version ?? this.#store.version;
    const start = cursor?.start ?? 0;
    // As the real one: version 0 comes from its cache, which knows no pages.
    const limit = query['resourceVersion'] === '0' ? 0 : Number(query['limit'] ?? 0);
    const end = limit > 0 ? Math.min(start + limit, all.length) : all.length;
    const hasMore = end < all.length;
    const name = [version, kind.plural, namespace ?? '', query['labelSelector'], query['fieldSelector']].join(
      '|',
    );
    if (hasMore) this.#snapshots.set(name, all);
    return {
      ...listHead(asked),
      metadata: {
        resourceVersion: String(version),
        ...(hasMore
          ? { continue: cursorText(version, end, name), remainingItemCount: all.length - end }
          : {}),
      },
      items: all.slice(start, end).map((object) => listItem(object, asked)),
    };
  }

  #objects({ kind, namespace, query }: Asked): StoredObject[] {
    const isSelected = selectionOf(query);
    return this.#store.list(kind.kind, null).filter((each) => isIn(each, namespace) && isSelected(each));
  }
}

function cursorText(version: number, start: number, snapshot: string): string {
  return Buffer.from(JSON.stringify({ version, start, snapshot })).toString('base64url');
}

function cursorOf(text: string): { version: number; start: number; snapshot: string } {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as ReturnType<typeof cursorOf>;
  } catch {
    // No snapshot has this name, so it is answered as one that expired.
    return { version: 0, start: 0, snapshot: text };
  }
}
