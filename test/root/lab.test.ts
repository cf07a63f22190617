/** The lab leaves nothing behind, however it ends, keeps a second one out, and its reader of system calls can say no. Root on Linux. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { syncVerdict } from '../../e2e/lab/syscall-order.ts';

const LAB = 'e2e/lab/live.ts';
const LOCK = '/run/netscribe-lab.lock';
/** Far more than anything here takes on a slow and busy machine. */
const PATIENCE_MS = 80_000;
/** Above PID_MAX_LIMIT of Linux: no process ever has it. */
const NO_PROCESS = 4_194_305;
const NOTHING: {
  readonly namespaces: readonly string[];
  readonly programs: readonly string[];
  readonly folders: readonly string[];
  readonly isLocked: boolean;
} = { namespaces: [], programs: [], folders: [], isLocked: false };

function startLab(): ChildProcess {
  return spawn(process.execPath, [LAB], { stdio: 'ignore' });
}

function namespacesOf(processId: number | undefined): string[] {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.startsWith(`nslab${processId}-`));
}

function scratchFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('netscribe-lab-'));
}

/** Until the lab has built nodes and some pods. */
function isBuilding(lab: ChildProcess): Promise<void> {
  return until('a lab that builds', () => {
    if (lab.exitCode !== null) throw new Error('the lab ended');
    return namespacesOf(lab.pid).length >= 8;
  });
}

/** Until the lab has built its world, and runs a server and at least one agent in it. */
function isUp(lab: ChildProcess): Promise<void> {
  return until('a lab that is up', () => {
    if (lab.exitCode !== null) throw new Error('the lab ended');
    const hasBoth = (folder: string): boolean =>
      [' server ', ' agent '].every((command) => programsIn(folder).some((line) => line.includes(command)));
    return namespacesOf(lab.pid).length > 0 && scratchFolders().some(hasBoth);
  });
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const deadline = performance.now() + PATIENCE_MS; !holds(); await delay(100))
    if (performance.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
}

/** Sends a signal and waits; returns exit code and signal. */
async function endedBy(lab: ChildProcess, signal: NodeJS.Signals): Promise<unknown[]> {
  const ended = once(lab, 'exit');
  lab.kill(signal);
  return ended;
}

/** Runs the lab with CLEAN=1 and returns its exit code. */
function clean(): number | null {
  return spawnSync(process.execPath, [LAB], { env: { ...process.env, CLEAN: '1' } }).status;
}

function ip(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** Until all that a lab may leave is gone: what it killed last may take a moment to end. */
async function leavesNothing(lab: ChildProcess, folder: string): Promise<void> {
  await until('the end of its programs', () => programsIn(folder).length === 0);
  expect(leftBy(lab, folder)).toEqual(NOTHING);
}

/** What may outlive a lab. */
function leftBy(lab: ChildProcess, folder: string): typeof NOTHING {
  return {
    namespaces: namespacesOf(lab.pid),
    programs: programsIn(folder),
    folders: scratchFolders(),
    isLocked: existsSync(LOCK),
  };
}

/** Command lines of processes that name the lab's scratch folder: its server and its agents. */
function programsIn(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return ''; // It ended between the listing and now.
      }
    })
    .filter((line) => line.includes(folder));
}

describe('the lab', () => {
  test('keeps a second one out, and leaves nothing when it is interrupted', async () => {
    const lab = startLab();
    await isUp(lab);
    const second = spawnSync(process.execPath, [LAB], { encoding: 'utf8' });
    expect(second.stdout).toContain(`another lab is running (process ${lab.pid}`);
    expect(second.status).toBe(1);
    const [folder = ''] = scratchFolders();
    expect(programsIn(folder).length).toBeGreaterThanOrEqual(2);
    expect(await endedBy(lab, 'SIGINT')).toEqual([130, null]);
    await leavesNothing(lab, folder);
  });

  test('leaves nothing when it is asked to end while it builds', async () => {
    const lab = startLab();
    await isBuilding(lab);
    const [folder = ''] = scratchFolders();
    expect(await endedBy(lab, 'SIGTERM')).toEqual([130, null]);
    await leavesNothing(lab, folder);
  });

  test('CLEAN=1 removes what a killed one left', async () => {
    const lab = startLab();
    await isUp(lab);
    const [folder = ''] = scratchFolders();
    await endedBy(lab, 'SIGKILL');
    expect(namespacesOf(lab.pid).length).toBeGreaterThan(0);
    expect(programsIn(folder).length).toBeGreaterThan(0);
    expect(clean()).toBe(0);
    await leavesNothing(lab, folder);
  });

  test('CLEAN=1 ends and removes a killed bench, and nothing of a running one', async () => {
    const left = `ns-bench-${NO_PROCESS}-n`;
    const used = `ns-bench-${process.pid}-n`;
    for (const name of [left, used]) ip('netns', 'add', name);
    const inside = spawn('ip', ['netns', 'exec', left, 'sleep', '600'], { stdio: 'ignore' });
    try {
      await until('a process in the namespace', () => ip('netns', 'pids', left) !== '');
      const ended = once(inside, 'exit');
      expect(clean()).toBe(0);
      expect(await ended).toEqual([null, 'SIGKILL']);
      expect(ip('netns', 'list')).not.toContain(left);
      expect(ip('netns', 'list')).toContain(used);
    } finally {
      inside.kill('SIGKILL');
      ip('netns', 'del', used);
    }
  });
});

describe('the order of system calls', () => {
  const socket = '31<TCP:[192.168.100.10:8081->192.168.100.1:40000]>';
  const read = `77 read(${socket}, "\\27\\3\\3\\4\\0\\315"..., 65536) = 900`;
  const rest = `77 read(${socket}, "\\1\\2\\3"..., 65536) = 200`;
  const again = `77 read(${socket}, 0x7f0000, 65536) = -1 EAGAIN (Resource temporarily unavailable)`;
  const write = '77 pwrite64(24</tmp/x/server.db-wal>, "\\0\\0"..., 4096, 0) = 4096';
  const sync = '77 fdatasync(24</tmp/x/server.db-wal>)   = 0';
  const answer = `77 write(${socket}, "\\27\\3\\3\\1\\0\\222"..., 300) = 300`;

  test.each([
    ['written and synced before the answer', [read, write, sync, answer], 1],
    ['never synced', [read, write, answer], 0],
    ['synced after the answer', [read, write, answer, sync], 0],
    ['synced before it was written', [read, sync, write, answer], 0],
    ['nothing written at all', [read, sync, answer], 0],
    ['written again after the sync', [read, write, sync, write, answer], 0],
    [
      'a sync that another thread interrupts',
      [
        read,
        write,
        '77 fdatasync(24</tmp/x/server.db-wal> <unfinished ...>',
        '78 read(5, "", 1) = 0',
        '77 <... fdatasync resumed>) = 0',
        answer,
      ],
      1,
    ],
    ['a request whose end comes after the sync', [read, write, sync, rest, answer], 0],
    ['a read that has to be tried again', [read, write, sync, again, answer], 1],
    ['a sync of another file', [read, write, sync.replace('server.db-wal', 'other'), answer], 0],
  ])('%s', (_, lines, synced) => {
    expect(syncVerdict(lines.join('\n'), 8081)).toMatchObject({ answered: 1, synced });
  });

  test('what ends a handshake is no answer', () => {
    const hello = `77 read(${socket}, "\\26\\3\\1\\2\\0\\1"..., 65536) = 517`;
    const lines = [hello, read, answer];
    expect(syncVerdict(lines.join('\n'), 8081)).toEqual({ answered: 0, synced: 0, offence: null });
  });

  test('answers of other requests do not count', () => {
    const other = '31<TCP:[127.0.0.1:8080->127.0.0.1:50000]>';
    const lines = [
      `77 read(${other}, "GET /api/v1/coverage HTTP/1.1\\r\\nho"..., 65536) = 200`,
      answer.replace(socket, other),
    ];
    expect(syncVerdict(lines.join('\n'), 8081)).toEqual({ answered: 0, synced: 0, offence: null });
  });
});
