/** A batch without a flow, for what is about the way to the server only. */
import type { PackedBatch } from '../../src/agent/packed-batch.ts';

export const SMALL_BATCH: PackedBatch = {
  sequence: 1,
  flows: 0,
  opened: 0,
  losses: { dropped: 0, skipped: {} },
  encoding: 'identity',
  rest: Buffer.from('"sequence":1}'),
};
