/** One connection may be split into the entries of several zones in any way: it gives the flows of zone 0 alone. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Aggregate } from '../../../src/agent/aggregate.ts';
import { MessageScanner } from '../../../src/conntrack/netlink/message-scan.ts';
import type { ConntrackRecord, RecordEvent } from '../../../src/conntrack/record.ts';
import { Speaker } from '../../../src/conntrack/speaker.ts';
import { ZoneWatch } from '../../../src/conntrack/zones/zone-watch.ts';
import type { Flow } from '../../../src/domain/flow.ts';
import { buildMessage } from '../netlink/build-message.ts';
import { printRecord } from '../print-record.ts';
import { scanText } from '../read-sample.ts';
import { connectionOf } from './zoned-connection.ts';

const DUMPED_AT = 1_700_000_100_000;
/** TCP flags of an entry that began with its first packet, and of one picked up mid-stream. */
const FLAGS = { whole: [0x23, 0x23], midStream: [0x2a, 0x2a] } as const;

/** Before an ephemeral port and from it on: what looks like an answer is told by them. */
const anyPort = fc.constantFrom(80, 5000, 45_000);
const step = fc.record({
  translates: fc.constantFrom('nothing', 'server', 'client', 'both'),
  port: anyPort,
  clientPort: fc.constantFrom(1000, 33_000),
} as const);
const connection = fc.record({
  event: fc.constantFrom<RecordEvent>('new', 'update', 'destroy', 'dump'),
  protocol: fc.constantFrom('tcp', 'udp', 'sctp'),
  family: fc.constantFrom('v4', 'v6'),
  clientPort: fc.constantFrom(2000, 50_000),
  port: anyPort,
  steps: fc.array(step, { minLength: 1, maxLength: 5 }),
  zones: fc.uniqueArray(fc.oneof(fc.constant(0), fc.nat(65_535)), { minLength: 5, maxLength: 5 }),
  at: fc.integer({ min: 0, max: 5000 }).map((ms) => 1_700_000_000_000 + ms),
  isMidStream: fc.boolean(),
} as const);
const traffic = fc.array(connection, { minLength: 1, maxLength: 6 }).chain((connections) => {
  const each = connections.map((one, index) => ({ ...connectionOf(one, index), ...one }));
  const alone = each.map(({ whole, isMidStream }) => ({ record: whole, isMidStream }));
  const split = each.flatMap(({ parts, isMidStream }) => parts.map((record) => ({ record, isMidStream })));
  return fc.record({
    alone: fc.constant(alone),
    split: fc.shuffledSubarray(split, { minLength: split.length, maxLength: split.length }),
  });
});

interface Given {
  readonly record: ConntrackRecord;
  readonly isMidStream: boolean;
}

/** Both ways in which a kernel's entries reach the fold. */
const MEDIA = {
  netlink: (given: readonly Given[], speaker: Speaker) => {
    const scanner = new MessageScanner({
      entry: (entry) => speaker.entry(entry, entry.event === 'dump' ? DUMPED_AT : entry.at),
      reject: (reason) => expect.fail(reason),
      end: () => expect.fail(),
      interrupted: () => expect.fail(),
    });
    for (const { record, isMidStream } of given) {
      const bytes = buildMessage(record, { tcpFlags: isMidStream ? FLAGS.midStream : FLAGS.whole });
      scanner.scan(bytes, 0, bytes.length);
    }
  },
  text: (given: readonly Given[], speaker: Speaker) => {
    const { records, rejects } = scanText(given.map(({ record }) => `${printRecord(record)}\n`).join(''));
    expect(rejects).toEqual([]);
    for (const record of records) speaker.record(record, DUMPED_AT);
  },
} as const;

function flowsOf(medium: keyof typeof MEDIA, given: readonly Given[], watch: ZoneWatch | null): Flow[] {
  const aggregate = new Aggregate();
  const sink = { sighting: aggregate.say.bind(aggregate), skipped: () => undefined };
  const speaker = watch === null ? new Speaker(sink) : Speaker.ofEvents(sink, watch);
  MEDIA[medium](given, speaker);
  speaker.settle();
  return aggregate.drain();
}

describe.each(['netlink', 'text'] as const)('connections that %s shows in several zones', (medium) => {
  it('give the flows of one zone alone, however they are split and in whatever order their entries come', () => {
    fc.assert(
      fc.property(traffic, ({ alone, split }) => {
        expect(flowsOf(medium, split, new ZoneWatch())).toEqual(flowsOf(medium, alone, null));
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  it('of one zone each give the same flows whether they are looked at for pairs or not', () => {
    fc.assert(
      fc.property(traffic, ({ alone }) => {
        expect(flowsOf(medium, alone, new ZoneWatch())).toEqual(flowsOf(medium, alone, null));
      }),
      { numRuns: 100, seed: 8 },
    );
  });
});
