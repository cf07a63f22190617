/** What stands in a line of a log. */
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createLogger } from '../../src/runtime/log.ts';

function lines(act: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const stream = new PassThrough({ encoding: 'utf8' });
  act(createLogger(stream, 'info'));
  const text = String(stream.read() ?? '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

it('a line has its time in RFC 3339, in UTC, with milliseconds', () => {
  const before = Date.now();
  const [line] = lines((log) => log.info({ pods: 3 }, 'pods seen'));
  expect(line).toMatchObject({ level: 30, process: 'netscribe', pods: 3, msg: 'pods seen' });
  expect(line?.['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const time = Date.parse(String(line?.['time']));
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThanOrEqual(Date.now());
});

it('a level below the one asked for is not written', () => {
  expect(lines((log) => log.debug({}, 'details'))).toEqual([]);
});
