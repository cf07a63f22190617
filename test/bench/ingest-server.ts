/** The server process of the ingest bench: `real` takes batches as `netscribe server` does, `bare` only reads the body and answers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildIngestApp } from '../../src/server/ingest-app.ts';
import { listenAnywhere } from '../../src/server/listen.ts';
import { Live } from '../../src/server/live.ts';
import { openStore } from '../../src/store/store.ts';

async function serveReal(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'netscribe-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const store = openStore(path.join(folder, 'ingest.db'));
  const live = new Live(store, { timing: { slackMs: 20_000, deadlineMs: 300_000 }, now: Date.now });
  const metadata = { name: 'node-a', uid: 'a', creationTimestamp: '2026-11-21T22:00:00Z' };
  live.event({
    observedAt: Date.now(),
    type: 'ADDED',
    object: { apiVersion: 'v1', kind: 'Node', metadata, spec: {}, status: {} },
  });
  live.synced();
  const accepting = {
    generation: store.generation,
    accept: (batch: Parameters<Live['accept']>[0]) => live.accept(batch),
    notReady: () => null,
  };
  return (await listenAnywhere(buildIngestApp(accepting, { logger: false }), { host: '127.0.0.1', port: 0 }))
    .url;
}

function serveBare(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end('{}'));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
    });
  });
}

process.on('disconnect', () => process.exit(0));
process.send?.(await (process.argv[2] === 'bare' ? serveBare() : serveReal()));
