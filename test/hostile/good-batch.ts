/** Batches that are as they should be, from which the bad ones are made. */
import type { Batch } from '../../src/wire/batch.ts';
import { flow } from '../world.ts';

export const EPOCH = 'ab'.repeat(16);

/** Of node-a unless told otherwise. */
export function goodBatch(detail: Partial<Batch> = {}): Batch {
  const second = Math.floor(Date.now() / 1000) - 5;
  return {
    version: 1,
    nodeUid: '',
    nodeName: 'node-a',
    bootId: '',
    epoch: EPOCH,
    sequence: 1,
    windowStart: second * 1000,
    windowEnd: second * 1000 + 1000,
    sentAt: Date.now(),
    readLagMs: 50,
    source: { kind: 'netlink', accounting: false, timestamps: false },
    losses: { dropped: 0, skipped: {} },
    flows: [flow('10.244.1.2:41000 > 10.244.1.3:5432 tcp', { second })],
    ...detail,
  };
}
