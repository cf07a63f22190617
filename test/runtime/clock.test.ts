import { expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';

it('a sleep ends by its time, and at once when it is aborted, before or during', async () => {
  const end = new AbortController();
  await systemClock.sleep(1, end.signal);
  expect(end.signal.aborted).toBe(false);
  const long = systemClock.sleep(3_600_000, end.signal);
  end.abort();
  await long;
  await systemClock.sleep(3_600_000, end.signal);
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
});
