/** The fake API server as a process of its own, as the lab runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { follow, podObject, until } from '../kube/watch/following.ts';

let child: ReturnType<typeof spawn>;
let url: string;

beforeEach(async () => {
  const main = path.join(import.meta.dirname, 'main.ts');
  child = spawn(process.execPath, [main, '--listen', '127.0.0.1:0', '--bookmark-ms', '50'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('no stdout');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const ready = JSON.parse(line) as { ready: boolean; url: string };
  expect(ready.ready).toBe(true);
  ({ url } = ready);
});

afterEach(async () => {
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
});

const control = async (commands: object): Promise<{ status: number; text: string }> => {
  const response = await fetch(`${url}/__control`, { method: 'POST', body: JSON.stringify(commands) });
  return { status: response.status, text: await response.text() };
};

test('obeys its control endpoint, serves what it was told and keeps its history', async () => {
  const following = follow({ url });
  try {
    await until(() => following.lists.length === 1);
    await control({ put: [podObject('shop/web', 'uid-1'), podObject('shop/job', 'uid-2')] });
    await control({ finish: { namespace: 'shop', name: 'job', at: Date.parse('2026-11-21T22:00:00Z') } });
    await control({
      patch: { kind: 'Pod', namespace: 'shop', name: 'web', merge: { status: { podIP: '10.0.0.1' } } },
    });
    await until(() => following.told.length === 4);
    await control({
      cutWatches: true,
      compact: true,
      remove: { kind: 'Pod', namespace: 'shop', name: 'web' },
    });
    await control({ away: 50 });
    await until(
      () => following.told.length === 5,
      () => following.told,
    );
    const finished = following.objects.find(({ metadata, ...rest }) => {
      return (
        metadata.uid === 'uid-2' && (rest as { status?: { phase?: string } }).status?.phase === 'Succeeded'
      );
    });
    expect(finished).toHaveProperty(
      'status.containerStatuses.0.state.terminated.finishedAt',
      '2026-11-21T22:00:00Z',
    );
    expect(following.objects.findLast(({ metadata }) => metadata.uid === 'uid-1')).toHaveProperty('status', {
      phase: 'Running',
      podIP: '10.0.0.1',
    });
    const history = await (await fetch(`${url}/__history?after=1001`)).text();
    const lines = history
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; observedAt: string });
    expect(lines.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED']);
    expect(lines.every(({ observedAt }) => Number.isFinite(Date.parse(observedAt)))).toBe(true);
  } finally {
    await following.stop();
  }
});

test('keeps events of a kind back from watches, as a slow API server does', async () => {
  const following = follow({ url });
  try {
    await until(() => following.lists.length === 1);
    await control({ holdBack: { kind: 'Pod', ms: 400 } });
    const before = Date.now();
    await control({ put: podObject('shop/web', 'uid-1') });
    await until(() => following.told.length === 1);
    expect(Date.now() - before).toBeGreaterThanOrEqual(400);
    // No bookmark may have overtaken what was kept back.
    await until(() => following.progress.includes('@1001'));
    expect(following.progress.indexOf('@1001')).toBeGreaterThanOrEqual(
      following.progress.lastIndexOf('@1000'),
    );
  } finally {
    await following.stop();
  }
});

test('refuses a command that makes no sense, and ends on SIGTERM', async () => {
  expect(await control({ remove: { kind: 'Pod', namespace: 'shop', name: 'nobody' } })).toMatchObject({
    status: 400,
  });
  expect(await control({ put: { kind: 'Unheard', metadata: { name: 'x' } } })).toMatchObject({ status: 400 });
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
});
