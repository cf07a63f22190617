import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Flow } from '../../src/domain/flow.ts';
import { formatIp, ip } from '../../src/domain/ip.ts';
import { PROTOCOLS } from '../../src/domain/protocol.ts';
import type { Batch } from '../../src/wire/batch.ts';
import { parseBatch } from '../../src/wire/batch-schema.ts';

const seen: Flow = {
  protocol: 'tcp',
  client: ip('10.0.0.1'),
  server: ip('10.0.0.7'),
  serverPort: 8080,
  orientation: 'seen',
  seconds: [{ second: 1_793_000_000, opened: 2, answered: 1 }],
};
const batch: Batch = {
  version: 1,
  nodeUid: 'uid-a',
  nodeName: 'node-a',
  epoch: '0123456789abcdef0123456789abcdef',
  sequence: 1,
  bootId: '',
  windowStart: 1_793_000_000_000,
  windowEnd: 1_793_000_010_000,
  sentAt: 1_793_000_010_500,
  readLagMs: 20,
  source: { kind: 'text', accounting: null, timestamps: true },
  losses: { dropped: 0, skipped: { protocol: 3 } },
  flows: [seen],
};

const address = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((bits) => formatIp(4, bits)),
  // ::/64 is left out: it holds the IPv4-mapped block, whose canonical form is IPv4.
  fc.bigInt({ min: 2n ** 64n, max: 2n ** 128n - 1n }).map((bits) => formatIp(6, bits)),
);
const port = fc.integer({ min: 1, max: 65535 });
const count = fc.nat();
const time = fc.integer({ min: 0, max: 253_402_300_799_999 });
const flow: fc.Arbitrary<Flow> = fc
  .record(
    {
      protocol: fc.constantFrom(...PROTOCOLS),
      client: address,
      server: address,
      serverPort: port,
      seconds: fc
        .uniqueArray(fc.record({ second: fc.nat(), opened: count, answered: count }), {
          selector: ({ second }) => second,
          maxLength: 5,
        })
        .map((seconds) => seconds.toSorted((a, b) => a.second - b.second)),
      dialled: fc.record({ ip: address, port }),
      seenAs: address,
      presences: fc.array(fc.record({ at: time, count }), { maxLength: 3 }),
      bytes: count,
      packets: count,
      clientPort: port,
    },
    { requiredKeys: ['protocol', 'client', 'server', 'serverPort', 'seconds'] },
  )
  .map((key) => ({ ...key, orientation: key.clientPort === undefined ? 'seen' : 'guessed' }));
const anyBatch: fc.Arbitrary<Batch> = fc
  .record({
    sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    times: fc.tuple(time, time).map((pair) => pair.toSorted((a, b) => a - b)),
    flows: fc.array(flow, { maxLength: 4 }),
    skipped: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,39}$/), count, { maxKeys: 4 }),
    accounting: fc.option(fc.boolean()),
  })
  .map(({ times, skipped, accounting, ...rest }) => ({
    ...batch,
    ...rest,
    windowStart: times[0] ?? 0,
    windowEnd: times[1] ?? 0,
    source: { kind: 'netlink', accounting, timestamps: null },
    losses: { dropped: 1, skipped: { ...skipped } },
  }));

test('any batch survives JSON unchanged', () => {
  fc.assert(
    fc.property(anyBatch, (sent) => {
      expect(parseBatch(JSON.parse(JSON.stringify(sent)))).toEqual({ kind: 'batch', batch: sent });
    }),
    { seed: 1 },
  );
});

test('any JSON at all gets an answer and no exception', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.jsonValue(),
        fc.jsonValue().map((flows) => ({ ...batch, flows })),
      ),
      (value) => {
        expect(['batch', 'malformed']).toContain(parseBatch(value).kind);
      },
    ),
    { seed: 1 },
  );
});

test('fields that this version does not know are ignored', () => {
  const newer = { ...batch, addressEvents: [], flows: [{ ...seen, zone: 3 }] };
  expect(parseBatch(newer)).toEqual({ kind: 'batch', batch });
});

test('addresses come out in canonical form', () => {
  const flows = [{ ...seen, client: '::ffff:10.0.0.1', server: '2001:DB8:0:0::1' }];
  expect(parseBatch({ ...batch, flows })).toMatchObject({
    batch: { flows: [{ client: '10.0.0.1', server: '2001:db8::1' }] },
  });
});

describe('a malformed batch is refused, saying where', () => {
  test.each<[string, object, string]>([
    ['another version', { version: 2 }, 'version'],
    ['no node', { nodeName: '' }, 'nodeName'],
    ['a fraction of a millisecond', { windowStart: 0.5 }, 'windowStart'],
    ['a long node name', { nodeName: 'n'.repeat(254) }, 'nodeName'],
    ['an epoch that is not 128 bits', { epoch: '0123' }, 'epoch'],
    ['sequence 0', { sequence: 0 }, 'sequence'],
    ['a sequence past exact integers', { sequence: 2 ** 53 }, 'sequence'],
    ['a window backwards', { windowEnd: 1 }, 'batch: the window ends before it starts'],
    ['a time past the year 9999', { sentAt: 1e18 }, 'sentAt'],
    ['a negative lag', { readLagMs: -1 }, 'readLagMs'],
    ['an unknown source', { source: { ...batch.source, kind: 'magic' } }, 'source.kind'],
    ['a reason that is a sentence', { losses: { dropped: 0, skipped: { 'No idea!': 1 } } }, 'losses.skipped'],
    [
      'too many reasons',
      { losses: { dropped: 0, skipped: reasons(65) } },
      'losses.skipped: too many reasons',
    ],
    ['a fraction of a loss', { losses: { dropped: 0.5, skipped: {} } }, 'losses.dropped'],
    ['flows that are no list', { flows: {} }, 'flows'],
    ['too many flows', { flows: Array.from({ length: 100_001 }, () => seen) }, 'flows'],
    ['a protocol that no policy names', { flows: [{ ...seen, protocol: 'icmp' }] }, 'flows.0.protocol'],
    ['an address that is none', { flows: [seen, { ...seen, client: '10.1' }] }, 'flows.1.client: not an IP'],
    ['port 0', { flows: [{ ...seen, serverPort: 0 }] }, 'flows.0.serverPort'],
    ['a null where absence is meant', { flows: [{ ...seen, seenAs: null }] }, 'flows.0.seenAs'],
    ['a guess without both ports', { flows: [{ ...seen, orientation: 'guessed' }] }, 'flows.0: guessed'],
    ['a client port of a seen flow', { flows: [{ ...seen, clientPort: 40_000 }] }, 'flows.0: guessed'],
    [
      'seconds out of order',
      { flows: [{ ...seen, seconds: [...seen.seconds, ...seen.seconds] }] },
      'flows.0.seconds: seconds must ascend',
    ],
  ])('%s', (_name, change, complaint) => {
    const result = parseBatch({ ...batch, ...change });
    expect(result).toMatchObject({ kind: 'malformed' });
    expect(result.kind === 'malformed' && result.complaints.join('\n')).toContain(complaint);
  });

  test('with at most five complaints', () => {
    const flows = Array.from({ length: 50 }, () => ({ ...seen, client: 'x' }));
    const result = parseBatch({ ...batch, flows });
    expect(result.kind === 'malformed' && result.complaints).toHaveLength(5);
  });
});

function reasons(size: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: size }, (_, index) => [`reason-${index}`, 1]));
}
