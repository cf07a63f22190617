/**
 * One conntrack entry or event of the kernel, as numbers: made once and filled again for each message, so that reading one
 * makes no object. It says what a record of text says; flow-of.ts tells what either means.
 */
import type { Protocol } from '../../domain/protocol.ts';
import type { Facts } from '../flow-of.ts';
import type { Tuples } from '../key-words.ts';
import type { RecordEvent } from '../record.ts';
import { ABSENT } from './attribute-walk.ts';

/** The fields are those of ConntrackRecord, where each is described, but for what is said here. */
export class Entry implements Facts, Tuples {
  event: RecordEvent = 'dump';
  /** The time that the kernel stamped, or that of the read, unix ms; of a listed entry it says nothing. */
  at = 0.5; // a fraction, so that the field is made to hold one
  isStamped = false;
  protocol: Protocol = 'tcp';
  state: string | null = null;
  /** Like the other numbers here ABSENT when the message does not have it. */
  timeoutS = ABSENT;
  /** Where ORIG_SOURCE, ORIG_DESTINATION, REPLY_SOURCE and REPLY_DESTINATION say: four words each, IPv4 as IPv4-mapped. */
  readonly addresses = new Int32Array(16);
  origSourcePort = 0;
  origDestinationPort = 0;
  replySourcePort = 0;
  replyDestinationPort = 0;
  unreplied = false;
  assured = false;
  zone = ABSENT;
  id = ABSENT;
  packets: number | null = null;
  bytes: number | null = null;
  midStream: boolean | null = null;
  offloaded = false;
  startedAt = ABSENT + 0.5;
}
