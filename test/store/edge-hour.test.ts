import { expect, test } from 'vitest';
import { hourCounts } from '../../src/store/edge-hour.ts';
import type { Sighting } from '../../src/store/edge-hour.ts';

/** client lease, server lease, witness, then opened; the other counts follow from it. */
const saw = (client: number, server: number, witness: number, opened: number): Sighting => ({
  client_lease: client,
  server_lease: server,
  witness,
  masquerade: 0,
  opened,
  present: opened * 10,
  answered: opened * 100,
  bytes: opened * 1000,
});

test.each<[string, Sighting[], number]>([
  ['nothing', [], 0],
  ['one sighting', [saw(1, 2, 1, 3)], 3],
  ['one witness under two views is summed', [saw(1, 2, 1, 3), saw(1, 2, 1, 4)], 7],
  ['two witnesses of one pair count once, the greater', [saw(1, 2, 1, 3), saw(1, 2, 2, 5)], 5],
  ['views are summed before witnesses are compared', [saw(1, 2, 1, 3), saw(1, 2, 2, 5), saw(1, 2, 1, 4)], 7],
  ['pairs of leases are summed', [saw(1, 2, 1, 3), saw(1, 3, 1, 4), saw(2, 2, 1, 5)], 12],
  [
    'pairs are summed after witnesses are compared',
    [saw(2, 2, 1, 1), saw(1, 2, 1, 3), saw(2, 2, 2, 9), saw(1, 2, 2, 2)],
    12,
  ],
])('%s', (_name, sightings, opened) => {
  expect(hourCounts(sightings)).toEqual({
    opened,
    present: opened * 10,
    answered: opened * 100,
    bytes: opened * 1000,
  });
});

test('each count is that of the witness with the most', () => {
  const early = { ...saw(1, 2, 1, 5), present: 0, answered: 5, bytes: 10 };
  const late = { ...saw(1, 2, 2, 3), present: 2, answered: 3, bytes: 90 };
  expect(hourCounts([early, late])).toEqual({ opened: 5, present: 2, answered: 5, bytes: 90 });
});
