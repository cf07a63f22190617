/** Bodies are written by hand, byte by byte; whatever the flow, they are what JSON.stringify would have written. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Aggregate } from '../../src/agent/aggregate.ts';
import { BodyWriter } from '../../src/agent/body-writer.ts';
import type { BatchHead } from '../../src/agent/body-writer.ts';
import type { Flow, FlowKey } from '../../src/domain/flow.ts';
import { ip } from '../../src/domain/ip.ts';

const HEAD: BatchHead = {
  version: 1,
  nodeUid: '',
  nodeName: 'nœud-1',
  bootId: '',
  epoch: 'ab'.repeat(16),
  sequence: 7,
  windowStart: 1_795_295_310_000,
  windowEnd: 1_795_295_320_000,
  readLagMs: 50,
  source: { kind: 'netlink', accounting: null, timestamps: false },
  losses: { dropped: 0, skipped: { protocol: 3 } },
};

const port = fc.integer({ min: 1, max: 65_535 });
const second = fc.oneof(fc.nat(20), fc.nat(2 ** 31 - 1));
const bytes = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0, 9, 10, 2 ** 31 - 1, 2 ** 31, 2 ** 32));
const address = fc
  .oneof(fc.ipV4(), fc.constantFrom('fd00:244:1::3', '::', '10.0.0.1', '255.255.255.255', '100.9.10.99'))
  .map((text) => ip(text));
const key: fc.Arbitrary<FlowKey> = fc.record(
  {
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
    client: address,
    server: address,
    serverPort: port,
    dialled: fc.record({ ip: address, port }, { noNullPrototype: true }),
    seenAs: address,
    orientation: fc.constantFrom('seen' as const, 'guessed' as const),
    clientPort: port,
  },
  { requiredKeys: ['protocol', 'client', 'server', 'serverPort', 'orientation'], noNullPrototype: true },
);
const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('opened' as const, 'answered' as const),
    at: second.map((s) => s * 1000),
  }),
  fc.record({ kind: fc.constant('present' as const), at: fc.oneof(fc.nat(3), fc.maxSafeNat()) }),
  fc.record({ kind: fc.constant('counters' as const), bytes, packets: bytes }),
);

type Said =
  | { kind: 'opened' | 'answered' | 'present'; at: number }
  | { kind: 'counters'; bytes: number; packets: number };

/** An aggregate that has seen all this of each key. */
function seen(flows: readonly (readonly [FlowKey, readonly Said[]])[]): Aggregate {
  const aggregate = new Aggregate({ keys: 1, seconds: 1 });
  for (const [each, all] of flows)
    for (const one of all) aggregate.add({ ...one, key: each }, one.kind === 'present' ? one.at : 0);
  return aggregate;
}

function expectSame(writer: BodyWriter, aggregate: Aggregate): void {
  const { table } = aggregate;
  const flows = aggregate.flows();
  const written = writer.write(HEAD, table, { from: table.flows.first, most: Infinity });
  expect(`{${written.bytes.toString()}`).toBe(JSON.stringify({ ...HEAD, flows }));
  expect(written).toMatchObject({ flows: flows.length, next: table.flows.end });
  expect(written.opened).toBe(
    flows.flatMap(({ seconds }) => seconds).reduce((sum, one) => sum + one.opened, 0),
  );
}

test('a body is the JSON of its batch after the opening brace, for any flows', () => {
  const writer = new BodyWriter();
  const flows = fc.array(fc.tuple(key, fc.array(said, { minLength: 1, maxLength: 20 })), { maxLength: 20 });
  fc.assert(
    fc.property(flows, (all) => expectSame(writer, seen(all))),
    { seed: 1 },
  );
});

const OPENED: Said = { kind: 'opened', at: 5000 };
const ONE: FlowKey = {
  protocol: 'udp',
  client: ip('10.0.0.1'),
  server: ip('10.0.0.2'),
  serverPort: 53,
  orientation: 'seen',
};

test('a body grows beyond its first room, within one flow and over many', () => {
  const seconds = Array.from({ length: 40_000 }, (_, s) => ({ kind: 'opened' as const, at: s * 1000 }));
  expectSame(new BodyWriter(), seen([[ONE, seconds]]));
  expectSame(
    new BodyWriter(),
    seen(Array.from({ length: 12_000 }, (_, n) => [{ ...ONE, serverPort: n + 1 }, seconds.slice(0, 3)])),
  );
});

test('bodies of some flows each hold every flow once', () => {
  const aggregate = seen(Array.from({ length: 25 }, (_, n) => [{ ...ONE, serverPort: n + 1 }, [OPENED]]));
  const { table } = aggregate;
  const ports: number[] = [];
  const writer = new BodyWriter();
  for (let from = table.flows.first; from < table.flows.end;) {
    const { bytes: body, flows, next } = writer.write(HEAD, table, { from, most: 10 });
    const batch = JSON.parse(`{${body.toString()}`) as { flows: Flow[] };
    expect(batch.flows).toHaveLength(flows);
    expect(flows).toBeLessThanOrEqual(10);
    ports.push(...batch.flows.map(({ serverPort }) => serverPort));
    from = next;
  }
  expect(ports).toEqual(Array.from({ length: 25 }, (_, n) => n + 1));
});
