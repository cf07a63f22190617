/** One node with large batches: what it sends counts by its size, and leaves the server to the others. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Pace } from '../../../src/server/access/pace.ts';
import { buildIngestApp } from '../../../src/server/ingest-app.ts';
import { listenAnywhere } from '../../../src/server/listen.ts';

test('batches of 20 MB once unzipped are taken a few times, then asked to wait', async () => {
  const app = buildIngestApp(
    { generation: 'g', accept: () => Promise.resolve(), notReady: () => null },
    {
      logger: false,
      agents: { identify: (token) => Promise.resolve({ node: String(token), nodeUid: null }) },
      pace: new Pace(600, () => 0),
    },
  );
  const server = await listenAnywhere(app, { host: '127.0.0.1', port: 0 });
  const body = gzipSync(JSON.stringify('x'.repeat(20_000_000)));
  const send = async (node: string): Promise<number> => {
    const answer = await fetch(`${server.url}/api/v1/batches`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', authorization: node },
    });
    return answer.status;
  };
  const statuses: number[] = [];
  for (let sent = 0; sent < 10; sent++) statuses.push(await send('node-a'));
  expect(statuses).toEqual([...Array<number>(8).fill(400), 429, 429]);
  expect(await send('node-b')).toBe(400);
  await server.close();
});
