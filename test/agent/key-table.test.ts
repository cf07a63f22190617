import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Aggregate } from '../../src/agent/aggregate.ts';
import { KeyTable } from '../../src/agent/key-table.ts';
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

it('a key has one number, two keys have two, and each comes back as it went in, also after a clearing', () => {
  const table = new KeyTable();
  fc.assert(
    fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
      table.clear();
      const numbers = new Map<string, number>();
      for (const each of keys) {
        const text = flowKeyText(each);
        const number = table.numberOf(each);
        expect(number).toBe(numbers.get(text) ?? numbers.size);
        numbers.set(text, number);
        expect(table.keyAt(number)).toEqual(each);
      }
      expect(table.size).toBe(numbers.size);
    }),
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
    const last = [...aggregate.part(65_000, 70_000)];
    expect(last).toHaveLength(535);
    expect(last.at(-1)).toEqual({
      ...scan(65_535),
      seconds: [{ second: Math.floor((65_535 * round) / 1000), opened: 1, answered: 0 }],
      ...(round === 1 && { bytes: 65_535, packets: 1, presences: [{ at: 5, count: 1 }] }),
    });
    aggregate.clear();
    expect([aggregate.keys, aggregate.drain()]).toEqual([0, []]);
  }
});
