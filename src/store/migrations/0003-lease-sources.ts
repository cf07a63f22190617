import type { Migration } from './migration.ts';

/** JSON, and null on leases that were stored before. */
export const leaseSources: Migration = {
  version: 3,
  sql: `
ALTER TABLE leases ADD COLUMN sources TEXT; -- where each bound came from
ALTER TABLE leases ADD COLUMN sandbox TEXT; -- what tells the sandbox that the pod has now
`,
};
