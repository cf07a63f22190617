/** A running server with a backlog: each step is short, and the next one is due at once. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Live } from '../../src/server/live.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { batch, HOUR } from '../store/samples.ts';
import { flow } from '../world.ts';

const NOW = HOUR + 3_600_000;
const FLOWS = 3_000;
const BATCHES = 4;

let store: Store;
let live: Live;
beforeEach(() => {
  store = openStore(':memory:');
  live = new Live(store, { timing: { slackMs: 2000, deadlineMs: 60_000 }, now: () => NOW });
});
afterEach(async () => {
  await live.close();
  store.close();
});

const LONG_AGO = new Date(HOUR - 900_000).toISOString();

function pod(name: string, podIP: string): unknown {
  const conditions = [{ type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: LONG_AGO }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: name, creationTimestamp: LONG_AGO },
    spec: { nodeName: 'node-a', containers: [{ name: 'main' }] },
    status: { phase: 'Running', podIP, startTime: LONG_AGO, conditions },
  };
}

test('is attributed in several steps, and says when it is behind', async () => {
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-a', uid: 'uid-of-node-a', creationTimestamp: LONG_AGO },
    status: {},
  };
  for (const object of [node, pod('web', '10.244.1.2'), pod('db', '10.244.1.3')])
    expect(live.event({ observedAt: NOW - 5000, type: 'ADDED', object })).toBeNull();
  live.nodeLease('node-a', NOW, { observedAt: NOW, isNews: true });
  live.synced();
  expect([live.settle(), live.isBehind]).toEqual([0, false]);

  const flows = Array.from({ length: FLOWS }, (_, index) =>
    flow(`10.244.1.2:40000 > 10.244.1.3:${1 + index} tcp`, { second: HOUR / 1000 + 5 }),
  );
  for (let sequence = 1; sequence <= BATCHES; sequence++)
    await live.accept(batch(sequence, { windowStart: HOUR, windowEnd: HOUR + 10_000, sentAt: NOW, flows }));
  const steps: (readonly [number, boolean])[] = [];
  do steps.push([live.settle(), live.isBehind]);
  while (live.isBehind && steps.length < BATCHES);
  expect(steps.length).toBeGreaterThan(1);
  expect(steps.at(-1)?.[1]).toBe(false);
  expect(steps.reduce((sum, [batches]) => sum + batches, 0)).toBe(BATCHES);
  expect(store.inbox.counts()).toEqual({ accepted: BATCHES, pending: 0 });
  const edges = store.edges.all();
  expect(edges).toHaveLength(FLOWS);
  expect(edges.every(({ hours }) => hours.length === 1 && hours[0]?.opened === BATCHES)).toBe(true);
});
