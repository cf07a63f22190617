/** The same capture with plain Lists instead of timed watch events, as kubectl prints them, gives the same policies. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readClusterHistory } from '../../src/replay/cluster-history.ts';
import { openCapture } from '../../src/replay/capture-folder.ts';
import { InputProblems } from '../../src/replay/input-problems.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { EXAMPLE, replayFolder } from './boutique.ts';

interface WatchLine {
  readonly observedAt: string;
  readonly type: string;
  readonly object: {
    readonly kind: string;
    readonly metadata: { readonly uid: string; readonly name: string };
  };
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netscribe-lists-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const watched = readFileSync(join(EXAMPLE, 'cluster', 'watch.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as WatchLine);

/** What `kubectl get ... -o json` would have printed at this time. */
function listAt(time: number): { kind: 'List'; items: unknown[] } {
  const objects = new Map<string, unknown>();
  for (const { observedAt, type, object } of watched) {
    if (type === 'BOOKMARK' || Date.parse(observedAt) > time) continue;
    if (type === 'DELETED') objects.delete(object.metadata.uid);
    else objects.set(object.metadata.uid, object);
  }
  return { kind: 'List', items: [...objects.values()] };
}

/** The example with Lists taken at these unix seconds. */
function withLists(name: string, seconds: readonly number[]): string {
  const copy = join(folder, name);
  cpSync(EXAMPLE, copy, { recursive: true });
  rmSync(join(copy, 'cluster', 'watch.jsonl'));
  for (const at of seconds)
    writeFileSync(join(copy, 'cluster', `objects-${at}.json`), JSON.stringify(listAt(at * 1000)));
  return copy;
}

async function yamlOf(directory: string): Promise<{ yaml: string; unattributed: number }> {
  const replayed = await replayFolder(directory);
  try {
    return {
      yaml: printPolicies(replayed.analysed.recommendation.outcomes, { withEvidence: false }),
      unattributed: replayed.store.unattributed.list().length,
    };
  } finally {
    replayed.close();
  }
}

const first = Math.ceil(Date.parse(watched[0]?.observedAt ?? '') / 1000);
const last = Math.ceil(Date.parse(watched.at(-1)?.observedAt ?? '') / 1000);

describe('plain Lists', () => {
  test('at the start and at the end give the same bytes as the watch', async () => {
    const lists = await yamlOf(withLists('two', [first, last]));
    expect(lists).toEqual(await yamlOf(EXAMPLE));
    expect(lists.unattributed).toBe(0);
  });

  test('at the start only: the pods that came later are unknown, and nobody is drafted in their place', async () => {
    const lists = await yamlOf(withLists('start', [first]));
    expect(lists.unattributed).toBeGreaterThan(0);
    const redis = lists.yaml.split('---\n').find((draft) => draft.startsWith('# shop/redis-cart '));
    expect(redis).toContain('observed: shop/cartservice');
    expect(redis).not.toContain('cart-cleanup');
  });

  test('typed lists (PodList), whose items carry no kind, are read too', async () => {
    const copy = withLists('typed', [first]);
    const all = listAt(last * 1000).items as WatchLine['object'][];
    const pods = all
      .filter((object) => object.kind === 'Pod')
      .map((object) => ({ ...object, kind: undefined, apiVersion: undefined }));
    writeFileSync(
      join(copy, 'cluster', `pods-${last}.json`),
      JSON.stringify({ kind: 'PodList', apiVersion: 'v1', items: pods }),
    );
    const history = await readClusterHistory(await openCapture(copy), new InputProblems());
    const kinds = history
      .filter((event) => event.where.includes(`pods-${last}`))
      .map(({ object }) => (object as { kind?: string }).kind);
    expect(kinds.length).toBeGreaterThan(15);
    expect(new Set(kinds)).toEqual(new Set(['Pod']));
  });

  test('what a later List lacks was gone by then, but only for kinds that it holds', async () => {
    const copy = join(folder, 'gone');
    cpSync(EXAMPLE, copy, { recursive: true });
    rmSync(join(copy, 'cluster', 'watch.jsonl'));
    const item = (kind: string, name: string): unknown => ({
      apiVersion: 'v1',
      kind,
      metadata: { name, uid: name, creationTimestamp: '2026-11-21T22:00:00Z' },
    });
    const write = (at: number, items: unknown[]): void =>
      writeFileSync(join(copy, 'cluster', `x-${at}.json`), JSON.stringify({ kind: 'List', items }));
    write(1_795_000_000, [item('Pod', 'a'), item('Pod', 'b'), item('Service', 's')]);
    write(1_795_000_060, [item('Pod', 'b'), item('Pod', 'c')]);
    const history = await readClusterHistory(await openCapture(copy), new InputProblems());
    const told = history.map(
      ({ type, observedAt, object }) =>
        `${observedAt / 1000 - 1_795_000_000} ${type} ${(object as { metadata: { name: string } }).metadata.name}`,
    );
    expect(told).toEqual(['0 ADDED a', '0 ADDED b', '0 ADDED s', '60 DELETED a', '60 ADDED b', '60 ADDED c']);
  });
});
