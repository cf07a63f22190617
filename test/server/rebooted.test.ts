/** A node that was down, or a kubelet that was silent: what it had not told before it tells after its return, and nothing is said until then. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { batch, DB, LiveShop, NODE, pod, START, WEB, WEB_TO_CACHE, WEB_TO_DB } from './live-shop.ts';

let shop: LiveShop;
beforeEach(() => {
  shop = new LiveShop();
});
afterEach(() => shop.close());

const second = (after: number): number => START + after * 1000;

/** The node as it reports itself in this boot. */
function nodeIn(boot: string): unknown {
  return { ...NODE, status: { nodeInfo: { bootID: boot } } };
}

/** Web dials the address of db in second 5; the kubelet is heard last right after. */
async function dialled(): Promise<void> {
  shop.listed(nodeIn('first'), WEB, DB);
  shop.heartbeats(second(0), second(6));
  await shop.live.accept(batch(1, 5));
  expect([shop.live.settle(), shop.edges()]).toEqual([0, []]);
}

/** What is said while the kubelet is heard each second from the one to the other. */
function saidWhileHeard(from: number, until: number): string[] {
  const said = new Set<string>();
  for (let after = from; after <= until; after++) {
    shop.heartbeats(second(after), second(after));
    shop.live.settle();
    for (const edge of shop.edges()) said.add(edge);
  }
  return [...said];
}

/** Since second 3 the address was that of cache, which the kubelet had not told before it fell silent. */
function toldLate(): void {
  shop.live.event({ observedAt: shop.now, type: 'DELETED', object: DB });
  shop.live.event({ observedAt: shop.now, type: 'ADDED', object: pod('cache', '10.244.1.3', 3) });
}

test('nothing is said before a kubelet that was silent has been back for the slack', async () => {
  await dialled();
  expect(saidWhileHeard(36, 37)).toEqual([]);
  toldLate();
  expect(saidWhileHeard(38, 42)).toEqual([`${WEB_TO_CACHE} 1`]);
  expect(shop.store.withdrawn.list()).toEqual([]);
});

test('nor where a reboot was so short that only its node tells of it', async () => {
  await dialled();
  shop.heartbeats(second(8), second(8));
  shop.live.event({ observedAt: second(8.5), type: 'MODIFIED', object: nodeIn('second') });
  expect(saidWhileHeard(9, 10)).toEqual([]);
  toldLate();
  expect(saidWhileHeard(11, 15)).toEqual([`${WEB_TO_CACHE} 1`]);
  expect(shop.store.withdrawn.list()).toEqual([]);
});

test('then what was so all along is said', async () => {
  await dialled();
  shop.live.event({ observedAt: second(36), type: 'MODIFIED', object: nodeIn('second') });
  expect(saidWhileHeard(36, 37)).toEqual([]);
  expect(saidWhileHeard(38, 39)).toEqual([`${WEB_TO_DB} 1`]);
});

test('a node that tells of itself in the same boot is waited for no longer', async () => {
  await dialled();
  shop.heartbeats(second(8), second(8));
  shop.live.event({ observedAt: second(8.5), type: 'MODIFIED', object: nodeIn('first') });
  expect(saidWhileHeard(9, 9)).toEqual([]);
  expect(saidWhileHeard(10, 10)).toEqual([`${WEB_TO_DB} 1`]);
});

test('a verdict waits as flows do', () => {
  shop.listed(nodeIn('first'), WEB, DB);
  const frontier = (): number => shop.live.attribution().frontier('node-a');
  shop.heartbeats(second(0), second(6));
  expect(frontier()).toBe(second(4));
  shop.heartbeats(second(36), second(37));
  expect(frontier()).toBe(second(4));
  shop.heartbeats(second(38), second(38));
  expect(frontier()).toBe(second(36));
});

test('nobody else waits for a node that was taken for dead, until it has caught up', async () => {
  await dialled();
  const other = { ...NODE, metadata: { ...NODE.metadata, name: 'node-b', uid: 'b' } };
  shop.live.event({ observedAt: second(6), type: 'ADDED', object: other });
  for (const [name, address] of [
    ['here', '10.244.2.2'],
    ['there', '10.244.2.3'],
  ] as const)
    shop.live.event({ observedAt: second(6), type: 'ADDED', object: pod(name, address, -600, 'node-b') });
  shop.heartbeats(second(6), second(39), 'node-b');
  shop.heartbeats(second(39), second(39));
  const own = batch(1, 30, ['10.244.2.2:41000 > 10.244.2.3:5432 tcp']);
  await shop.live.accept({ ...own, nodeName: 'node-b', epoch: 'cd'.repeat(16), sentAt: shop.now });
  shop.live.settle();
  expect(shop.edges()).toEqual(['workload:shop/Pod/here -> workload:shop/Pod/there:5432/tcp 1']);
});
