import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { listen } from '../../src/agent/listener.ts';
import { readinessOf } from '../../src/agent/readiness.ts';
import type { Play } from './played-server.ts';
import { ScriptedSource } from './scripted-source.ts';
import { stageOfEachTest } from './stage.ts';

const stage = stageOfEachTest();

async function listening(args: readonly string[] = [], source = new ScriptedSource()): Promise<string> {
  return await stage.start({ source, args: ['--listen', '127.0.0.1:0', ...args] }).url;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type: string;
}

function ask(url: string, options: { method?: string; host?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = options.host === undefined ? {} : { host: options.host };
    const sent = request(url, { method: options.method ?? 'GET', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString(),
          type: response.headers['content-type'] ?? '',
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Asks until the answer is so: what an agent has learnt of an exchange comes a little after the exchange. */
async function asked(url: string, isSo: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await ask(url);
    if (isSo(answer)) return answer;
  }
}

describe('/metrics', () => {
  it('is Prometheus text of bounded labels that follows what happened', async () => {
    let isFirst = true;
    stage.server.play = () => {
      const play = isFirst ? ({ kind: 'refuse', status: 400 } as const) : ({ kind: 'store' } as const);
      isFirst = false;
      return play;
    };
    const source = new ScriptedSource();
    const url = await listening([], source);
    await source.until(() => source.isOpen);
    source.opened(4);
    source.sink.lost(9);
    source.sink.skipped('closing', 2);
    const { status, text, type } = await asked(`${url}/metrics`, (answer) =>
      answer.text.includes('\nnetscribe_agent_last_acknowledged_timestamp_seconds '),
    );
    expect({ status, type }).toEqual({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    for (const line of [
      '# TYPE netscribe_agent_sightings_total counter',
      'netscribe_agent_sightings_total{kind="opened"} 4',
      'netscribe_agent_events_lost_total 9',
      'netscribe_agent_skipped_total{reason="closing"} 2',
      'netscribe_agent_exchanges_total{outcome="parked"} 1',
      'netscribe_agent_queue_batches{state="parked"} 1',
      'netscribe_agent_source_up{kind="netlink"} 1',
      'netscribe_agent_read_lag_seconds 0.05',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^netscribe_agent_last_acknowledged_timestamp_seconds \d+(\.\d+)?$/m);
    const sample = /^[a-z_]+(\{[a-z]+="[a-z-]+"\})? [0-9.e+-]+$/;
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(line.startsWith('#') ? /^# (HELP|TYPE) / : sample);
    expect(text).not.toContain('10.1.');
  });
});

describe('probes', () => {
  it('are alive at once, and ready when the source is open', async () => {
    const source = new ScriptedSource();
    let letStart = (): void => {};
    source.onStart = () => new Promise((resolve) => (letStart = resolve));
    const url = await listening([], source);
    expect(await ask(`${url}/healthz`)).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await ask(`${url}/readyz`)).toMatchObject({ status: 503, text: 'the source is not open\n' });
    letStart();
    await source.until(() => source.isOpen);
    const ready = await asked(`${url}/readyz?verbose`, ({ status }) => status === 200);
    expect(ready.text).toBe('ready\n');
  });

  it('are not ready while no batch is acknowledged', async () => {
    stage.server.play = () => ({ kind: 'refuse', status: 503 });
    const url = await listening();
    await stage.server.until(() => stage.server.attempts.length > 0);
    expect(await ask(`${url}/readyz`)).toMatchObject({
      status: 503,
      text: expect.stringContaining('not acknowledged'),
    });
    expect((await ask(`${url}/healthz`)).status).toBe(200);
    // Else its end would wait for what could not be sent.
    stage.server.play = () => ({ kind: 'store' });
  });

  it.each<[string, Play, string]>([
    ['another server', { kind: 'say', status: 404, body: '<html>' }, 'not-a-netscribe-server'],
    ['a server that refuses every batch', { kind: 'refuse', status: 403, code: 'wrong-node' }, 'wrong-node'],
  ])('are not ready with %s, and say why', async (_name, play, code) => {
    stage.server.play = () => play;
    const url = await listening();
    // When the second attempt is made, the first one's answer is known.
    await stage.server.until(() => stage.server.attempts.length > 1);
    expect(await ask(`${url}/readyz`)).toMatchObject({
      status: 503,
      text: `the server has not acknowledged a batch yet: ${code}\n`,
    });
    stage.server.play = () => ({ kind: 'store' });
    const ready = await asked(`${url}/readyz`, ({ status }) => status === 200);
    expect(ready.text).toBe('ready\n');
  });

  const working = {
    isWatching: true,
    pending: 1,
    acknowledgedAt: 1000,
    trouble: null,
    now: 31_000,
    batchWindowMs: 10_000,
  };
  it.each([
    ['an acknowledgement three windows ago', working, null],
    ['an older one', { ...working, now: 31_001 }, 'the server has not acknowledged a batch for a while'],
    ['an older one and nothing to send', { ...working, now: 99_000, pending: 0 }, null],
    ['none yet', { ...working, acknowledgedAt: null }, 'the server has not acknowledged a batch yet'],
    [
      'an older one and batches refused since',
      { ...working, now: 31_001, pending: 0, trouble: 'wrong-node' },
      'the server has not acknowledged a batch for a while: wrong-node',
    ],
    ['one batch refused a moment ago', { ...working, pending: 0, trouble: 'malformed-batch' }, null],
    [
      'none yet and nothing that answers',
      { ...working, acknowledgedAt: null, trouble: 'unreachable' },
      'the server has not acknowledged a batch yet: unreachable',
    ],
    ['a clock that stepped back', { ...working, now: 0 }, null],
    ['no source', { ...working, isWatching: false }, 'the source is not open'],
  ])('with %s', (_name, progress, expected) => expect(readinessOf(progress)).toBe(expected));
});

describe('requests', () => {
  it.each([
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['10.0.0.1:9464', 403],
    ['127.0.0.1@evil.example', 403],
    ['LOCALHOST:1', 200],
    ['[::1]:9464', 200],
    ['127.0.0.1', 200],
  ])('to Host %s: %i', async (host, status) => {
    const url = await listening();
    expect((await ask(`${url}/healthz`, { host })).status).toBe(status);
  });

  it('change nothing and find three pages', async () => {
    const url = await listening();
    expect((await ask(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
    expect(await ask(`${url}/metrics`, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    expect((await ask(`${url}/`)).status).toBe(404);
  });
});

it('a port that is taken is a problem with what to do', async () => {
  const { port } = new URL(stage.server.url);
  const pages = { metrics: () => '', notReady: () => null };
  await expect(listen({ host: '127.0.0.1', port: Number(port) }, pages)).rejects.toMatchObject({
    code: 'cannot-listen',
    hint: expect.stringContaining('--listen off'),
  });
});
