/**
 * A process that serves so many pods as a real API server does, by LIST in pages and zipped, and by WATCH with initial
 * events; then so many changes a second on each watch. `node reflector-server.ts PODS EVENTS_PER_SECOND`; it prints one line
 * with its URL and ends with its standard input.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { eventText, podText } from './reflector-pods.ts';

const [pods = 0, eventsPerSecond = 0] = process.argv.slice(2).map(Number);

/** Written at once: a write for each pod would measure writes. */
const PIECE_BYTES = 64 * 1024;
const TICK_MS = 5;
const BOOKMARK_VERSION = pods + 1;

const server = createServer((request, response) => {
  const query = new URL(request.url ?? '/', 'http://bench').searchParams;
  response.writeHead(200, {
    'content-type': 'application/json',
    ...(query.get('watch') === 'true' || !isZipped(request.headers['accept-encoding'])
      ? {}
      : { 'content-encoding': 'gzip' }),
  });
  const answered = query.get('watch') === 'true' ? watch(query) : list(query);
  // A client that leaves is no failure of the server.
  answered.catch(() => response.destroy());

  async function list(asked: URLSearchParams): Promise<void> {
    const start = Number(asked.get('continue') ?? 0);
    const end = Math.min(pods, start + (Number(asked.get('limit') ?? 0) || pods));
    const body = Readable.from(pieces(listText(start, end)));
    // As kube-apiserver: level 1.
    if (isZipped(request.headers['accept-encoding']))
      await pipeline(body, createGzip({ level: 1 }), response);
    else await pipeline(body, response);
  }

  async function watch(asked: URLSearchParams): Promise<void> {
    response.flushHeaders();
    if (asked.get('sendInitialEvents') === 'true')
      await pipeline(Readable.from(pieces(initialText())), response, { end: false });
    if (eventsPerSecond > 0) change();
  }

  function change(): void {
    const startedAt = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedAt) * eventsPerSecond) / 1000);
      const stamp = String(Date.now());
      let text = '';
      for (; sent < due; sent++)
        text += eventText('MODIFIED', podText(sent % Math.max(1, pods), BOOKMARK_VERSION + sent + 1, stamp));
      if (text !== '') response.write(text);
    }, TICK_MS);
    response.once('close', () => clearInterval(timer));
  }
});

function isZipped(accepted: string | string[] | undefined): boolean {
  return String(accepted ?? '').includes('gzip');
}

function* listText(start: number, end: number): Generator<string> {
  const next = end < pods ? `,"continue":"${end}","remainingItemCount":${pods - end}` : '';
  yield `{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"${BOOKMARK_VERSION}"${next}},"items":[`;
  for (let index = start; index < end; index++) yield (index > start ? ',' : '') + podText(index, index + 1);
  yield ']}\n';
}

function* initialText(): Generator<string> {
  for (let index = 0; index < pods; index++) yield eventText('ADDED', podText(index, index + 1));
  const metadata = `{"resourceVersion":"${BOOKMARK_VERSION}","creationTimestamp":null,"annotations":{"k8s.io/initial-events-end":"true"}}`;
  yield `{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":${metadata}}}\n`;
}

function* pieces(texts: Iterable<string>): Generator<Buffer> {
  let text = '';
  for (const each of texts) {
    text += each;
    if (text.length < PIECE_BYTES) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const example = Array.from({ length: 3 }, (_, index) => Buffer.byteLength(podText(index, index + 1)));
const podBytes = example.reduce((sum, bytes) => sum + bytes, 0) / example.length;
process.stdout.write(
  `${JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, podBytes })}\n`,
);
process.stdin.on('end', () => process.exit(0)).resume();
