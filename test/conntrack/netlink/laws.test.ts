/** Laws of the decoder over messages that no kernel sent yet, and over bytes that none would send. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sightingOf } from '../../../src/conntrack/flow-of.ts';
import type { ConntrackRecord } from '../../../src/conntrack/record.ts';
import { formatIp } from '../../../src/domain/ip.ts';
import { say } from '../read-sample.ts';
import { buildMessage, SCTP_STATE_NAMES, TCP_STATE_NAMES } from './build-message.ts';
import { scanMessages } from './scan-messages.ts';

const port = fc.integer({ min: 1, max: 65_535 });
const v4 = fc.nat(0xffff_ffff).map((bits) => formatIp(4, BigInt(bits)));
const v6 = fc.bigInt({ min: 1n << 64n, max: (1n << 128n) - 1n }).map((bits) => formatIp(6, bits));
/** Tenths of a millisecond up to the year 2096; a stamp has nanoseconds, of which a double holds no more than some 500. */
const time = fc.integer({ min: 0, max: 40_000_000_000_000 }).map((tenths) => tenths / 10);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });

const record: fc.Arbitrary<ConntrackRecord> = fc
  .record({
    event: fc.constantFrom('new', 'update', 'destroy', 'dump'),
    protocol: fc.constantFrom('tcp', 'udp', 'sctp'),
    family: fc.constantFrom('v4', 'v6', 'mixed'),
    tcp: maybe(fc.constantFrom(...TCP_STATE_NAMES)),
    sctp: maybe(fc.constantFrom(...SCTP_STATE_NAMES)),
    count: maybe(fc.tuple(fc.integer({ min: 2, max: 2 ** 50 }), fc.integer({ min: 2, max: 2 ** 50 }))),
    time,
  })
  .chain(({ event, protocol, family, tcp, sctp, count, time: at }) => {
    const ip = { v4, v6, mixed: fc.oneof(v4, v6) }[family];
    return fc.record({
      event: fc.constant(event),
      at: fc.constant(event === 'dump' ? null : at),
      protocol: fc.constant(protocol),
      state: fc.constant({ tcp, sctp, udp: null }[protocol]),
      timeoutS: maybe(fc.nat(0xffff_ffff)),
      origSource: ip,
      origDestination: ip,
      origSourcePort: port,
      origDestinationPort: port,
      replySource: ip,
      replyDestination: ip,
      replySourcePort: port,
      replyDestinationPort: port,
      unreplied: fc.boolean(),
      assured: fc.boolean(),
      zone: maybe(fc.nat(65_535)),
      id: maybe(fc.nat(0xffff_ffff)),
      packets: fc.constant(count?.[0] ?? null),
      bytes: fc.constant(count?.[1] ?? null),
      midStream: fc.constant(protocol === 'udp' ? false : null),
      offloaded: fc.boolean(),
      startedAt: maybe(time),
    });
  });

/** Where a message's first attribute begins, and how long one of IPv4 is. */
const FIRST_TUPLE = 20;
const V4_TUPLE_BYTES = 52;

function rounded(one: ConntrackRecord): ConntrackRecord {
  const tenths = (ms: number | null | undefined): number | null =>
    ms === null || ms === undefined ? null : Math.round(ms * 10);
  return { ...one, at: tenths(one.at), startedAt: tenths(one.startedAt) };
}

describe('a message', () => {
  it('decodes to the record that it was built from, among any others in one datagram', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
        const scan = scanMessages(Buffer.concat(records.map((one) => buildMessage(one))));
        expect(scan.records.map(rounded)).toEqual(records.map(rounded));
        expect(scan.rejects).toEqual([]);
      }),
      { seed: 1 },
    );
  });

  it('of IPv4 says the same when the kernel writes its tuples in another way than it does', () => {
    fc.assert(
      fc.property(record, (one) => {
        const usual = buildMessage(one);
        const tuples = [FIRST_TUPLE, FIRST_TUPLE + V4_TUPLE_BYTES];
        if (tuples.some((at) => usual.readUInt16LE(at) !== V4_TUPLE_BYTES)) return;
        const other = Buffer.from(usual);
        for (const nest of tuples.flatMap((at) => [at + 4, at + 24])) other[nest + 3] = 0; // without the mark that attributes lie within
        expect(other).not.toEqual(usual);
        expect(scanMessages(other)).toEqual(scanMessages(usual));
      }),
      { seed: 1 },
    );
  });

  it('says in numbers what its record says, whatever is in it', () => {
    fc.assert(
      fc.property(record, fc.option(fc.tuple(fc.nat(255), fc.nat(255))), (one, tcpFlags) => {
        const message = buildMessage(one, tcpFlags === null || one.protocol !== 'tcp' ? {} : { tcpFlags });
        const { records, sayings } = scanMessages(message);
        const said = records.map((decoded) => sightingOf(decoded));
        expect(sayings).toEqual(said.map((sighting) => say(sighting)));
        const times = said.flatMap((sighting) => ('at' in sighting ? [sighting.at] : []));
        expect(scanMessages(message).times).toEqual(times);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('that is cut anywhere is one reject, and no record', () => {
    fc.assert(
      fc.property(record, fc.nat(), (one, where) => {
        const whole = buildMessage(one);
        const scan = scanMessages(whole.subarray(0, 1 + (where % (whole.length - 1))));
        expect(scan).toMatchObject({ records: [], rejects: ['truncated'] });
      }),
      { seed: 1 },
    );
  });

  it('with any of its bytes changed never throws, and says something or rejects it', () => {
    fc.assert(
      fc.property(record, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }), (one, changes) => {
        const bytes = buildMessage(one);
        for (const [where, value] of changes) bytes[where % bytes.length] = value;
        const { records, rejects, ends } = scanMessages(bytes);
        for (const decoded of records) expectPossible(decoded);
        expect(records.length + rejects.length + ends.length).toBeGreaterThanOrEqual(
          bytes.readUInt16LE(4) === 1 ? 0 : 1,
        );
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('of any bytes never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        for (const decoded of scanMessages(bytes).records) expectPossible(decoded);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('behind a good header with any body never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 600 }), (bytes) => {
        const body = Buffer.from(bytes);
        body.writeUInt32LE(body.length, 0);
        body.writeUInt16LE(0x0100, 4);
        const { records, rejects } = scanMessages(body);
        expect(records.length + rejects.length).toBeGreaterThanOrEqual(1);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

/** Whatever the bytes were, nothing gets past the decoder that the rest of the pipeline could not hold. */
function expectPossible(one: ConntrackRecord): void {
  for (const at of [
    one.origSourcePort,
    one.origDestinationPort,
    one.replySourcePort,
    one.replyDestinationPort,
  ]) {
    expect(at).toBeGreaterThanOrEqual(1);
    expect(at).toBeLessThanOrEqual(65_535);
  }
  for (const count of [one.packets, one.bytes, one.id, one.zone, one.timeoutS])
    if (count !== null) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
  for (const ip of [one.origSource, one.origDestination, one.replySource, one.replyDestination])
    expect(ip).toMatch(/^[0-9a-f.:]+$/);
}
