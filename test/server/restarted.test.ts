/** What a server knows after it was away: nothing is counted twice, and what nobody saw is known to nobody. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import { batch, DB, LiveShop, NODE, pod, START, WEB, WEB_TO_DB } from './live-shop.ts';

let shop: LiveShop;
beforeEach(() => {
  shop = new LiveShop();
});
afterEach(() => shop.close());

test('a server that was away counts nothing twice, and still knows who held what before', async () => {
  shop.listed(NODE, WEB, DB);
  shop.now = START + 6000;
  await shop.live.accept(batch(1, 5));
  shop.live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
  shop.live.settle();
  shop.now = START + 9000;
  await shop.live.accept(batch(2, 8));
  await shop.restart();
  shop.now = START + 20_000;
  shop.listed(NODE, WEB);
  await shop.live.accept(batch(1, 5));
  await shop.live.accept(batch(2, 8));
  shop.live.nodeLease('node-a', START + 19_000, { observedAt: START + 19_000, isNews: false });
  expect(shop.live.settle()).toBe(1);
  // db vanished while nobody looked: whether it still held its address in second 8 nobody can say.
  expect(shop.edges()).toEqual([`${WEB_TO_DB} 1`]);
  expect(shop.store.unattributed.list()).toEqual([]);
  shop.now = START + 80_000;
  shop.live.settle();
  expect(shop.store.unattributed.list()).toMatchObject([{ reason: 'ambiguous', end: 'server', count: 1 }]);
  expect(shop.store.leases.around(ip('10.244.1.2'), null)).toHaveLength(1);
});

test('a restart with everything still there goes on as if nothing had been', async () => {
  shop.listed(NODE, WEB, DB);
  shop.live.settle();
  await shop.restart();
  shop.now = START + 6000;
  shop.listed(NODE, WEB, DB);
  await shop.live.accept(batch(1, 5));
  shop.live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
  shop.live.settle();
  expect(shop.edges()).toEqual([`${WEB_TO_DB} 1`]);
  expect(shop.store.leases.all().filter((lease) => lease.holder.kind === 'pod')).toHaveLength(2);
});

test('a restart reads what was told before by the clock that it was told by: no bound of a node 2 s ahead widens', async () => {
  shop.live.nodeLease('node-a', START + 2000, { observedAt: START, isNews: true });
  // By its node's clock it started 2 s ago, and by ours 4 s ago.
  shop.listed(NODE, WEB, pod('db', '10.244.1.3', -2));
  shop.live.settle();
  const before = shop.store.leases.all();
  await shop.restart();
  shop.now = START + 5000;
  shop.listed(NODE, WEB, pod('db', '10.244.1.3', -2));
  shop.live.settle();
  expect(shop.store.leases.all()).toEqual(before);
});

test('a time in which nobody watched is one still after a restart', async () => {
  shop.listed(NODE, WEB, DB);
  shop.now = START + 10_000;
  shop.live.kindUnwatched('Pod', START + 4000);
  shop.live.kindSynced('Pod');
  shop.now = START + 13_000;
  await shop.live.accept(batch(1, 12));
  shop.live.nodeLease('node-a', START + 16_500, { observedAt: START + 16_500, isNews: false });
  shop.live.settle();
  await shop.restart();
  shop.now = START + 20_000;
  shop.listed(NODE, WEB, DB);
  const [lease] = shop.store.leases.around(ip('10.244.1.3'), null);
  const holder = lease?.holder ?? { kind: 'node' as const, name: '' };
  const unwatched = [5, 11, 15].map((second) => {
    const interval = { start: START + second * 1000, end: START + second * 1000 + 1 };
    return shop.live.attribution().unwatchedDuring(interval, holder) !== null;
  });
  expect(unwatched).toEqual([true, false, true]);
});
