/** What an agent does with a batch, by what the server answers. */
import { describe, expect, it } from 'vitest';
import { refusal } from './played-server.ts';
import type { Play } from './played-server.ts';
import { stageOfEachTest } from './stage.ts';

const stage = stageOfEachTest();

describe('what the server answers', () => {
  it.each<[string, Play]>([
    ['503', refusal(503)],
    ['429 with Retry-After', refusal(429, 'slow-down', '0')],
    ['507', refusal(507, 'disk-full')],
    ['500', refusal(500)],
    ['a page of a proxy with 200', { kind: 'say', status: 200, body: '<html>hello</html>' }],
    [
      'a 200 for another batch',
      { kind: 'say', status: 200, body: '{"generation":"aa","acknowledged":{"epoch":"x","sequence":1}}' },
    ],
    ['a redirect', { kind: 'say', status: 302, body: '' }],
    ['nothing, cutting the socket', { kind: 'cut', stores: false }],
    ['nothing after it stored', { kind: 'cut', stores: true }],
  ])('%s: the batch is sent again, the same and in order', async (_name, play) => {
    stage.server.play = (_batch, attempt) => (attempt < 3 ? play : { kind: 'store' });
    const agent = await stage.started();
    agent.source.opened(5);
    await stage.server.until(() => stage.server.stored.size >= 2);
    expect(await agent.stop()).toBe(0);
    expect(stage.server.attempts.slice(0, 5).map(({ batch }) => batch.sequence)).toEqual([1, 1, 1, 1, 2]);
    const bodies = stage.server.attempts
      .slice(0, 4)
      .map(({ batch }) => JSON.stringify({ ...batch, sentAt: 0 }));
    expect(new Set(bodies).size).toBe(1);
    expect(stage.server.opened).toBe(5);
  });

  it('nothing at all: the exchange ends by its timeout and the batch is sent again', async () => {
    stage.server.play = (_batch, attempt) =>
      attempt === 0 ? { kind: 'silent', stores: true } : { kind: 'store' };
    const agent = await stage.started({ timing: { exchangeMs: 50 } });
    agent.source.opened(5);
    const line = await agent.logged('a batch could not be sent: it is kept and sent again');
    expect(line).toMatchObject({ code: 'unreachable', detail: 'no answer within 50 ms' });
    await stage.server.until(() => stage.server.attempts.length >= 2);
    expect(await agent.stop()).toBe(0);
    expect(stage.server.opened).toBe(5);
  });

  it('Retry-After: it is waited for, not only the backoff', async () => {
    const at: number[] = [];
    stage.server.play = (_batch, attempt) => {
      at.push(performance.now());
      return attempt === 0 ? refusal(503, 'queue-full', '1') : { kind: 'store' };
    };
    await stage.started();
    await stage.server.until(() => stage.server.stored.size > 0);
    const [first = Infinity, second = 0] = at;
    expect(second - first).toBeGreaterThanOrEqual(990);
  });

  it('413: the batch is split until it fits, nothing is lost or told twice', async () => {
    stage.server.play = (batch) =>
      batch.flows.length > 3 ? refusal(413, 'batch-too-large') : { kind: 'store' };
    const agent = await stage.started({ args: ['--batch-window-ms', '3600000'] });
    for (let flow = 0; flow < 10; flow++) agent.source.opened(flow + 1, flow);
    agent.source.sink.lost(4);
    expect(await agent.stop()).toBe(0);
    expect(stage.server.opened).toBe(55);
    expect(stage.server.batches.flatMap(({ flows }) => flows)).toHaveLength(10);
    expect(stage.server.batches.reduce((sum, { losses }) => sum + losses.dropped, 0)).toBe(4);
    const taken = stage.server.attempts.map(({ batch }) => batch.sequence);
    expect(new Set(taken).size).toBe(taken.length);
  });

  it('413 for a single flow: it is put aside and the rest goes on', async () => {
    stage.server.play = (batch) =>
      batch.flows.some(({ client }) => client === '10.1.0.1')
        ? refusal(413, 'batch-too-large')
        : { kind: 'store' };
    const agent = await stage.started({ args: ['--batch-window-ms', '3600000'] });
    agent.source.opened(1, 0);
    agent.source.opened(1, 1);
    agent.source.opened(1, 2);
    expect(await agent.stop()).toBe(0);
    expect(stage.server.opened).toBe(2);
    expect(agent.logs).toContainEqual(
      expect.objectContaining({
        msg: 'the server refuses a batch: it is put aside',
        code: 'batch-too-large',
        flows: 1,
      }),
    );
  });

  it('413 of a stranger, whatever the size: nothing is put aside, and all is sent once that is mended', async () => {
    const page: Play = { kind: 'say', status: 413, body: '<html>too large, says a proxy</html>' };
    let isMended = false;
    stage.server.play = () => (isMended ? { kind: 'store' } : page);
    const agent = await stage.started({ args: ['--batch-window-ms', '3600000', '--max-keys', '100'] });
    for (let flow = 0; flow < 100; flow++) agent.source.opened(1, flow);
    agent.source.sink.lost(4);
    const line = await agent.logged('a batch could not be sent: it is kept and sent again');
    expect(line).toMatchObject({
      code: 'not-a-netscribe-server',
      detail: '413 from what does not take batches: <html>too large, says a proxy</html>',
    });
    expect(stage.server.attempts.at(-1)?.batch.flows).toHaveLength(1);
    isMended = true;
    expect(await agent.stop()).toBe(0);
    expect(stage.server.opened).toBe(100);
    expect(stage.server.batches.reduce((sum, { losses }) => sum + losses.dropped, 0)).toBe(4);
    expect(agent.logs.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  it('413 of a stranger with a limit: the batch is split until it fits, and who said so is logged', async () => {
    stage.server.play = (batch) =>
      batch.flows.length > 3 ? { kind: 'say', status: 413, body: '<html>proxy</html>' } : { kind: 'store' };
    const agent = await stage.started({ args: ['--batch-window-ms', '3600000'] });
    for (let flow = 0; flow < 10; flow++) agent.source.opened(1, flow);
    expect(await agent.stop()).toBe(0);
    expect(stage.server.opened).toBe(10);
    expect(await agent.logged('a batch is too large: split in two')).toMatchObject({
      code: 'http-413',
      detail: '<html>proxy</html>',
      flows: 10,
    });
  });

  it.each([400, 403, 415, 422])(
    '%i: the batch is put aside, loudly, and the next one goes',
    async (status) => {
      stage.server.play = (_batch, attempt) =>
        attempt === 0 ? refusal(status, 'no-good') : { kind: 'store' };
      const agent = await stage.started();
      agent.source.opened(1);
      await stage.server.until(() => stage.server.stored.size >= 2);
      expect(stage.server.batches[0]?.sequence).toBe(2);
      expect(agent.logs).toContainEqual(
        expect.objectContaining({ level: 50, code: 'no-good', detail: `played ${status}`, sequence: 1 }),
      );
    },
  );

  it.each<[string, Play]>([
    ['404 with a page of HTML', { kind: 'say', status: 404, body: '<html>no such page</html>' }],
    ['405 with a page of HTML', { kind: 'say', status: 405, body: '<html>no</html>' }],
    ['400 of another API', { kind: 'say', status: 400, body: '{"code":"bad","detail":"bad"}' }],
    ['409 of another API', { kind: 'say', status: 409, body: '{"error":"conflict"}' }],
    ['404 of another listener of netscribe', refusal(404, 'not-found')],
  ])('%s: it is no server for batches, which are all kept for the one that is', async (_name, play) => {
    stage.server.play = (_batch, attempt) => (attempt < 3 ? play : { kind: 'store' });
    const agent = await stage.started();
    agent.source.opened(5);
    const line = await agent.logged('a batch could not be sent: it is kept and sent again');
    expect(line).toMatchObject({ code: 'not-a-netscribe-server', server: `${stage.server.url}/` });
    expect(line['detail']).toMatch(/^4\d\d from what does not take batches: /);
    await stage.server.until(() => stage.server.stored.size >= 2);
    expect(await agent.stop()).toBe(0);
    expect(stage.server.attempts.slice(0, 4).map(({ batch }) => batch.sequence)).toEqual([1, 1, 1, 1]);
    expect(stage.server.opened).toBe(5);
  });

  it('409: the fenced agent stops with exit code 1 and says why', async () => {
    stage.server.play = () => refusal(409, 'stale-epoch');
    const agent = await stage.started();
    expect(await agent.exit).toBe(1);
    expect(stage.server.attempts).toHaveLength(1);
    expect(agent.source.isOpen).toBe(false);
    expect(agent.logs).toContainEqual(
      expect.objectContaining({
        msg: 'another agent sends for this node now: this one stops',
        detail: 'played 409',
      }),
    );
  });

  it('another generation: what was acknowledged lately, and what was refused, is sent again', async () => {
    stage.server.play = (batch) =>
      batch.sequence === 2 && stage.server.generation === 'aa' ? refusal(400) : { kind: 'store' };
    const agent = await stage.started();
    agent.source.opened(5);
    await stage.server.until(() => stage.server.stored.size >= 3);
    const before = stage.server.batches;
    stage.server.stored.clear();
    stage.server.generation = 'bb';
    await stage.server.until(() =>
      before.every(({ epoch, sequence }) => stage.server.stored.has(`${epoch} ${sequence}`)),
    );
    expect(stage.server.opened).toBe(5);
    expect(stage.server.batches.map(({ sequence }) => sequence)).toContain(2);
    const attempts = stage.server.attempts.length;
    await stage.server.until(() => stage.server.attempts.length >= attempts + 2);
    const sequences = stage.server.attempts.slice(attempts).map(({ batch }) => batch.sequence);
    expect(Math.min(...sequences)).toBeGreaterThan(before.length);
  });
});
