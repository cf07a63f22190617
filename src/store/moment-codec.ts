/**
 * Attributed moments as bytes: what says the same of one pair of leases stands together, and times are differences, so
 * that a second of a busy edge takes some six bytes.
 */
import { NumberReader, NumberWriter } from './number-bytes.ts';

/** What a row of `evidence` is of, by ids, without its hour. */
export interface SightKey {
  readonly edge: number;
  readonly clientLease: number;
  readonly serverLease: number;
  readonly witness: number;
  readonly seen: number;
  /** 0 or 1. */
  readonly ownNode: number;
  readonly service: number;
  /** The address that the server's side saw; empty when the client was not rewritten. */
  readonly seenAs: string;
}

/** When connections were counted, and how many. Times are unix ms. */
export interface CountedMoment {
  /** When it counts; its hour is that of the evidence. */
  readonly at: number;
  /** The interval in which the ends were resolved. */
  readonly start: number;
  readonly end: number;
  readonly opened: number;
  readonly present: number;
  readonly answered: number;
  readonly bytes: number;
}

/** Moments of one key, in their order. */
export interface MomentsOfKey {
  readonly key: SightKey;
  readonly moments: readonly CountedMoment[];
}

/** One moment at which connections were counted. */
export interface LoggedMoment extends SightKey, CountedMoment {}

/** One text per key. */
export function sightKeyText(key: SightKey): string {
  const { edge, clientLease, serverLease, witness, seen, ownNode, service, seenAs } = key;
  return `${edge} ${clientLease} ${serverLease} ${witness} ${seen} ${ownNode} ${service} ${seenAs}`;
}

/** `base` (unix ms) must be given again to decode. Keys without a moment are left out. */
export function encodeMoments(keys: readonly MomentsOfKey[], base: number): Buffer {
  const writer = new NumberWriter();
  for (const { key, moments } of keys) {
    if (moments.length === 0) continue;
    for (const id of [key.edge, key.clientLease, key.serverLease, key.witness, key.seen]) writer.unsigned(id);
    writer.unsigned(key.ownNode);
    writer.unsigned(key.service);
    writer.text(key.seenAs);
    writer.unsigned(moments.length);
    let before = base;
    for (const moment of moments) {
      writer.signed(moment.at - before);
      writer.signed(moment.at - moment.start);
      writer.signed(moment.end - moment.at);
      writer.unsigned(moment.opened);
      writer.unsigned(moment.present);
      writer.unsigned(moment.answered);
      writer.unsigned(moment.bytes);
      before = moment.at;
    }
  }
  return writer.taken();
}

/** Numbers of an encoded moment. */
const NUMBERS_OF_A_MOMENT = 7;

/** The moments of the keys that are meant; the others are passed over. */
export function decodeMoments(
  bytes: Buffer,
  base: number,
  isMeant: (key: SightKey) => boolean = () => true,
): LoggedMoment[] {
  const reader = new NumberReader(bytes);
  const moments: LoggedMoment[] = [];
  while (!reader.isAtEnd) {
    const key: SightKey = {
      edge: reader.unsigned(),
      clientLease: reader.unsigned(),
      serverLease: reader.unsigned(),
      witness: reader.unsigned(),
      seen: reader.unsigned(),
      ownNode: reader.unsigned(),
      service: reader.unsigned(),
      seenAs: reader.text(),
    };
    const count = reader.unsigned();
    if (!isMeant(key)) {
      reader.skip(count * NUMBERS_OF_A_MOMENT);
      continue;
    }
    let at = base;
    for (let left = count; left > 0; left--) {
      at += reader.signed();
      moments.push({
        ...key,
        at,
        start: at - reader.signed(),
        end: at + reader.signed(),
        opened: reader.unsigned(),
        present: reader.unsigned(),
        answered: reader.unsigned(),
        bytes: reader.unsigned(),
      });
    }
  }
  return moments;
}
