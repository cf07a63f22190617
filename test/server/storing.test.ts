/** What a server says of storing: what fails, since when, and that it works again. */
import { expect, test } from 'vitest';
import { ProblemError } from '../../src/domain/problem.ts';
import { metricsText } from '../../src/runtime/metrics-text.ts';
import { StoringHealth } from '../../src/server/storing.ts';

const full = new ProblemError('disk-full', 'The disk is full.');

function health() {
  const clock = { now: 1000 };
  return { clock, storing: new StoringHealth(() => clock.now) };
}

test('nothing is wrong before anything is stored', () => {
  const { storing } = health();
  expect(storing.degraded).toEqual([]);
  expect(metricsText([storing.metrics])).toMatch(/^# HELP \S+ .*\n# TYPE \S+ gauge\n$/);
});

test('a failure lasts until it works again, each for itself', async () => {
  const { clock, storing } = health();
  await expect(storing.ofBatch(Promise.reject(full))).rejects.toBe(full);
  clock.now = 3000;
  storing.failed('attribution', full);
  await expect(storing.ofBatch(Promise.reject(full))).rejects.toBe(full);
  clock.now = 4000;
  expect(storing.degraded).toEqual([
    { what: 'batches', code: 'disk-full', forMs: 3000 },
    { what: 'attribution', code: 'disk-full', forMs: 1000 },
  ]);
  await storing.ofBatch(Promise.resolve());
  expect(storing.degraded.map(({ what }) => what)).toEqual(['attribution']);
  storing.worked('attribution');
  expect(storing.degraded).toEqual([]);
});

test('what is wrong with a batch is not wrong with the store, and heals nothing', async () => {
  const { storing } = health();
  const refused = new ProblemError('unknown-node', 'Who?');
  await expect(storing.ofBatch(Promise.reject(refused))).rejects.toBe(refused);
  expect(storing.degraded).toEqual([]);
  storing.failed('batches', full);
  await expect(storing.ofBatch(Promise.reject(refused))).rejects.toBe(refused);
  expect(storing.degraded).toHaveLength(1);
});

test('another cause of the same failure goes on counting; a defect has no code of its own', () => {
  const { clock, storing } = health();
  storing.failed('attribution', full);
  clock.now = 2000;
  storing.failed('attribution', new TypeError('x is undefined'));
  clock.now = 3000;
  expect(storing.degraded).toEqual([{ what: 'attribution', code: 'internal-error', forMs: 2000 }]);
});
