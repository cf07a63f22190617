/** One entry made of all that a connection has: filled again for each. It says what the entry of a single zone would say. */
import { PROTOCOLS } from '../../domain/protocol.ts';
import type { Protocol } from '../../domain/protocol.ts';
import type { FoldedFacts } from '../flow-of.ts';
import { ORIG_DESTINATION, ORIG_SOURCE, REPLY_DESTINATION, REPLY_SOURCE } from '../key-words.ts';
import type { Tuples } from '../key-words.ts';
import type { RecordEvent } from '../record.ts';
import { DESTINATION, PORTS, SOURCE } from './tuple-rows.ts';
import type { TupleRows } from './tuple-rows.ts';

const EVENTS: readonly RecordEvent[] = ['new', 'update', 'destroy', 'dump'];

export class FoldedEntry implements FoldedFacts, Tuples {
  event: RecordEvent = 'dump';
  protocol: Protocol = 'tcp';
  readonly addresses = new Int32Array(16);
  origSourcePort = 0;
  origDestinationPort = 0;
  replySourcePort = 0;
  midStream: boolean | null = null;
  packets: number | null = null;
  bytes: number | null = null;

  /** Takes the tuple of this row as the one that the opener's first packet had. */
  enters(rows: TupleRows, row: number): void {
    const { addresses } = this;
    for (let word = 0; word < 4; word++) {
      addresses[ORIG_SOURCE + word] = rows.word(row, SOURCE + word);
      addresses[ORIG_DESTINATION + word] = rows.word(row, DESTINATION + word);
    }
    const ports = rows.word(row, PORTS);
    this.origSourcePort = ports >>> 16;
    this.origDestinationPort = ports & 0xffff;
  }

  /** Takes the tuple of this row as the one with which it reached the server. */
  leaves(rows: TupleRows, row: number): void {
    const { addresses } = this;
    for (let word = 0; word < 4; word++) {
      addresses[REPLY_DESTINATION + word] = rows.word(row, SOURCE + word);
      addresses[REPLY_SOURCE + word] = rows.word(row, DESTINATION + word);
    }
    this.replySourcePort = rows.word(row, PORTS) & 0xffff;
  }
}

/** Kind of event and protocol as one number: entries of different kinds are different connections to the fold. */
export function whatOf(event: RecordEvent, protocol: Protocol): number {
  return EVENTS.indexOf(event) | (PROTOCOLS.indexOf(protocol) << 2);
}

export function kindOf(what: number): RecordEvent {
  return EVENTS[what & 3]!;
}

export function protocolOf(what: number): Protocol {
  return PROTOCOLS[what >> 2]!;
}
