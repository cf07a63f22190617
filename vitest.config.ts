import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// `npm test` runs what needs neither root nor Linux nor helm; test/run.ts --root and --chart choose the others.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/root/**', 'test/chart/**'],
    // vitest leaves one core idle by default: half of a machine with two.
    maxWorkers: availableParallelism(),
    // A slow or busy machine must not fail a test: the limit only ends one that hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
