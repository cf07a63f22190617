/**
 * Flows a second from an HTTP body of 200 flows to its answer, with the fsync between, by one server process, against a
 * server that reads the same bodies and answers without looking. Both are asked over 16 kept-alive connections.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import path from 'node:path';
import type { Flow } from '../../src/domain/flow.ts';
import { flow } from '../world.ts';
import type { BenchResult } from './run.ts';

const FLOWS_A_BATCH = 200;
const BATCHES = 600;
const CONNECTIONS = 16;

export async function bench(): Promise<BenchResult> {
  const bodies = Array.from({ length: BATCHES }, (_, index) => bodyOf(index + 1));
  const bare = await elapsed('bare', bodies);
  const real = await elapsed('real', bodies);
  const units = BATCHES * FLOWS_A_BATCH;
  return {
    unit: 'flows',
    measured: {
      what: `batches of ${FLOWS_A_BATCH} flows checked, stored and fsynced before the answer`,
      units,
      elapsedMs: real,
    },
    baseline: { what: 'the same bodies read and answered without looking', units, elapsedMs: bare },
    // 20,000 flows a second.
    targetMs: units / 20,
  };
}

async function elapsed(which: 'bare' | 'real', bodies: readonly Buffer[]): Promise<number> {
  const server = fork(path.join(import.meta.dirname, 'ingest-server.ts'), [which]);
  const [url] = (await once(server, 'message')) as [string];
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const start = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++])
      await post(`${url}/api/v1/batches`, { body, agent });
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const elapsedMs = performance.now() - start;
  agent.destroy();
  server.disconnect();
  await once(server, 'exit');
  return elapsedMs;
}

function post(url: string, by: { body: Buffer; agent: Agent }): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        agent: by.agent,
        headers: { 'content-type': 'application/json', 'content-length': by.body.length },
      },
      (response) => {
        response.resume();
        response.on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
        );
      },
    );
    sent.on('error', reject);
    sent.end(by.body);
  });
}

function bodyOf(sequence: number): Buffer {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  const flows = Array.from({ length: FLOWS_A_BATCH }, (_, index): Flow =>
    flow(
      `10.244.${index % 250}.${1 + (sequence % 250)}:41000 > 10.96.0.${index % 250}:80 = 10.244.7.${index % 250}:8080 tcp`,
      { second, opened: 3, answered: 3 },
    ),
  );
  return Buffer.from(
    JSON.stringify({
      version: 1,
      nodeUid: '',
      nodeName: 'node-a',
      bootId: '',
      epoch: 'ab'.repeat(16),
      sequence,
      windowStart: now - 10_000,
      windowEnd: now,
      sentAt: now,
      readLagMs: 50,
      source: { kind: 'netlink', accounting: false, timestamps: false },
      losses: { dropped: 0, skipped: {} },
      flows,
    }),
  );
}
