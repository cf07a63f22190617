/** The live side as the server drives it: watch events and batches in, edges out, only when the kubelets have reported. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { flow } from '../world.ts';
import {
  batch,
  DB,
  KNOWN,
  LiveShop,
  NODE,
  pod,
  seconds,
  START,
  WEB,
  WEB_TO_CACHE,
  WEB_TO_DB,
} from './live-shop.ts';

let shop: LiveShop;
beforeEach(() => {
  shop = new LiveShop();
});
afterEach(() => shop.close());

const otherNode = { ...NODE, metadata: { ...NODE.metadata, name: 'node-b', uid: 'b' } };

describe('flows wait for the kubelets', () => {
  test('and become edges when the frontier has passed their second', async () => {
    shop.listed(NODE, WEB, DB);
    shop.heartbeats(START, START + 6000);
    await shop.live.accept(batch(1, 5));
    expect([shop.live.settle(), shop.edges()]).toEqual([0, []]);
    shop.heartbeats(START + 7000, START + 9000);
    expect([shop.live.settle(), shop.edges()]).toEqual([0, []]);
    shop.heartbeats(START + 9500, START + 9500);
    expect([shop.live.settle(), shop.edges()]).toEqual([1, [`${WEB_TO_DB} 1`]]);
    expect(shop.store.inbox.counts()).toEqual({ accepted: 1, pending: 0 });
    expect(shop.live.analysed(KNOWN).recommendation.outcomes.map((outcome) => outcome.kind)).toEqual([
      'draft',
      'draft',
    ]);
  });

  test('a pod that was replaced meanwhile gets nothing of its successor', async () => {
    shop.live.nodeLease('node-a', START, { observedAt: START, isNews: true });
    shop.listed(NODE, WEB, DB);
    shop.now = START + 6000;
    await shop.live.accept(batch(1, 5));
    const gone = {
      ...(DB as { metadata: object }),
      metadata: {
        ...(DB as { metadata: object }).metadata,
        deletionTimestamp: seconds(31),
        deletionGracePeriodSeconds: 30,
      },
    };
    shop.live.event({ observedAt: START + 4000, type: 'MODIFIED', object: gone });
    shop.live.event({ observedAt: START + 4000, type: 'DELETED', object: gone });
    shop.live.event({ observedAt: START + 6000, type: 'ADDED', object: pod('cache', '10.244.1.3', 4) });
    shop.heartbeats(START + 6000, START + 20_000);
    shop.live.settle();
    expect(shop.edges()).toEqual([`${WEB_TO_CACHE} 1`]);
  });

  test('only what is on a node whose kubelet is silent waits longer, and is edges when it has spoken again for the slack', async () => {
    const away = pod('away', '10.244.2.9', -600, 'node-b');
    shop.listed(NODE, otherNode, WEB, DB, away);
    shop.live.nodeLease('node-b', START, { observedAt: START, isNews: false });
    shop.now = START + 40_000;
    const both = batch(1, 5);
    const silent = flow('10.244.1.2:41000 > 10.244.2.9:5432 tcp', { second: START / 1000 + 5 });
    await shop.live.accept({ ...both, sentAt: shop.now, flows: [...both.flows, silent] });
    shop.live.nodeLease('node-a', shop.now, { observedAt: shop.now, isNews: false });
    expect([shop.live.settle(), shop.edges()]).toEqual([1, [`${WEB_TO_DB} 1`]]);
    expect([shop.live.settle(), shop.store.inbox.counts()]).toEqual([0, { accepted: 1, pending: 1 }]);
    for (const node of ['node-a', 'node-b']) shop.heartbeats(START + 50_000, START + 51_000, node);
    expect([shop.live.settle(), shop.edges()]).toEqual([0, [`${WEB_TO_DB} 1`]]);
    for (const node of ['node-a', 'node-b']) shop.heartbeats(START + 52_000, START + 52_000, node);
    expect(shop.live.settle()).toBe(1);
    expect(shop.edges()).toEqual([
      'workload:shop/Pod/web -> workload:shop/Pod/away:5432/tcp 1',
      `${WEB_TO_DB} 1`,
    ]);
    expect(shop.store.inbox.counts()).toEqual({ accepted: 1, pending: 0 });
    expect(shop.store.unattributed.list()).toEqual([]);
    expect(shop.store.nodeWindows.list()).toHaveLength(1);
  });

  test('a node whose clock is 5 s ahead speaks of what was 5 s ago', async () => {
    shop.listed(NODE, WEB, DB);
    shop.now = START + 6000;
    await shop.live.accept({ ...batch(1, 10), sentAt: shop.now + 5_000 });
    shop.live.nodeLease('node-a', START + 14_500, { observedAt: START + 9_500, isNews: false });
    expect(shop.live.settle()).toBe(1);
    const [edge] = shop.store.edges.all();
    expect(edge?.firstSeen).toBe(START + 5_000 - 75);
  });

  test('but not for ever: after the deadline they are kept as unattributed, with the reason', async () => {
    shop.listed(NODE, WEB, DB);
    shop.live.nodeLease('node-a', START, { observedAt: START, isNews: false });
    shop.now = START + 6000;
    await shop.live.accept(batch(1, 5));
    shop.now = START + 70_000;
    expect([shop.live.settle(), shop.edges()]).toEqual([1, []]);
    expect(shop.store.unattributed.list()).toMatchObject([{ reason: 'frontier', count: 1 }]);
  });
});
