import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOUR_MS } from '../../src/domain/edge.ts';
import type { NodeWindow } from '../../src/store/node-windows.ts';
import { openStore } from '../../src/store/store.ts';

const lossless = (node: string, start: number, end: number): NodeWindow => ({
  node,
  start,
  end,
  dropped: 0,
  skipped: {},
});

function listed(calls: readonly (readonly NodeWindow[])[]): NodeWindow[] {
  const store = openStore(':memory:');
  for (const rows of calls) store.nodeWindows.add(rows);
  const list = store.nodeWindows.list();
  store.close();
  return list;
}

test.each([
  ['overlapping', [0, 10_000], [9_000, 20_000], [[0, 20_000]]],
  ['adjacent', [0, 10_000], [10_000, 20_000], [[0, 20_000]]],
  ['a second apart', [0, 10_000], [11_000, 20_000], [[0, 20_000]]],
  ['one within the other', [0, 10_000], [2_000, 3_000], [[0, 10_000]]],
  [
    'more than a second apart',
    [0, 10_000],
    [11_001, 20_000],
    [
      [0, 10_000],
      [11_001, 20_000],
    ],
  ],
  [
    'adjacent over the hour',
    [HOUR_MS - 5_000, HOUR_MS],
    [HOUR_MS, HOUR_MS + 5_000],
    [[HOUR_MS - 5_000, HOUR_MS + 5_000]],
  ],
] as const)('windows %s', (_name, [a, b], [c, d], expected) => {
  const windows = [lossless('node-a', a, b), lossless('node-a', c, d)];
  expect(listed([windows])).toEqual(expected.map(([start, end]) => lossless('node-a', start, end)));
});

test('windows of two nodes stay apart; losses of merged ones are summed by reason', () => {
  const windows = [
    { ...lossless('node-b', 0, 10_000), dropped: 1 },
    { ...lossless('node-a', 0, 10_000), dropped: 2, skipped: { protocol: 1, malformed: 1 } },
    { ...lossless('node-a', 10_000, 20_000), dropped: 3, skipped: { protocol: 4 } },
  ];
  expect(listed([windows])).toEqual([
    { node: 'node-a', start: 0, end: 20_000, dropped: 5, skipped: { malformed: 1, protocol: 5 } },
    { node: 'node-b', start: 0, end: 10_000, dropped: 1, skipped: {} },
  ]);
});

test('order and grouping of calls do not change the list, and no loss is lost', () => {
  const window = fc.record({
    node: fc.constantFrom('a', 'b'),
    start: fc.integer({ min: HOUR_MS - 20, max: HOUR_MS + 20 }).map((start) => start * 400 - HOUR_MS * 399),
    length: fc.integer({ min: 0, max: 3_000 }),
    dropped: fc.integer({ min: 0, max: 5 }),
    skipped: fc.dictionary(fc.constantFrom('protocol', 'closing'), fc.integer({ min: 1, max: 5 })),
  });
  const rows = fc.array(window, { maxLength: 12 });
  fc.assert(
    fc.property(rows, fc.infiniteStream(fc.nat()), (drawn, order) => {
      const windows = drawn.map(({ length, ...rest }) => ({ ...rest, end: rest.start + length }));
      const shuffled = windows
        .map((row) => ({ row, at: order.next().value ?? 0 }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ row }) => [row]);
      const list = listed([windows]);
      expect(listed(shuffled)).toEqual(list);
      expect(list.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(
        windows.reduce((sum, { dropped }) => sum + dropped, 0),
      );
    }),
    { seed: 1, numRuns: 60 },
  );
});

test('a window with losses is watched by nobody, in whatever order windows come', () => {
  const lossy = (node: string, start: number, end: number): NodeWindow => ({
    ...lossless(node, start, end),
    dropped: 1,
  });
  const windows = [
    lossless('node-a', 0, 10_000),
    lossy('node-a', 10_000, 20_000),
    lossless('node-a', 20_000, 40_000),
    lossless('node-a', 39_000, 50_000),
    lossless('node-b', 0, 30_000),
    lossy('node-b', 5_000, 6_000),
    lossy('node-c', 0, 10_000),
  ];
  for (const order of [windows, windows.toReversed()]) {
    const store = openStore(':memory:');
    for (const window of order) store.nodeWindows.add([window]);
    const watched = store.nodeWindows.watched().toSorted((a, b) => (a.node < b.node ? -1 : 1));
    store.close();
    expect(watched).toEqual([
      {
        node: 'node-a',
        stretches: [
          { start: 0, end: 10_000 },
          { start: 20_000, end: 50_000 },
        ],
        lossy: [{ start: 10_000, end: 20_000 }],
        newest: 50_000,
      },
      {
        node: 'node-b',
        stretches: [
          { start: 0, end: 5_000 },
          { start: 6_000, end: 30_000 },
        ],
        lossy: [{ start: 5_000, end: 6_000 }],
        newest: 30_000,
      },
      { node: 'node-c', stretches: [], lossy: [{ start: 0, end: 10_000 }], newest: 10_000 },
    ]);
  }
});

test('many windows with and without losses stay apart where it matters, and are listed as one', () => {
  const store = openStore(':memory:');
  for (let index = 0; index < 200; index++)
    store.nodeWindows.add([
      { ...lossless('node-a', index * 10_000, (index + 1) * 10_000), dropped: index < 100 ? 0 : 1 },
    ]);
  expect(store.nodeWindows.watched()).toEqual([
    {
      node: 'node-a',
      stretches: [{ start: 0, end: 1_000_000 }],
      lossy: [{ start: 1_000_000, end: 2_000_000 }],
      newest: 2_000_000,
    },
  ]);
  expect(store.nodeWindows.list()).toEqual([{ ...lossless('node-a', 0, 2_000_000), dropped: 100 }]);
  store.close();
});
