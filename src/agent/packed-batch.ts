/**
 * A batch as it waits in memory: compressed once, and complete but for the time it is sent. That time goes into a gzip
 * member of its own before the rest (RFC 1952 section 2.2: a file is a series of members), so that sending again costs no
 * second compression.
 */
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import type { Batch, Losses } from '../wire/batch.ts';
import type { BatchHead, Body } from './body-writer.ts';

export interface PackedBatch {
  readonly sequence: number;
  readonly flows: number;
  /** Connections seen opening in it: what is lost when it is lost. */
  readonly opened: number;
  readonly losses: Losses;
  readonly encoding: 'gzip' | 'identity';
  /** The body after `{"sentAt":N,`. */
  readonly rest: Buffer;
}

/** Smaller bodies travel as they are: a packet is not made smaller by less than a packet. */
const GZIP_FROM_BYTES = 1024;
/** The fastest level: flows are repetitive, the others cost three times the CPU for a tenth of the bytes. */
const LEVEL = 1;

const unzip = promisify(gunzip);

/** Compresses at once. To have another thread do it costs more than it saves: a batch takes a few milliseconds. */
export function packBatch({ sequence, losses }: BatchHead, body: Omit<Body, 'next'>): PackedBatch {
  const { bytes, flows, opened } = body;
  const isSmall = bytes.length < GZIP_FROM_BYTES;
  return {
    sequence,
    flows,
    opened,
    losses,
    encoding: isSmall ? 'identity' : 'gzip',
    rest: isSmall ? Buffer.from(bytes) : gzipSync(bytes, { level: LEVEL }),
  };
}

/** The whole body as it goes out at `sentAt`, unix ms. */
export function bodyOf(packed: PackedBatch, sentAt: number): Buffer {
  const head = Buffer.from(`{"sentAt":${Math.floor(sentAt)},`);
  return Buffer.concat([packed.encoding === 'gzip' ? gzipSync(head, { level: LEVEL }) : head, packed.rest]);
}

/**
 * Two batches of half the flows each, with sequences of their own; the first carries the losses. Null for a batch that
 * cannot be halved, since it holds one flow or none.
 */
export async function splitBatch(
  packed: PackedBatch,
  takeSequence: () => number,
): Promise<readonly [PackedBatch, PackedBatch] | null> {
  if (packed.flows < 2) return null;
  const text = packed.encoding === 'gzip' ? await unzip(packed.rest) : packed.rest;
  const { flows, ...head }: Omit<Batch, 'sentAt'> = JSON.parse(`{${text.toString()}`);
  const middle = Math.ceil(flows.length / 2);
  const rest = { ...head, losses: { dropped: 0, skipped: {} } };
  return [
    packFlows({ ...head, sequence: takeSequence() }, flows.slice(0, middle)),
    packFlows({ ...rest, sequence: takeSequence() }, flows.slice(middle)),
  ];
}

function packFlows(head: BatchHead, flows: Batch['flows']): PackedBatch {
  const opened = flows.flatMap(({ seconds }) => seconds).reduce((sum, second) => sum + second.opened, 0);
  const bytes = Buffer.from(JSON.stringify({ ...head, flows }).slice(1));
  return packBatch(head, { bytes, flows: flows.length, opened });
}
