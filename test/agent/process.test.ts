/** The agent as a process of its own: what it loads, how it ends, and what a kill leaves. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { PlayedServer } from './played-server.ts';
import { newFolder, removeFolders } from './running-agent.ts';

const root = path.join(import.meta.dirname, '../..');
let server: PlayedServer;

beforeEach(async () => {
  server = await new PlayedServer().start();
});

afterEach(() => server.close());

afterAll(removeFolders);

/** What an agent must not load, as path of ours or as package. */
const FOREIGN =
  /\/src\/(server|store|kube|identity|netpol|recommend|cli|replay)\/|\/node_modules\/(@?fastify|zod|commander|better-sqlite3|yaml|@kubernetes|undici)\b/;

function listing(): { env: NodeJS.ProcessEnv; flags: string[]; modules: () => string[] } {
  const file = path.join(newFolder(), 'modules');
  return {
    env: { ...process.env, LIST_MODULES: file },
    flags: ['--import', path.join(root, 'test/agent/list-modules.ts')],
    modules: () => readFileSync(file, 'utf8').trim().split('\n'),
  };
}

const argsFor = (stateDir: string) =>
  ['--server', server.url, '--node-name', 'node-a', '--state-dir', stateDir].concat(
    ['--listen', '127.0.0.1:0'],
    ['--batch-window-ms', '200'],
  );

function start(flags: readonly string[], args: readonly string[], env = process.env) {
  const child = spawn(process.execPath, [...flags, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exit = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stderr }));
  });
  return { child, exit };
}

it('--help loads nothing of a server', () => {
  const { env, flags, modules } = listing();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, 'src/main.ts', 'agent', '--help'],
    {
      cwd: root,
      env,
      encoding: 'utf8',
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('Usage: netscribe agent');
  expect(modules().some((url) => url.endsWith('/src/agent/main.ts'))).toBe(true);
  expect(modules().filter((url) => FOREIGN.test(url))).toEqual([]);
});

it('a run from the first flow to SIGTERM loads nothing of a server either', async () => {
  const { env, flags, modules } = listing();
  const program = path.join(root, 'test/agent/run-scripted.ts');
  const { child, exit } = start(flags, [program, ...argsFor(newFolder())], env);
  await server.until(() => server.opened === 3);
  child.kill('SIGTERM');
  expect((await exit).code).toBe(0);
  const loaded = modules();
  for (const each of ['/src/agent/sender.ts', '/src/agent/listener.ts', '/node_modules/pino/'])
    expect(
      loaded.some((url) => url.includes(each)),
      each,
    ).toBe(true);
  expect(loaded.filter((url) => FOREIGN.test(url))).toEqual([]);
});

it('a run on the real source loads nothing of a server, whether this system lets it read or not', async () => {
  const { env, flags, modules } = listing();
  const args = [path.join(root, 'src/main.ts'), 'agent', ...argsFor(newFolder()), '--source', 'procfs'];
  const { child, exit } = start(flags, args, env);
  await Promise.race([server.until(() => server.stored.size > 0), exit]);
  child.kill('SIGTERM');
  const { code, stderr } = await exit;
  // Where /proc does not show conntrack, or not to this user, the agent says what to do and ends with 2.
  if (server.stored.size > 0) expect(code).toBe(0);
  else expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^netscribe: .+\n.+/m) });
  const loaded = modules();
  expect(loaded.some((url) => url.endsWith('/src/conntrack/open-source.ts'))).toBe(true);
  expect(loaded.filter((url) => FOREIGN.test(url))).toEqual([]);
});

it('kill -9 lets the next agent in at once, and no sequence is used again', async () => {
  const stateDir = newFolder();
  const args = [path.join(root, 'test/agent/run-scripted.ts'), ...argsFor(stateDir)];
  const first = start([], args);
  await server.until(() => server.opened === 3);
  first.child.kill('SIGKILL');
  await first.exit;
  await server.emptied();
  const before = Math.max(...server.attempts.map(({ batch }) => batch.sequence));
  const { length } = server.attempts;
  const second = start([], args);
  await server.until(() => server.opened === 6);
  second.child.kill('SIGTERM');
  expect((await second.exit).code).toBe(0);
  const later = server.attempts.slice(length).map(({ batch }) => batch.sequence);
  expect(Math.min(...later)).toBeGreaterThan(before + 1);
  expect(new Set(server.attempts.map(({ batch }) => batch.epoch)).size).toBe(1);
});

it('problems of the command line are told all at once, with exit code 2', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['src/main.ts', 'agent', '--max-keys', 'x'],
    {
      cwd: root,
      env: { PATH: process.env['PATH'] },
      encoding: 'utf8',
    },
  );
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  for (const option of ['--server', '--node-name', '--state-dir', '--max-keys'])
    expect(stderr).toContain(option);
});
