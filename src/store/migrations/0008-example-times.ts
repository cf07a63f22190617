import type { Migration } from './migration.ts';

/** When the example of something that could not be attributed was; those of before have no time. */
export const exampleTimes: Migration = {
  version: 8,
  sql: `
ALTER TABLE unattributed_examples ADD COLUMN at INTEGER; -- unix ms
`,
};
