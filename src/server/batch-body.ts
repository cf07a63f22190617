/** Bytes of a request's body to a batch: every bound is checked before what it guards is paid for. */
import { promisify } from 'node:util';
import { constants, gunzip, zstdDecompress } from 'node:zlib';
import { ProblemError } from '../domain/problem.ts';
import { parseBatch } from '../wire/batch-schema.ts';
import type { Batch } from '../wire/batch.ts';
import { jsonExcess } from './access/json-weight.ts';
import type { JsonBounds } from './access/json-weight.ts';
import type { Turns } from './access/turns.ts';

/** Bytes of a body as sent; an agent's batch of 5,000 flows is about 1.5 MB. */
export const MAX_BODY_BYTES = 8 << 20;
/** Bytes of a body after decompression: what a hostile one may cost. */
const MAX_DECOMPRESSED_BYTES = 32 << 20;
/** Bodies decompressed at a time: as many as zlib has threads. */
export const DECOMPRESSED_AT_A_TIME = 4;
/** Smaller texts parse to some 100 MB at worst and one at a time; weighing every batch would cost half of what parsing does. */
const WEIGHED_FROM_BYTES = 4 << 20;
/** The largest batch has 100,000 flows, a second of which is an object of 44 bytes; it is 5 deep. */
const JSON_BOUNDS: JsonBounds = { maxDepth: 32, maxContainers: 1_000_000, maxCommas: 4_000_000 };

/** Content-Encoding zstd may ask for a window of no more than this (RFC 9659): what a frame's head alone may cost. */
const MAX_ZSTD_WINDOW_LOG = 23;

/** Of each encoding that is taken: the body without it. */
const PLAIN = {
  gzip: promisify(gunzip),
  zstd: (body: Buffer, { maxOutputLength }: { maxOutputLength: number }): Promise<Buffer> =>
    promisify(zstdDecompress)(body, {
      maxOutputLength,
      params: { [constants.ZSTD_d_windowLogMax]: MAX_ZSTD_WINDOW_LOG },
    }),
};

/** The body without its encoding. Throws a ProblemError `unsupported-encoding`, `malformed-batch` or `batch-too-large`. */
export async function plainBody(body: Buffer, encoding: string | undefined, turns: Turns): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip' && encoding !== 'zstd')
    throw new ProblemError(
      'unsupported-encoding',
      `content-encoding ${encoding.slice(0, 40)} is not supported`,
      { hint: 'send zstd, gzip or none' },
    );
  try {
    return await turns.within(() => PLAIN[encoding](body, { maxOutputLength: MAX_DECOMPRESSED_BYTES }));
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(MAX_DECOMPRESSED_BYTES, 'after decompression');
    throw new ProblemError('malformed-batch', `the body is not ${encoding}`, { cause: error });
  }
}

/** Throws a ProblemError `malformed-batch` that says what is wrong and where. */
export function batchOf(body: Buffer): Batch {
  const excess = body.length < WEIGHED_FROM_BYTES ? null : jsonExcess(body, JSON_BOUNDS);
  if (excess !== null) throw new ProblemError('malformed-batch', `the body is no batch: ${excess}`);
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new ProblemError(
      'malformed-batch',
      `the body is not JSON: ${error instanceof Error ? error.message.slice(0, 120) : ''}`,
      { cause: error },
    );
  }
  const parsed = parseBatch(value);
  if (parsed.kind === 'malformed') throw new ProblemError('malformed-batch', parsed.complaints.join('; '));
  return parsed.batch;
}

export function tooLarge(limit: number, what: string): ProblemError {
  return new ProblemError('batch-too-large', `the batch is larger than ${limit >> 20} MiB ${what}`, {
    hint: 'split it in two',
  });
}
