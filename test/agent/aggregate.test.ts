import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Aggregate } from '../../src/agent/aggregate.ts';
import type { Sighting } from '../../src/conntrack/flow-of.ts';
import { flowKeyText } from '../../src/domain/flow.ts';
import type { Flow, FlowKey } from '../../src/domain/flow.ts';
import { ip } from '../../src/domain/ip.ts';

const web: FlowKey = {
  protocol: 'tcp',
  client: ip('10.0.0.1'),
  server: ip('10.0.0.2'),
  serverPort: 80,
  orientation: 'seen',
};
const dns: FlowKey = { ...web, protocol: 'udp', serverPort: 53, dialled: { ip: ip('10.96.0.10'), port: 53 } };
const guessed: FlowKey = { ...web, orientation: 'guessed', clientPort: 40000 };

type Timed = readonly [sighting: Sighting, at: number];

function drained(sightings: readonly Timed[]): Flow[] {
  const aggregate = new Aggregate();
  for (const [sighting, at] of sightings) aggregate.add(sighting, at);
  return aggregate.drain();
}

const sighting: fc.Arbitrary<Timed> = fc.tuple(
  fc.oneof(
    fc.record({
      kind: fc.constantFrom('opened', 'answered'),
      key: fc.constantFrom(web, dns, guessed),
      at: fc.nat(9999),
    }),
    fc.record({ kind: fc.constant('present'), key: fc.constantFrom(web, dns, guessed) }),
    fc.record({
      kind: fc.constant('counters'),
      key: fc.constantFrom(web, dns, guessed),
      bytes: fc.nat(),
      packets: fc.nat(),
    }),
    fc.constant({ kind: 'nothing', reason: 'update' } as const),
  ),
  fc.nat(3),
);

describe('an aggregate', () => {
  test('sums openings and answers by the second of their own time', () => {
    expect(
      drained([
        [{ kind: 'opened', key: web, at: 2_000 }, 9e9],
        [{ kind: 'opened', key: web, at: 1_999.9 }, 9e9],
        [{ kind: 'opened', key: web, at: 2_999 }, 9e9],
        [{ kind: 'answered', key: web, at: 2_001 }, 9e9],
      ]),
    ).toEqual([
      {
        ...web,
        seconds: [
          { second: 1, opened: 1, answered: 0 },
          { second: 2, opened: 2, answered: 1 },
        ],
      },
    ]);
  });

  test('counts the entries of one dump, and keeps two dumps apart', () => {
    expect(
      drained([
        [{ kind: 'present', key: dns }, 60_000],
        [{ kind: 'present', key: dns }, 30_000],
        [{ kind: 'present', key: dns }, 60_000],
      ]),
    ).toEqual([
      {
        ...dns,
        seconds: [],
        presences: [
          { at: 30_000, count: 1 },
          { at: 60_000, count: 2 },
        ],
      },
    ]);
  });

  test('sums bytes and packets, and has none where none were counted', () => {
    expect(
      drained([
        [{ kind: 'counters', key: web, bytes: 100, packets: 2 }, 0],
        [{ kind: 'counters', key: web, bytes: 0, packets: 0 }, 0],
        [{ kind: 'opened', key: dns, at: 0 }, 0],
      ]),
    ).toEqual([
      { ...web, seconds: [], bytes: 100, packets: 2 },
      { ...dns, seconds: [{ second: 0, opened: 1, answered: 0 }] },
    ]);
  });

  test('is empty after a drain, and holds nothing for a sighting of nothing', () => {
    const aggregate = new Aggregate();
    aggregate.add({ kind: 'nothing', reason: 'closing' }, 0);
    expect(aggregate.keys).toBe(0);
    aggregate.add({ kind: 'present', key: web }, 0);
    expect(aggregate.keys).toBe(1);
    expect(aggregate.drain()).toHaveLength(1);
    expect(aggregate.keys).toBe(0);
    expect(aggregate.drain()).toEqual([]);
  });
});

describe('laws', () => {
  test('the order of the sightings does not matter', () => {
    const shuffled = fc
      .array(sighting)
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(drained(other)).toEqual(drained(all));
      }),
      { seed: 1 },
    );
  });

  test('flows come one a key in key order, their seconds and dumps ascending, and nothing is lost', () => {
    fc.assert(
      fc.property(fc.array(sighting), (all) => {
        const flows = drained(all);
        const keys = flows.map((flow) => flowKeyText(flow));
        expect(keys).toEqual([...new Set(keys)].toSorted((a, b) => (a < b ? -1 : 1)));
        for (const { seconds, presences } of flows) {
          expect(isAscending(seconds.map(({ second }) => second))).toBe(true);
          expect(isAscending((presences ?? []).map(({ at }) => at))).toBe(true);
        }
        const kinds = (kind: Sighting['kind']) => all.filter(([each]) => each.kind === kind).length;
        const seconds = flows.flatMap((flow) => flow.seconds);
        expect(sum(seconds.map(({ opened }) => opened))).toBe(kinds('opened'));
        expect(sum(seconds.map(({ answered }) => answered))).toBe(kinds('answered'));
        expect(sum(flows.flatMap((flow) => flow.presences ?? []).map(({ count }) => count))).toBe(
          kinds('present'),
        );
        const bytes = all.map(([each]) => (each.kind === 'counters' ? each.bytes : 0));
        expect(sum(flows.map((flow) => flow.bytes ?? 0))).toBe(sum(bytes));
      }),
      { seed: 1 },
    );
  });

  test('draining in between and adding up gives the same counts', () => {
    fc.assert(
      fc.property(fc.array(sighting), fc.array(sighting), (before, after) => {
        const aggregate = new Aggregate();
        for (const [each, at] of before) aggregate.add(each, at);
        const first = aggregate.drain();
        for (const [each, at] of after) aggregate.add(each, at);
        const parts = [...first, ...aggregate.drain()];
        expect(totals(parts)).toEqual(totals(drained([...before, ...after])));
      }),
      { seed: 1 },
    );
  });
});

function totals(flows: readonly Flow[]): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (name: string, more: number): unknown => counts.set(name, (counts.get(name) ?? 0) + more);
  for (const flow of flows) {
    const key = flowKeyText(flow);
    for (const { second, opened, answered } of flow.seconds) {
      count(`${key} opened ${second}`, opened);
      count(`${key} answered ${second}`, answered);
    }
    for (const presence of flow.presences ?? []) count(`${key} present ${presence.at}`, presence.count);
    if (flow.bytes !== undefined) count(`${key} bytes`, flow.bytes);
    if (flow.packets !== undefined) count(`${key} packets`, flow.packets);
  }
  return counts;
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((each, index) => index === 0 || (numbers[index - 1] ?? 0) < each);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
