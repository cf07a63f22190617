import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { batch, NOW } from './samples.ts';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

describe('accepting', () => {
  test('a batch is new once, whatever the order, and comes back as it was', () => {
    expect(store.inbox.accept([batch(3), batch(1), batch(3)])).toEqual(['new', 'new', 'duplicate']);
    expect(store.inbox.accept([batch(1), batch(2)])).toEqual(['duplicate', 'new']);
    expect(store.inbox.pending(10, NOW)).toEqual([batch(1), batch(2), batch(3)]);
  });

  test('node uid, epoch and sequence tell batches apart', () => {
    const others = [batch(1), batch(1, { nodeUid: 'uid-of-node-b' }), batch(1, { epoch: 'f'.repeat(32) })];
    expect(store.inbox.accept(others)).toEqual(['new', 'new', 'new']);
    expect(store.inbox.counts()).toEqual({ accepted: 3, pending: 3 });
  });

  test('an attributed batch is a duplicate for ever', () => {
    store.inbox.accept([batch(1)]);
    store.inbox.markAttributed([batch(1)]);
    expect(store.inbox.accept([batch(1)])).toEqual(['duplicate']);
    expect(store.inbox.pending(10, NOW)).toEqual([]);
    expect(store.inbox.counts()).toEqual({ accepted: 1, pending: 0 });
  });
});

describe('pending batches', () => {
  test('come by the ten minutes of their start, node uid, window start and sequence, at most so many', () => {
    const next = batch(1, { nodeUid: 'a', windowStart: 600_000 });
    const last = batch(2, { nodeUid: 'a', windowStart: 599_999 });
    const b2 = batch(2, { nodeUid: 'b', windowStart: 1000 });
    const b1 = batch(1, { nodeUid: 'b', windowStart: 1000 });
    const a9 = batch(9, { nodeUid: 'a', windowStart: 1000 });
    store.inbox.accept([next, last, b2, b1, a9]);
    expect(store.inbox.pending(10, NOW)).toEqual([a9, last, b1, b2, next]);
    expect(store.inbox.pending(2, NOW)).toEqual([a9, last]);
  });

  test('end with the one that makes up so many flows', () => {
    const flows = batch(1).flows;
    expect(flows).toHaveLength(1);
    store.inbox.accept([
      batch(1),
      batch(2, { flows: [] }),
      batch(3, { flows: [...flows, ...flows] }),
      batch(4),
    ]);
    const sequences = (count: number): number[] =>
      store.inbox.pending(10, NOW, { flows: count }).map(({ sequence }) => sequence);
    expect([1, 2, 3, 4].map(sequences)).toEqual([[1], [1, 2, 3], [1, 2, 3], [1, 2, 3, 4]]);
  });

  test('are those that ended by a time', () => {
    store.inbox.accept([batch(1), batch(2)]);
    const { windowEnd: until } = batch(1);
    expect(store.inbox.pending(10, NOW, { until })).toEqual([batch(1)]);
    expect(store.inbox.pending(10, NOW, { until: until - 1 })).toEqual([]);
  });
});

describe('attributing', () => {
  test.each([
    ['unknown', () => {}],
    [
      'attributed already',
      () => {
        store.inbox.accept([batch(2)]);
        store.inbox.markAttributed([batch(2)]);
      },
    ],
  ])('a batch that is %s is refused, and the others of the call stay pending', (_name, prepare) => {
    prepare();
    store.inbox.accept([batch(1)]);
    expect(() => store.inbox.markAttributed([batch(1), batch(2)])).toThrow(
      expect.objectContaining({ code: 'batch-not-pending' }),
    );
    expect(store.inbox.pending(10, NOW)).toEqual([batch(1)]);
  });
});

describe('what is left of a batch', () => {
  test('waits until its time, in its place, and can then be marked', () => {
    store.inbox.accept([batch(1), batch(2)]);
    const rest = { ...batch(1), flows: [], isRest: true as const };
    store.inbox.defer(rest, NOW + 1);
    expect(store.inbox.pending(10, NOW)).toEqual([batch(2)]);
    expect(store.inbox.pending(10, NOW + 1)).toEqual([rest, batch(2)]);
    expect(store.inbox.counts()).toEqual({ accepted: 2, pending: 2 });
    store.inbox.markAttributed([rest]);
    expect(store.inbox.pending(10, NOW + 1)).toEqual([batch(2)]);
  });

  test('is refused for a batch that does not wait', () => {
    expect(() => store.inbox.defer({ ...batch(1), isRest: true }, NOW)).toThrow(/is not waiting/);
  });
});
