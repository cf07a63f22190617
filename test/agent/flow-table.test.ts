import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Aggregate } from '../../src/agent/aggregate.ts';
import { FlowRows, KEY } from '../../src/agent/flow-rows.ts';
import { KeyReader, KeyWords } from '../../src/conntrack/key-words.ts';
import { flowKeyText } from '../../src/domain/flow.ts';
import type { FlowKey } from '../../src/domain/flow.ts';
import { ip } from '../../src/domain/ip.ts';
import { PROTOCOLS } from '../../src/domain/protocol.ts';

const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '255.255.255.255', 'fd00::1', '::').map(ip);
const port = fc.constantFrom(1, 80, 443, 32_768, 65_535);
const base = {
  protocol: fc.constantFrom(...PROTOCOLS),
  client: address,
  server: address,
  serverPort: port,
  dialled: fc.record({ ip: address, port }),
  seenAs: address,
};
const needed = ['protocol', 'client', 'server', 'serverPort', 'orientation'] as const;
const key: fc.Arbitrary<FlowKey> = fc.oneof(
  fc.record({ ...base, orientation: fc.constant('seen' as const) }, { requiredKeys: [...needed] }),
  fc.record(
    { ...base, orientation: fc.constant('guessed' as const), clientPort: port },
    { requiredKeys: [...needed, 'clientPort'] },
  ),
);

it('a key has one row, two keys have two, and each comes back as it went in, also after a clearing', () => {
  const table = new FlowRows(1);
  const words = new KeyWords();
  const reader = new KeyReader();
  fc.assert(
    fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
      table.clear();
      const rows = new Map<string, number>();
      for (const each of keys) {
        const text = flowKeyText(each);
        const end = table.end;
        words.set(each);
        const row = table.rowOf(words.cells, words.length);
        expect(row).toBe(rows.get(text) ?? end);
        rows.set(text, row);
        expect(reader.keyAt(table.cells, row + KEY)).toEqual(each);
      }
      expect(table.count).toBe(rows.size);
      const walked: number[] = [];
      for (let row = table.first; row < table.end; row = table.after(row)) walked.push(row);
      expect(walked).toEqual([...rows.values()]);
    }),
    { seed: 1 },
  );
});

it('holds a whole port scan, and what it held before leaves no trace', () => {
  const aggregate = new Aggregate();
  const scan = (serverPort: number): FlowKey => ({
    protocol: 'tcp',
    client: ip('10.0.0.1'),
    server: ip('10.0.0.2'),
    serverPort,
    orientation: 'seen',
  });
  for (let round = 1; round <= 2; round++) {
    for (let n = 1; n <= 65_535; n++) {
      aggregate.add({ kind: 'opened', key: scan(n), at: n * round }, 0);
      if (round === 1) aggregate.add({ kind: 'counters', key: scan(n), bytes: n, packets: 1 }, 0);
      if (round === 1) aggregate.add({ kind: 'present', key: scan(n) }, 5);
    }
    expect(aggregate.keys).toBe(65_535);
    expect(aggregate.flows().at(-1)).toEqual({
      ...scan(65_535),
      seconds: [{ second: Math.floor((65_535 * round) / 1000), opened: 1, answered: 0 }],
      ...(round === 1 && { bytes: 65_535, packets: 1, presences: [{ at: 5, count: 1 }] }),
    });
    aggregate.table.clear();
    expect([aggregate.keys, aggregate.table.otherRows, aggregate.drain()]).toEqual([0, 0, []]);
  }
});

it('counts seconds that come in any order, and lists them in theirs', () => {
  const second = fc.tuple(fc.nat(12), fc.boolean());
  fc.assert(
    fc.property(fc.array(second), (seconds) => {
      const aggregate = new Aggregate({ keys: 1, seconds: 1 });
      const flow: FlowKey = {
        protocol: 'tcp',
        client: ip('::1'),
        server: ip('::2'),
        serverPort: 1,
        orientation: 'seen',
      };
      const expected = new Map<number, { opened: number; answered: number }>();
      for (const [at, isAnswer] of seconds) {
        aggregate.add({ kind: isAnswer ? 'answered' : 'opened', key: flow, at: at * 1000 + 999 }, 0);
        const counts = expected.get(at) ?? { opened: 0, answered: 0 };
        counts[isAnswer ? 'answered' : 'opened']++;
        expected.set(at, counts);
      }
      expect(aggregate.table.otherRows).toBe(Math.max(expected.size - 1, 0));
      const listed = [...expected]
        .toSorted(([a], [b]) => a - b)
        .map(([at, counts]) => ({ second: at, ...counts }));
      expect(aggregate.flows().flatMap((one) => one.seconds)).toEqual(listed);
    }),
    { seed: 1 },
  );
});
