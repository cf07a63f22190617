/**
 * The server of the agent's bench: keeps every batch and answers 200 as a netscribe server does. It adds up what came only
 * when asked, by a line on its input, so that it takes little of the machine while something is measured. Each batch is
 * told by a line.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { zstdDecompressSync } from 'node:zlib';
import type { Batch } from '../../src/wire/batch.ts';
import { CLIENT_PREFIX } from './agent-lab.ts';

/** What came since `clear`, of the generator's clients alone. */
export interface Tally {
  readonly batches: number;
  /** Connections seen opening. */
  readonly opened: number;
  /** Distinct flow keys. */
  readonly keys: number;
  /** Events that the agent says the kernel dropped. */
  readonly dropped: number;
  /** Bytes of the bodies as they came. */
  readonly bytes: number;
}

let bodies: Buffer[] = [];
let bytes = 0;

const server = createServer((request, response) => {
  void answer(request, response);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  tell({ is: 'ready', port: typeof address === 'object' && address !== null ? address.port : 0 });
});

createInterface(process.stdin).on('line', (line) => {
  if ((JSON.parse(line) as { is: string }).is === 'clear') {
    bodies = [];
    bytes = 0;
  }
  tell({ is: 'done', ...tally() });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  bytes += body.length;
  const text = request.headers['content-encoding'] === 'zstd' ? zstdDecompressSync(body) : body;
  bodies.push(text);
  response.setHeader('content-type', 'application/json');
  response.end(acknowledge(text.toString('latin1', 0, 1000)));
  tell({ is: 'batch' });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** By the beginning of the body alone. */
function acknowledge(head: string): string {
  const epoch = /"epoch":"([0-9a-f]+)"/.exec(head)?.[1] ?? '';
  const sequence = Number(/"sequence":(\d+)/.exec(head)?.[1]);
  return JSON.stringify({ generation: 'b'.repeat(32), acknowledged: { epoch, sequence } });
}

function tally(): Tally {
  const keys = new Set<string>();
  let [opened, dropped] = [0, 0];
  for (const body of bodies) {
    const batch = JSON.parse(body.toString()) as Batch;
    dropped += batch.losses.dropped;
    for (const { client, server: to, serverPort, seconds } of batch.flows) {
      if (!client.startsWith(CLIENT_PREFIX)) continue;
      keys.add(`${client} ${to} ${serverPort}`);
      for (const second of seconds) opened += second.opened;
    }
  }
  return { batches: bodies.length, opened, keys: keys.size, dropped, bytes };
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
