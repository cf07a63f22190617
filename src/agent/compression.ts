/**
 * How a batch's bytes travel. What was compressed once can still be given a beginning, so that to send it again costs no
 * second compression: RFC 1952 section 2.2 makes a gzip file a series of members, and RFC 8878 section 3.1.1 a Zstandard
 * frame a header and a series of blocks, one of which may be stored as it is. (Frames in a row would be a series too, of
 * which Node reads the first alone.)
 */
import { promisify } from 'node:util';
import { constants, gunzip, gzipSync, zstdCompressSync, zstdDecompress } from 'node:zlib';

/** The word of Content-Encoding. */
export type Encoding = 'zstd' | 'gzip' | 'identity';

/** The fastest level: flows are repetitive, the others cost three times the CPU for a tenth of the bytes. */
const GZIP_LEVEL = 1;
/**
 * Zstandard's takes a third to a half of that CPU for three quarters of the bytes. Matches are found within 128 KiB, some
 * 800 flows, in a table that stays in the processor's nearest cache: both larger find no more, and cost a megabyte.
 * Without its size the frame has a header of one form, of as many bytes as said below.
 */
const ZSTD_PARAMETERS = {
  [constants.ZSTD_c_compressionLevel]: 1,
  [constants.ZSTD_c_windowLog]: 17,
  [constants.ZSTD_c_hashLog]: 13,
  [constants.ZSTD_c_contentSizeFlag]: 0,
};
/** The magic number, a descriptor that says that neither a size nor a checksum follows, and the size of the window. */
const ZSTD_HEADER_BYTES = 6;
/** Block_Header: whether it is the last in the lowest bit, its type in two more, 0 for one stored as it is, its size above. */
const ZSTD_BLOCK_HEADER_BYTES = 3;

const ungzip = promisify(gunzip);
const unzstd = promisify(zstdDecompress);

/** A copy in any case. */
export function compressed(bytes: Buffer, encoding: Encoding): Buffer {
  switch (encoding) {
    case 'zstd':
      return zstdCompressSync(bytes, { params: ZSTD_PARAMETERS });
    case 'gzip':
      return gzipSync(bytes, { level: GZIP_LEVEL });
    case 'identity':
      return Buffer.from(bytes);
    default:
      return encoding satisfies never;
  }
}

/** What `compressed` was given. */
export async function decompressed(bytes: Buffer, encoding: Encoding): Promise<Buffer> {
  switch (encoding) {
    case 'zstd':
      return unzstd(bytes);
    case 'gzip':
      return ungzip(bytes);
    case 'identity':
      return bytes;
    default:
      return encoding satisfies never;
  }
}

/** What `compressed` would answer, in meaning, had `head` stood before what it was given; of below 1 KiB. */
export function begunWith(head: Buffer, rest: Buffer, encoding: Encoding): Buffer {
  switch (encoding) {
    case 'zstd':
      return Buffer.concat([
        rest.subarray(0, ZSTD_HEADER_BYTES),
        storedBlock(head),
        rest.subarray(ZSTD_HEADER_BYTES),
      ]);
    case 'gzip':
      return Buffer.concat([gzipSync(head, { level: GZIP_LEVEL }), rest]);
    case 'identity':
      return Buffer.concat([head, rest]);
    default:
      return encoding satisfies never;
  }
}

/** One that is not the last. */
function storedBlock(bytes: Buffer): Buffer {
  const block = Buffer.alloc(ZSTD_BLOCK_HEADER_BYTES + bytes.length);
  block.writeUIntLE(bytes.length << 3, 0, ZSTD_BLOCK_HEADER_BYTES);
  block.set(bytes, ZSTD_BLOCK_HEADER_BYTES);
  return block;
}
