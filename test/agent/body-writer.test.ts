/** Bodies are written by hand, byte by byte; whatever the flow, they are what JSON.stringify would have written. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BodyWriter } from '../../src/agent/body-writer.ts';
import type { BatchHead } from '../../src/agent/body-writer.ts';
import type { Flow } from '../../src/domain/flow.ts';
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
const count = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0, 9, 10, 2 ** 31 - 1, 2 ** 31, 2 ** 32));
const address = fc.oneof(fc.ipV4(), fc.constantFrom('fd00:244:1::3', '::')).map((text) => ip(text));
const flow: fc.Arbitrary<Flow> = fc.record(
  {
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
    client: address,
    server: address,
    serverPort: port,
    dialled: fc.record({ ip: address, port }, { noNullPrototype: true }),
    seenAs: address,
    orientation: fc.constantFrom('seen' as const, 'guessed' as const),
    clientPort: port,
    seconds: fc.array(fc.record({ second: count, opened: count, answered: count }), { maxLength: 20 }),
    presences: fc.array(fc.record({ at: count, count }), { maxLength: 5 }),
    bytes: count,
    packets: count,
  },
  {
    requiredKeys: ['protocol', 'client', 'server', 'serverPort', 'orientation', 'seconds'],
    noNullPrototype: true,
  },
);

function expectSame(writer: BodyWriter, flows: readonly Flow[]): void {
  const { bytes, flows: written, opened } = writer.write(HEAD, flows);
  expect(`{${bytes.toString()}`).toBe(JSON.stringify({ ...HEAD, flows }));
  expect(written).toBe(flows.length);
  expect(opened).toBe(
    flows.flatMap(({ seconds }) => seconds).reduce((sum, second) => sum + second.opened, 0),
  );
}

test('a body is the JSON of its batch after the opening brace, for any flows', () => {
  const writer = new BodyWriter();
  fc.assert(fc.property(fc.array(flow, { maxLength: 20 }), (flows) => expectSame(writer, flows)));
});

test('a body grows beyond its first room, within one flow and over many', () => {
  const one: Flow = {
    protocol: 'udp',
    client: ip('10.0.0.1'),
    server: ip('10.0.0.2'),
    serverPort: 53,
    orientation: 'seen',
    seconds: Array.from({ length: 9_000 }, (_, second) => ({ second, opened: 1, answered: 0 })),
  };
  expectSame(new BodyWriter(), [one]);
  expectSame(
    new BodyWriter(),
    Array.from({ length: 40 }, () => one),
  );
});
