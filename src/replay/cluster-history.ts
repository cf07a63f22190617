/** The cluster's history from a capture: timed watch events and plain Lists, in the order they were observed. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { ClusterEvent } from '../kube/cluster-model.ts';
import type { CaptureFolder, Snapshot } from './capture-folder.ts';
import type { InputProblems } from './input-problems.ts';

const watchLine = z.object({
  observedAt: z.iso.datetime({ offset: true }),
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']),
  object: z.looseObject({}),
});

const list = z.object({ kind: z.string().regex(/List$/, 'not a List'), items: z.array(z.unknown()) });

const identified = z.looseObject({ kind: z.string(), metadata: z.looseObject({ uid: z.string() }) });

/** A cluster event with the place it was read from, for messages. */
export interface PlacedEvent extends ClusterEvent {
  readonly where: string;
}

/** All events, oldest first; at one instant those of the watch before those of a List, each in file order. */
export async function readClusterHistory(
  capture: CaptureFolder,
  problems: InputProblems,
): Promise<PlacedEvent[]> {
  const watched = capture.watch === null ? [] : await readWatch(capture.watch, problems);
  const lists = await Promise.all(
    capture.lists.map(async (each) => ({ at: each.at, events: await readList(each, problems) })),
  );
  const listed = withRemovals(lists);
  return [...watched, ...listed].toSorted((a, b) => a.observedAt - b.observedAt);
}

async function readWatch(file: string, problems: InputProblems): Promise<PlacedEvent[]> {
  const events: PlacedEvent[] = [];
  let line = 0;
  for await (const text of createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    line++;
    if (text.trim() === '') continue;
    const where = `${file}:${line}`;
    const parsed = watchLine.safeParse(jsonOf(text));
    if (parsed.success)
      events.push({ ...parsed.data, observedAt: Date.parse(parsed.data.observedAt), where });
    else
      problems.add(where, `not a watch event {"observedAt", "type", "object"}: ${firstIssue(parsed.error)}`);
  }
  return events;
}

async function readList(snapshot: Snapshot, problems: InputProblems): Promise<PlacedEvent[]> {
  const parsed = list.safeParse(jsonOf(await readFile(snapshot.file, 'utf8')));
  if (!parsed.success) {
    problems.add(snapshot.file, `not a Kubernetes List in JSON: ${firstIssue(parsed.error)}`);
    return [];
  }
  const itemKind = parsed.data.kind === 'List' ? null : parsed.data.kind.replace(/List$/, '');
  return parsed.data.items.map((item, index) => ({
    observedAt: snapshot.at,
    type: 'ADDED',
    // Items of a typed list (PodList) carry no kind of their own.
    object:
      itemKind !== null && typeof item === 'object' ? { apiVersion: 'v1', kind: itemKind, ...item } : item,
    where: `${snapshot.file}: item ${index}`,
  }));
}

/** An object of a List that the next List with objects of its kind lacks was gone by then. */
function withRemovals(lists: readonly { at: number; events: readonly PlacedEvent[] }[]): PlacedEvent[] {
  const all: PlacedEvent[] = [];
  const present = new Map<string, Map<string, PlacedEvent>>();
  for (const { at, events } of lists) {
    const listed = new Map<string, Map<string, PlacedEvent>>();
    for (const event of events) {
      const id = identified.safeParse(event.object);
      if (!id.success) continue;
      const ofKind = listed.get(id.data.kind) ?? new Map<string, PlacedEvent>();
      listed.set(id.data.kind, ofKind.set(id.data.metadata.uid, event));
    }
    for (const [kind, now] of listed) {
      for (const [uid, before] of present.get(kind) ?? [])
        if (!now.has(uid)) all.push({ ...before, observedAt: at, type: 'DELETED' });
      present.set(kind, now);
    }
    all.push(...events);
  }
  return all;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'invalid';
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
}
