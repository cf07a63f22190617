/**
 * A batch as it waits in memory: compressed once, and complete but for the time it is sent, which goes before the rest when
 * that time has come.
 */
import type { Batch, Losses } from '../wire/batch.ts';
import type { BatchHead, Body } from './body-writer.ts';
import { begunWith, compressed, decompressed } from './compression.ts';
import type { Encoding } from './compression.ts';

export interface PackedBatch {
  readonly sequence: number;
  readonly flows: number;
  /** Connections seen opening in it: what is lost when it is lost. */
  readonly opened: number;
  readonly losses: Losses;
  readonly encoding: Encoding;
  /** The body after `{"sentAt":N,`. */
  readonly rest: Buffer;
}

/** How a batch is compressed that is worth it. */
export type Compression = Exclude<Encoding, 'identity'>;

/** Smaller bodies travel as they are: a packet is not made smaller by less than a packet. */
const COMPRESSED_FROM_BYTES = 1024;

/** Compresses at once. To have another thread do it costs more than it saves: a batch takes a few milliseconds. */
export function packBatch(
  { sequence, losses }: BatchHead,
  { bytes, flows, opened }: Omit<Body, 'next'>,
  compression: Compression,
): PackedBatch {
  const encoding = bytes.length < COMPRESSED_FROM_BYTES ? 'identity' : compression;
  return { sequence, flows, opened, losses, encoding, rest: compressed(bytes, encoding) };
}

/** The whole body as it goes out at `sentAt`, unix ms. */
export function bodyOf({ rest, encoding }: PackedBatch, sentAt: number): Buffer {
  return begunWith(Buffer.from(`{"sentAt":${Math.floor(sentAt)},`), rest, encoding);
}

/** The same batch, compressed as it is not. */
export async function recoded(packed: PackedBatch, compression: Compression): Promise<PackedBatch> {
  const bytes = await decompressed(packed.rest, packed.encoding);
  return { ...packed, encoding: compression, rest: compressed(bytes, compression) };
}

/**
 * Two batches of half the flows each, with sequences of their own; the first carries the losses. Of one flow or none the
 * second half is empty.
 */
export async function splitBatch(
  packed: PackedBatch,
  takeSequence: () => number,
): Promise<readonly [PackedBatch, PackedBatch]> {
  const text = await decompressed(packed.rest, packed.encoding);
  const { flows, ...head }: Omit<Batch, 'sentAt'> = JSON.parse(`{${text.toString()}`);
  const middle = Math.ceil(flows.length / 2);
  const rest = { ...head, losses: { dropped: 0, skipped: {} } };
  // What the server took of the whole it takes of the halves.
  const compression = packed.encoding === 'identity' ? 'gzip' : packed.encoding;
  return [
    packFlows({ ...head, sequence: takeSequence() }, flows.slice(0, middle), compression),
    packFlows({ ...rest, sequence: takeSequence() }, flows.slice(middle), compression),
  ];
}

function packFlows(head: BatchHead, flows: Batch['flows'], compression: Compression): PackedBatch {
  const opened = flows.flatMap(({ seconds }) => seconds).reduce((sum, second) => sum + second.opened, 0);
  const bytes = Buffer.from(JSON.stringify({ ...head, flows }).slice(1));
  return packBatch(head, { bytes, flows: flows.length, opened }, compression);
}
