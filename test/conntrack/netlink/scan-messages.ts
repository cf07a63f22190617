import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MessageScanner } from '../../../src/conntrack/netlink/message-scan.ts';
import type { EntryReject } from '../../../src/conntrack/netlink/decode-entry.ts';
import type { ConntrackRecord } from '../../../src/conntrack/record.ts';

/** The time of events that have none of their own. */
export const READ_AT = 1_700_000_000_000;

export interface MessageScan {
  readonly records: ConntrackRecord[];
  readonly rejects: EntryReject[];
  readonly ends: number[];
  interruptions: number;
}

/** Everything that a scanner says of these datagrams. */
export function scanMessages(...datagrams: readonly Uint8Array[]): MessageScan {
  const scan: MessageScan = { records: [], rejects: [], ends: [], interruptions: 0 };
  const scanner = new MessageScanner({
    record: (record) => scan.records.push(record),
    reject: (reason) => scan.rejects.push(reason),
    end: (errno) => scan.ends.push(errno),
    interrupted: () => scan.interruptions++,
  });
  for (const bytes of datagrams) scanner.scan(bytes, { start: 0, end: bytes.length, readAt: READ_AT });
  return scan;
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
