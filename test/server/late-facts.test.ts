/** A fact that comes late and contradicts what was attributed: what rested on the other is taken back and told anew. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batch, DB, LiveShop, NODE, pod, seconds, START, WEB, WEB_TO_CACHE, WEB_TO_DB } from './live-shop.ts';

let shop: LiveShop;
beforeEach(() => {
  shop = new LiveShop();
});
afterEach(() => shop.close());

describe('what a late fact contradicts', () => {
  test('is taken back: the connection goes to whoever held the address, and is counted', async () => {
    shop.listed(NODE, WEB, DB);
    shop.now = START + 6000;
    await shop.live.accept(batch(1, 5));
    shop.live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
    shop.live.settle();
    expect(shop.edges()).toEqual([`${WEB_TO_DB} 1`]);
    // Its kubelet held back that db ended before, and that cache had its address since.
    shop.now = START + 60_000;
    shop.live.event({ observedAt: shop.now, type: 'MODIFIED', object: ended(DB, 2) });
    shop.live.event({ observedAt: shop.now, type: 'ADDED', object: pod('cache', '10.244.1.3', 3) });
    shop.live.settle();
    expect(shop.edges()).toEqual([`${WEB_TO_CACHE} 1`]);
    expect(shop.store.withdrawn.list()).toMatchObject([{ outcome: 'attributed-anew', count: 1 }]);
  });

  test('is lost where nobody can tell any more, with the reason', async () => {
    shop.listed(NODE, WEB, DB);
    shop.now = START + 6000;
    await shop.live.accept(batch(1, 5));
    shop.live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
    shop.live.settle();
    shop.now = START + 60_000;
    // Both could have held it in second 5.
    shop.live.event({ observedAt: shop.now, type: 'MODIFIED', object: ended(DB, 5) });
    shop.live.event({ observedAt: shop.now, type: 'ADDED', object: pod('cache', '10.244.1.3', 5) });
    shop.live.settle();
    expect([shop.edges(), shop.store.unattributed.list(), shop.store.inbox.counts().pending]).toEqual([
      [],
      [],
      1,
    ]);
    shop.now += 60_000;
    shop.live.settle();
    expect(shop.store.unattributed.list()).toMatchObject([{ reason: 'ambiguous', end: 'server', count: 1 }]);
    expect(shop.store.withdrawn.list()).toMatchObject([{ outcome: 'ambiguous', count: 1 }]);
    expect(shop.store.inbox.counts().pending).toBe(0);
  });

  test('waits for the next fact, over a restart of the server: the end of the one came before the start of the other', async () => {
    shop.listed(NODE, WEB, DB);
    shop.now = START + 6000;
    await shop.live.accept(batch(1, 5));
    shop.live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
    shop.live.settle();
    expect(shop.edges()).toEqual([`${WEB_TO_DB} 1`]);
    shop.now = START + 50_000;
    shop.live.event({ observedAt: shop.now, type: 'MODIFIED', object: ended(DB, 2) });
    shop.live.settle();
    expect([shop.edges(), shop.store.unattributed.list()]).toEqual([[], []]);
    await shop.restart();
    shop.now = START + 60_000;
    shop.listed(NODE, WEB, ended(DB, 2), pod('cache', '10.244.1.3', 3));
    shop.live.settle();
    expect(shop.edges()).toEqual([`${WEB_TO_CACHE} 1`]);
    expect(shop.store.withdrawn.list()).toMatchObject([{ outcome: 'attributed-anew', count: 1 }]);
    expect([shop.store.unattributed.list(), shop.store.inbox.counts().pending]).toEqual([[], 0]);
  });
});

/** The pod as its kubelet reports it once its sandbox is gone. */
function ended(object: unknown, after: number): unknown {
  const running = object as { metadata: object; status: object };
  return {
    ...running,
    metadata: { ...running.metadata, deletionTimestamp: seconds(after + 30), deletionGracePeriodSeconds: 30 },
    status: {
      ...running.status,
      phase: 'Succeeded',
      conditions: [
        { type: 'PodReadyToStartContainers', status: 'False', lastTransitionTime: seconds(after) },
      ],
      containerStatuses: [
        {
          name: 'main',
          state: { terminated: { startedAt: seconds(-590), finishedAt: seconds(after) } },
        },
      ],
    },
  };
}
