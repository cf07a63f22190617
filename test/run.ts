/**
 * Runs the tests and ends with one line that people and CI can add up: `N passed, N failed`, and `, N skipped` when
 * something was. Exits with 1 when a test failed, when none ran, or when an error came from outside any test.
 * `--root` runs test/root/ instead, which needs root on Linux, and `--chart` runs test/chart/, which needs the helm of
 * tools/; `--update` writes golden files anew. Every other argument is a vitest filter.
 */
import { startVitest } from 'vitest/node';
import type { TestModule, Vitest } from 'vitest/node';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const args = process.argv.slice(2);
const root = args.includes('--root');
const chart = args.includes('--chart');
const update = args.includes('--update');
const filters = args.filter((argument) => !['--root', '--chart', '--update'].includes(argument));

if (root && (process.platform !== 'linux' || process.getuid?.() !== 0)) {
  process.stderr.write('test: the tests in test/root/ need root on Linux, and this is not; none was run.\n');
  finish({ passed: 0, failed: 0, skipped: 0 });
} else {
  const vitest = await startVitest(filters, {
    watch: false,
    reporters: ['default'],
    ...(update && { update: true }),
    ...(root && { include: ['test/root/**/*.test.ts'], exclude: [], fileParallelism: false }),
    // Its files share what helm rendered.
    ...(chart && { include: ['test/chart/**/*.test.ts'], exclude: [], isolate: false, maxWorkers: 1 }),
  });
  await vitest.close();
  finish(tallyOf(vitest));
}

/** Counts tests; a file that failed to load and each error outside a test count as one failure. */
function tallyOf(vitest: Vitest): Tally {
  const tally = { passed: 0, failed: vitest.state.getUnhandledErrors().length, skipped: 0 };
  for (const testModule of vitest.state.getTestModules()) countModule(testModule, tally);
  return tally;
}

function countModule(testModule: TestModule, tally: Tally): void {
  let failedTests = 0;
  for (const test of testModule.children.allTests()) {
    const { state } = test.result();
    if (state === 'passed') tally.passed += 1;
    else if (state === 'skipped') tally.skipped += 1;
    else failedTests += 1;
  }
  const failedElsewhere = testModule.state() === 'failed' && failedTests === 0 ? 1 : 0;
  tally.failed += failedTests + failedElsewhere;
}

function finish({ passed, failed, skipped }: Tally): void {
  if (failed > 0 || passed === 0) process.exitCode = 1;
  const skips = skipped > 0 ? `, ${skipped} skipped` : '';
  process.stdout.write(`${passed} passed, ${failed} failed${skips}\n`);
}
