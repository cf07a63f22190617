/** `netscribe replay --db` on a disk that fills up: a clear message, exit code 2, and what was stored before is whole. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/store.ts';

const root = path.join(import.meta.dirname, '../..');
const mayMount = process.platform === 'linux' && process.getuid?.() === 0;
let disk: string;

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

function replay(db: string): { status: number | null; stdout: string; stderr: string } {
  const argv = ['src/main.ts', 'replay', 'examples/online-boutique', '--db', db];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: root, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function edgesIn(file: string): number {
  const store = openStore(file);
  try {
    return store.edges.all().length;
  } finally {
    store.close();
  }
}

describe.runIf(mayMount)('a full disk', () => {
  beforeAll(() => {
    disk = mkdtempSync(path.join(tmpdir(), 'netscribe-disk-'));
    run('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk);
  });
  afterAll(() => {
    run('umount', disk);
    rmSync(disk, { recursive: true });
  });

  it('ends with exit code 2, names the file, prints no policy and keeps what was stored', () => {
    const db = path.join(disk, 'replay.db');
    expect(replay(db).status).toBe(0);
    const before = edgesIn(db);
    expect(before).toBeGreaterThan(100);
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(path.join(disk, 'ballast'), Buffer.alloc(bavail * bsize));
    const fresh = path.join(disk, 'fresh.db');
    const refused = replay(fresh);
    expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status: 2, stdout: '' });
    expect(refused.stderr).toContain(disk);
    expect(refused.stderr).toMatch(/full|space/i);
    expect(refused.stderr).not.toContain('    at ');
    rmSync(path.join(disk, 'ballast'));
    expect(edgesIn(db)).toBe(before);
    expect(replay(fresh).status).toBe(0);
  });
});
