import type { Migration } from './migration.ts';

/**
 * Of UDP, the batch windows of the hour in which connections were counted (batch-slots.ts packs them). Of rows stored before,
 * the first and the last are known.
 */
export const batchSlots: Migration = {
  version: 6,
  sql: `
ALTER TABLE evidence ADD COLUMN slots INTEGER; -- NULL for other protocols than UDP
UPDATE evidence SET slots =
  (first_ms % 3600000) / 10000
  + (CASE WHEN (first_ms % 3600000) / 10000 = (last_ms % 3600000) / 10000 THEN 511 ELSE (last_ms % 3600000) / 10000 END << 9)
  + (511 << 18)
WHERE edge IN (SELECT id FROM edges WHERE protocol = 'udp');
`,
};
