import { beforeEach, describe, expect, it } from 'vitest';
import { BatchQueue } from '../../src/agent/batch-queue.ts';
import type { PackedBatch } from '../../src/agent/packed-batch.ts';

const KIB = 1024;
const MINUTE = 60_000;
let lost: number[];

beforeEach(() => {
  lost = [];
});

function queueOf(maxBytes = 100 * KIB): BatchQueue {
  return new BatchQueue({ maxBytes, onLost: ({ sequence }) => void lost.push(sequence) });
}

/** About 10 KiB with what the queue reckons for itself. */
function batch(sequence: number, bytes = 10 * KIB - 512): PackedBatch {
  return {
    sequence,
    flows: 1,
    opened: 1,
    losses: { dropped: 0, skipped: {} },
    encoding: 'identity',
    rest: Buffer.alloc(bytes),
  };
}

function sent(queue: BatchQueue): number | undefined {
  return queue.next()?.sequence;
}

describe('a queue', () => {
  it('gives the oldest until it is acknowledged', () => {
    const queue = queueOf();
    for (const n of [1, 2]) queue.add(batch(n), 0);
    expect(sent(queue)).toBe(1);
    queue.retry();
    expect(sent(queue)).toBe(1);
    queue.acknowledge(0);
    expect([sent(queue), queue.pending, queue.kept]).toEqual([2, 1, 1]);
    queue.acknowledge(0);
    expect(queue.next()).toBeNull();
  });

  it('keeps acknowledged batches for 15 minutes', () => {
    const queue = queueOf();
    for (const n of [1, 2]) {
      queue.add(batch(n), n * MINUTE);
      queue.next();
      queue.acknowledge(n * MINUTE);
    }
    expect(queue.resendAll(16 * MINUTE - 1)).toBe(2);
    expect(queue.pending).toBe(2);
    const later = queueOf();
    later.add(batch(1), 0);
    later.next();
    later.acknowledge(0);
    later.add(batch(2), 15 * MINUTE);
    expect([later.kept, later.bytes, later.resendAll(15 * MINUTE)]).toEqual([0, 10 * KIB, 0]);
    expect(lost).toEqual([]);
  });

  it('sends again in the order of sequences, before what is new', () => {
    const queue = queueOf();
    for (const n of [1, 2, 3]) queue.add(batch(n), 0);
    for (const _ of [1, 2]) {
      queue.next();
      queue.acknowledge(0);
    }
    queue.resendAll(0);
    expect(sent(queue)).toBe(1);
    expect(queue.counts.resent).toBe(2);
  });

  it('that is full forgets what is safe first, then what was refused, then the oldest', () => {
    const queue = queueOf(50 * KIB);
    queue.add(batch(1), 0);
    queue.next();
    queue.acknowledge(0);
    queue.add(batch(2), 0);
    queue.next();
    queue.park();
    for (const n of [3, 4, 5]) queue.add(batch(n), 0);
    expect([queue.kept, queue.parked, queue.pending, lost]).toEqual([1, 1, 3, []]);
    queue.add(batch(6), 0);
    expect([queue.kept, queue.parked, queue.pending, lost]).toEqual([0, 1, 4, []]);
    queue.add(batch(7), 0);
    expect([queue.kept, queue.parked, queue.pending, lost]).toEqual([0, 0, 5, [2]]);
    queue.add(batch(8), 0);
    expect([queue.pending, lost, queue.counts.dropped]).toEqual([5, [2, 3], 2]);
    expect(queue.bytes).toBeLessThanOrEqual(50 * KIB);
  });

  it('never gives up the batch in flight, nor one alone that is over the bound', () => {
    const queue = queueOf(20 * KIB);
    queue.add(batch(1), 0);
    expect(sent(queue)).toBe(1);
    queue.add(batch(2, 30 * KIB), 0);
    expect(lost).toEqual([2]);
    expect([sent(queue), queue.pending]).toEqual([1, 1]);
  });

  it('replaces a batch in its place', () => {
    const queue = queueOf();
    for (const n of [1, 2]) queue.add(batch(n), 0);
    queue.next();
    queue.replace([batch(3, 100), batch(4, 100)]);
    const order: (number | undefined)[] = [];
    while (queue.pending > 0) {
      order.push(sent(queue));
      queue.acknowledge(0);
    }
    expect(order).toEqual([3, 4, 2]);
  });

  it('puts at most 100 aside', () => {
    const queue = queueOf(KIB * KIB);
    for (let n = 1; n <= 102; n++) {
      queue.add(batch(n, 1), 0);
      queue.next();
      queue.park();
    }
    expect([queue.parked, queue.counts.parked, lost]).toEqual([100, 102, [1, 2]]);
  });

  it('wakes who waits: at a batch, and at the end', async () => {
    const queue = queueOf();
    const end = new AbortController();
    const first = queue.waitForMore(end.signal);
    queue.add(batch(1), 0);
    await first;
    queue.next();
    queue.acknowledge(0);
    const second = queue.waitForMore(end.signal);
    end.abort();
    await second;
    await queue.waitForMore(end.signal);
    expect(queue.pending).toBe(0);
  });
});
