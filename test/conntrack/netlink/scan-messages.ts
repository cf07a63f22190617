import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AddressText } from '../../../src/conntrack/address-text.ts';
import {
  ORIG_DESTINATION,
  ORIG_SOURCE,
  REPLY_DESTINATION,
  REPLY_SOURCE,
} from '../../../src/conntrack/key-words.ts';
import { ABSENT } from '../../../src/conntrack/netlink/attribute-walk.ts';
import type { Entry } from '../../../src/conntrack/netlink/entry.ts';
import { MessageScanner } from '../../../src/conntrack/netlink/message-scan.ts';
import type { EntryReject } from '../../../src/conntrack/netlink/decode-entry.ts';
import { Speaker } from '../../../src/conntrack/speaker.ts';
import type { ConntrackRecord } from '../../../src/conntrack/record.ts';
import { heard, say } from '../read-sample.ts';

/** The time of events that have none of their own. */
export const READ_AT = 1_700_000_000_000;

export interface MessageScan {
  readonly records: ConntrackRecord[];
  readonly rejects: EntryReject[];
  readonly ends: number[];
  interruptions: number;
  /** What the entries mean, as sources say it in numbers, and the times of what was opened or answered. */
  readonly sayings: string[];
  readonly times: number[];
}

/** Everything that a scanner says of these datagrams. */
export function scanMessages(...datagrams: readonly Uint8Array[]): MessageScan {
  const scan: MessageScan = { records: [], rejects: [], ends: [], interruptions: 0, sayings: [], times: [] };
  const speaker = new Speaker({
    sighting: (said) => {
      scan.sayings.push(say(heard(said)));
      if (said.kind === 'opened' || said.kind === 'answered') scan.times.push(said.at);
    },
    skipped: (reason) => scan.sayings.push(`nothing: ${reason}`),
  });
  const scanner = new MessageScanner({
    entry: (entry) => {
      scan.records.push(recordOf(entry));
      speaker.entry(entry, entry.at);
    },
    reject: (reason) => scan.rejects.push(reason),
    end: (errno) => scan.ends.push(errno),
    interrupted: () => scan.interruptions++,
  });
  scanner.readAt = READ_AT;
  for (const bytes of datagrams) scanner.scan(bytes, 0, bytes.length);
  return scan;
}

/** What an entry holds as a record of text would. */
function recordOf(entry: Entry): ConntrackRecord {
  const { event, protocol, state, unreplied, assured, packets, bytes, midStream, offloaded } = entry;
  const text = new AddressText();
  return {
    event,
    at: event === 'dump' ? null : entry.at,
    protocol,
    state,
    timeoutS: orNull(entry.timeoutS),
    origSource: text.v6(entry.addresses, ORIG_SOURCE),
    origDestination: text.v6(entry.addresses, ORIG_DESTINATION),
    origSourcePort: entry.origSourcePort,
    origDestinationPort: entry.origDestinationPort,
    replySource: text.v6(entry.addresses, REPLY_SOURCE),
    replyDestination: text.v6(entry.addresses, REPLY_DESTINATION),
    replySourcePort: entry.replySourcePort,
    replyDestinationPort: entry.replyDestinationPort,
    unreplied,
    assured,
    zone: orNull(entry.zone),
    id: orNull(entry.id),
    packets,
    bytes,
    midStream,
    offloaded,
    startedAt: orNull(entry.startedAt),
  };
}

function orNull(value: number): number | null {
  return value === ABSENT ? null : value;
}

/** The datagrams of a sample. */
export function readMessages(name: string): Buffer[] {
  return readSampleText(name)
    .trim()
    .split('\n')
    .map((line) => Buffer.from(line, 'hex'));
}

export function readSampleText(name: string): string {
  return readFileSync(path.join(import.meta.dirname, 'samples', name), 'utf8');
}
