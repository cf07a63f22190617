import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConntrackRecord } from '../../src/conntrack/text-scan.ts';
import { formatIp } from '../../src/domain/ip.ts';
import { PROTOCOLS } from '../../src/domain/protocol.ts';
import { printRecord } from './print-record.ts';
import { readSample, scanPieces, scanText } from './read-sample.ts';

const RUNS = { seed: 1, numRuns: 200 };
const SAMPLES = [
  'midstream.txt',
  'node-a-proc.txt',
  'node-a-dump-extended.txt',
  'enobufs.txt',
  'userspace-destroy.txt',
];
const sample = Buffer.concat(SAMPLES.map((name) => readSample(name)));

const address = fc.oneof(
  fc.bigInt(0n, 2n ** 32n - 1n).map((bits) => formatIp(4, bits)),
  // Above ::ffff:0:0/96, whose addresses are IPv4.
  fc.bigInt(2n ** 48n, 2n ** 128n - 1n).map((bits) => formatIp(6, bits)),
);
const port = fc.integer({ min: 1, max: 65_535 });
const count = fc.integer({ min: 0, max: 2 ** 40 });
const record: fc.Arbitrary<ConntrackRecord> = fc
  .record({
    event: fc.constantFrom('new', 'update', 'destroy', 'dump'),
    at: fc.option(
      fc.integer({ min: 0, max: 2e15 }).map((us) => Math.floor(us / 1e6) * 1000 + (us % 1e6) / 1000),
    ),
    protocol: fc.constantFrom(...PROTOCOLS),
    state: fc.option(fc.constantFrom('SYN_SENT', 'SYN_SENT2', 'ESTABLISHED', 'COOKIE_WAIT', 'CLOSE')),
    timeoutS: fc.option(fc.nat()),
    origSource: address,
    origDestination: address,
    origSourcePort: port,
    origDestinationPort: port,
    replySource: address,
    replyDestination: address,
    replySourcePort: port,
    replyDestinationPort: port,
    unreplied: fc.boolean(),
    assured: fc.boolean(),
    zone: fc.option(fc.nat(65_535)),
    id: fc.option(fc.nat(2 ** 32 - 1)),
    counters: fc.option(fc.record({ packets: count, bytes: count })),
  })
  .map(({ counters, ...rest }) => ({
    ...rest,
    packets: counters?.packets ?? null,
    bytes: counters?.bytes ?? null,
  }));

test('scanning what was printed gives the records back', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), (records) => {
      const scan = scanText(records.map((each) => `${printRecord(each)}\n`).join(''));
      expect(scan).toEqual({ records, rejects: [], lines: records.length });
    }),
    RUNS,
  );
});

test('it does not matter where the input is cut', () => {
  const whole = scanPieces([sample]);
  expect(whole.records.length).toBeGreaterThan(20);
  fc.assert(
    fc.property(fc.array(fc.nat(sample.length), { maxLength: 40 }), (cuts) => {
      const ends = [...cuts.toSorted((a, b) => a - b), sample.length];
      expect(scanPieces(ends.map((end, index) => sample.subarray(ends[index - 1] ?? 0, end)))).toEqual(whole);
    }),
    RUNS,
  );
  expect(scanText(sample, 1)).toEqual(whole);
});

test('no bytes make it throw, and each line that is not empty is reported once', () => {
  const token = fc.constantFrom(
    'src=',
    'dst=10.0.0.1',
    ' ',
    '\n',
    '[NEW]',
    '[',
    'tcp 6',
    'id=9',
    '\0',
    '[1.',
    'sport=7',
    'zone',
    '\r',
  );
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.array(token, { maxLength: 60 }).map((tokens) => new TextEncoder().encode(tokens.join(''))),
  );
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const scan = scanText(bytes, 7);
      const lines = Buffer.from(bytes).toString('latin1').split('\n');
      const filled = lines.filter((line) => /[^ \t\r]/.test(line));
      expect(scan.records.length + scan.rejects.length).toBe(filled.length);
      expect(scan.lines).toBe(lines.at(-1) === '' ? lines.length - 1 : lines.length);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('a damaged line never passes for another connection', () => {
  // A byte flipped to a non-digit in a tuple is seen; one digit changed to another cannot be.
  fc.assert(
    fc.property(record, fc.nat(), fc.constantFrom(0, 0x2f, 0x3a, 0x7f, 0xff), (each, position, byte) => {
      const line = new TextEncoder().encode(`${printRecord(each)}\n`);
      const text = new TextDecoder().decode(line);
      const from = text.indexOf('src=');
      const to = text.lastIndexOf('dport=') + 7;
      const at = from + (position % (to - from));
      fc.pre(line[at] !== byte);
      const damaged = scanText(line.with(at, byte)).records[0];
      if (damaged !== undefined) expect(tupleOf(damaged)).toEqual(tupleOf(each));
    }),
    RUNS,
  );
});

function tupleOf(each: ConntrackRecord): unknown[] {
  const { origSource, origDestination, replySource, replyDestination } = each;
  const { origSourcePort, origDestinationPort, replySourcePort, replyDestinationPort } = each;
  const addresses = [origSource, origDestination, replySource, replyDestination];
  return [...addresses, origSourcePort, origDestinationPort, replySourcePort, replyDestinationPort];
}
