import { expect, it } from 'vitest';
import { CompressionChoice } from '../../src/agent/compression-choice.ts';

const REFUSED_AT = Date.parse('2026-11-22T12:00:00Z');

it.each([
  ['at once', 0, 'gzip'],
  ['a moment before the hour is over', 3_599_999, 'gzip'],
  ['when the hour is over', 3_600_000, 'zstd'],
  ['after days', 100_000_000, 'zstd'],
  ['by a clock that was put back', -1, 'zstd'],
])('what was refused, %s: %i ms later it is %s', (_when, laterMs, compression) => {
  let now = REFUSED_AT;
  const choice = new CompressionChoice({ now: () => now, refusedMs: 3_600_000 });
  expect(choice.current).toBe('zstd');
  expect(choice.refused()).toBe('gzip');
  now += laterMs;
  expect(choice.current).toBe(compression);
});

it('a refusal holds for an hour of its own, and is forgotten with the server that it came from', () => {
  let now = REFUSED_AT;
  const choice = new CompressionChoice({ now: () => now, refusedMs: 3_600_000 });
  choice.refused();
  now += 3_600_000;
  choice.refused();
  now += 3_599_999;
  expect(choice.current).toBe('gzip');
  choice.forget();
  expect(choice.current).toBe('zstd');
});
