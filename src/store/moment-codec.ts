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

/** One moment at which connections were counted. Times are unix ms. */
export interface LoggedMoment extends SightKey {
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

/** One text per key. */
export function sightKeyText(key: SightKey): string {
  const { edge, clientLease, serverLease, witness, seen, ownNode, service, seenAs } = key;
  return `${edge} ${clientLease} ${serverLease} ${witness} ${seen} ${ownNode} ${service} ${seenAs}`;
}

/** Moments of one key keep their order; `base` (unix ms) must be given again to decode. */
export function encodeMoments(moments: readonly LoggedMoment[], base: number): Buffer {
  const writer = new NumberWriter();
  for (const [, group] of Map.groupBy(moments, sightKeyText)) {
    const [first] = group;
    if (first === undefined) continue;
    for (const id of [first.edge, first.clientLease, first.serverLease, first.witness, first.seen])
      writer.unsigned(id);
    writer.unsigned(first.ownNode);
    writer.unsigned(first.service);
    writer.text(first.seenAs);
    writer.unsigned(group.length);
    let before = base;
    for (const moment of group) {
      writer.signed(moment.at - before);
      writer.signed(moment.at - moment.start);
      writer.signed(moment.end - moment.at);
      for (const count of [moment.opened, moment.present, moment.answered, moment.bytes])
        writer.unsigned(count);
      before = moment.at;
    }
  }
  return writer.taken();
}

export function decodeMoments(bytes: Buffer, base: number): LoggedMoment[] {
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
    let at = base;
    for (let left = reader.unsigned(); left > 0; left--) {
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
