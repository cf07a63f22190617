/** What does not get stored: bodies that are too large, too deep, too many, or not what they say. All come with a good token. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { connected, raw } from './attack.ts';
import type { Case, Sent } from './case.ts';
import { post } from './case.ts';
import { goodBatch } from './good-batch.ts';
import type { HostileWorld } from './hostile-world.ts';

const GZIP = { 'content-encoding': 'gzip' };
const ZSTD = { 'content-encoding': 'zstd' };
const MALFORMED = ['400 malformed-batch'];
const TOO_LARGE = ['413 batch-too-large'];

/** Good but for what replaces a piece of its text. */
function replaced(piece: string, by: string): string {
  const text = JSON.stringify(goodBatch());
  if (!text.includes(piece)) throw new Error(`a batch has no ${piece}`);
  return text.replace(piece, by);
}

function bodyCase(title: string, expected: readonly string[], sent: () => Sent): Case {
  return { title, expected, send: (world) => post(world, sent()) };
}

export const BODY_CASES: readonly Case[] = [
  bodyCase('no body', MALFORMED, () => ({ body: '' })),
  bodyCase('text that is no JSON', MALFORMED, () => ({ body: 'hello' })),
  bodyCase('JSON that breaks off', MALFORMED, () => ({ body: JSON.stringify(goodBatch()).slice(0, 200) })),
  bodyCase('NaN as a number', MALFORMED, () => ({ body: replaced('"readLagMs":50', '"readLagMs":NaN') })),
  bodyCase('a number beyond all numbers', MALFORMED, () => ({
    body: replaced('"readLagMs":50', '"readLagMs":1e999'),
  })),
  bodyCase('a negative count', MALFORMED, () => ({ body: replaced('"dropped":0', '"dropped":-1') })),
  bodyCase('a count with a fraction', MALFORMED, () => ({ body: replaced('"dropped":0', '"dropped":0.5') })),
  bodyCase('flows that are a text', MALFORMED, () => ({
    body: JSON.stringify({ ...goodBatch(), flows: 'all' }),
  })),
  bodyCase('an array instead of a batch', MALFORMED, () => ({ body: '[]' })),
  bodyCase('an address that is none', MALFORMED, () => ({ body: replaced('10.244.1.2', '10.244.1.2.') })),
  bodyCase('an epoch that is a path', MALFORMED, () => ({ batch: { epoch: '../../../etc/passwd' } })),
  bodyCase('a time in the year 30000', MALFORMED, () => ({ batch: { sentAt: 900_000_000_000_000 } })),
  bodyCase('a node name of 10,000 letters', MALFORMED, () => ({ batch: { nodeName: 'a'.repeat(10_000) } })),
  bodyCase('100,001 flows', MALFORMED, () => ({
    body: gzipSync(JSON.stringify({ ...goodBatch(), flows: Array.from({ length: 100_001 }, () => 1) })),
    headers: GZIP,
  })),
  bodyCase('JSON nested 100,000 deep', MALFORMED, () => ({
    body: `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  })),
  bodyCase('ten million empty arrays, gzipped to 30 KB', MALFORMED, () => ({
    body: gzipSync(`[${'[],'.repeat(10_000_000)}1]`),
    headers: GZIP,
  })),
  bodyCase('a zip bomb of 200 MB', TOO_LARGE, () => ({
    body: gzipSync(Buffer.alloc(200 << 20)),
    headers: GZIP,
  })),
  {
    title: 'eight zip bombs at once',
    expected: ['413 batch-too-large, 429 too-many-requests'],
    send: async (world) => {
      const body = gzipSync(Buffer.alloc(100 << 20));
      // Of a node of its own: what one node sends too much is refused to all of its connections.
      const token = world.token({ pod: 'agent-b' });
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => post(world, { token, body, headers: GZIP })),
      );
      return [...new Set(answers)].toSorted().join(', ');
    },
  },
  bodyCase('gzip within gzip', MALFORMED, () => ({
    body: gzipSync(gzipSync(JSON.stringify(goodBatch()))),
    headers: GZIP,
  })),
  bodyCase('gzip that breaks off', MALFORMED, () => ({
    body: gzipSync(JSON.stringify(goodBatch())).subarray(0, 60),
    headers: GZIP,
  })),
  bodyCase('gzip that is none', MALFORMED, () => ({ body: 'plain', headers: GZIP })),
  bodyCase('a zstd bomb of 200 MB', TOO_LARGE, () => ({
    body: zstdCompressSync(Buffer.alloc(200 << 20)),
    headers: ZSTD,
  })),
  bodyCase('zstd that asks for a window of 128 MiB', MALFORMED, () => ({
    body: zstdFrame(27, JSON.stringify(goodBatch())),
    headers: ZSTD,
  })),
  bodyCase('zstd that breaks off', MALFORMED, () => ({
    body: zstdCompressSync(JSON.stringify(goodBatch())).subarray(0, 60),
    headers: ZSTD,
  })),
  bodyCase('zstd that is none', MALFORMED, () => ({ body: 'plain', headers: ZSTD })),
  bodyCase('an encoding that nobody asked for', ['415 unsupported-encoding'], () => ({
    headers: { 'content-encoding': 'br' },
  })),
  bodyCase('another media type', ['415 unsupported-encoding'], () => ({
    headers: { 'content-type': 'text/plain' },
  })),
  bodyCase('a body of 9 MiB', [...TOO_LARGE, 'closed'], () => ({ body: Buffer.alloc(9 << 20, ' ') })),
  {
    title: 'a body without an end, in chunks',
    expected: [...TOO_LARGE, 'closed'],
    send: endless,
  },
  {
    title: 'a body shorter than it says, then the connection closes',
    expected: ['closed'],
    send: async (world) => {
      const socket = await connected(world.server.at.ingest, world.ca);
      socket.write(`${head(world)}content-length: 5000\r\n\r\n{"version":`);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.end();
      socket.resume();
      await closed;
      return 'closed';
    },
  },
  {
    title: 'a body longer than it says: the rest is another request',
    expected: ['400 malformed-batch'],
    send: (world) =>
      raw(
        world.server.at.ingest,
        `${head(world)}content-length: 2\r\n\r\n{}GET /api/v1/leases HTTP/1.1\r\nhost: a\r\n\r\n`,
        world.ca,
      ),
  },
];

/** A frame of one block that is stored as it is (RFC 8878 section 3.1.1), and needs no window: only its head asks for one. */
function zstdFrame(windowLog: number, text: string): Buffer {
  const block = Buffer.from(text);
  const start = Buffer.alloc(9);
  start.writeUInt32LE(0xfd2f_b528, 0);
  start.writeUInt8((windowLog - 10) << 3, 5);
  start.writeUIntLE((block.length << 3) | 1, 6, 3);
  return Buffer.concat([start, block]);
}

function head(world: HostileWorld): string {
  return `POST /api/v1/batches HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nauthorization: Bearer ${world.token()}\r\n`;
}

/** 64 MiB at most are offered: the server must have had enough long before. */
async function endless(world: HostileWorld): Promise<string> {
  const socket = await connected(world.server.at.ingest, world.ca);
  const answer: string[] = [];
  socket.setEncoding('utf8').on('data', (text: string) => answer.push(text));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.write(`${head(world)}transfer-encoding: chunked\r\n\r\n`);
  const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
  for (let sent = 0; sent < 1024 && answer.length === 0 && !socket.destroyed; sent++)
    if (!socket.write(chunk))
      await Promise.race([new Promise<void>((resolve) => socket.once('drain', () => resolve())), closed]);
  socket.end();
  await closed;
  const code = /^HTTP\/1\.1 (\d{3})[^]*"code":"([a-z-]+)"/.exec(answer.join(''));
  return code === null ? 'closed' : `${code[1]} ${code[2]}`;
}
