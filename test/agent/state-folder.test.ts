import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStateFolder } from '../../src/agent/state-folder.ts';

let folder: string;
let warnings: string[];
let epochs: number;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'netscribe-state-'));
  warnings = [];
  epochs = 0;
});

afterEach(() => rmSync(folder, { recursive: true }));

const log = { info: () => {}, warn: (_fields: object, message: string) => void warnings.push(message) };
const newEpoch = () => String(++epochs).padStart(32, '0');
const open = (at = folder) => openStateFolder(at, newEpoch, log);

/** A process that takes this many sequences and is killed by the kernel in the midst of its work. */
function takeAndDie(count: number): number[] {
  const program = `
    import { openStateFolder } from ${JSON.stringify(path.join(import.meta.dirname, '../../src/agent/state-folder.ts'))};
    const state = openStateFolder(${JSON.stringify(folder)}, () => 'f'.repeat(32), { info() {}, warn() {} });
    const taken = [];
    for (let i = 0; i < ${count}; i++) taken.push(state.takeSequence());
    process.stdout.write(JSON.stringify(taken), () => process.kill(process.pid, 'SIGKILL'));
    setInterval(() => {}, 1000);`;
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  expect(signal).toBe('SIGKILL');
  return JSON.parse(stdout);
}

describe('the state of an agent', () => {
  it('begins at 1 in a folder that it makes', () => {
    const state = open(path.join(folder, 'a/b'));
    expect([state.takeSequence(), state.takeSequence(), state.epoch]).toEqual([1, 2, newEpochText(1)]);
    state.close();
  });

  it.runIf(process.platform === 'linux')('says at once that a file system takes no folder', () => {
    expect(() => open('/proc/netscribe/state')).toThrow(
      expect.objectContaining({ name: 'ProblemError', code: 'state-not-writable' }),
    );
  });

  it('goes on without a gap after an orderly end', () => {
    const first = open();
    for (let i = 0; i < 200; i++) first.takeSequence();
    first.close();
    const second = open();
    expect([second.takeSequence(), second.epoch, epochs]).toEqual([201, first.epoch, 1]);
    second.close();
    expect(warnings).toEqual([]);
  });

  it.each([0, 1, 62, 63, 64, 65, 130])(
    'after kill -9 with %i taken: none is used again, and one is missing',
    (count) => {
      const taken = takeAndDie(count);
      expect(taken).toEqual(Array.from({ length: count }, (_, index) => index + 1));
      const state = open();
      const next = state.takeSequence();
      expect(state.epoch).toBe('f'.repeat(32));
      expect(next).toBeGreaterThan(count + 1);
      expect(next).toBeLessThanOrEqual(count + 1 + 64);
      state.close();
    },
  );

  it.each([
    ['cut off', '{"format":"netscribe-agent-state-1","epo'],
    ['empty', ''],
    ['foreign', '{"hello":"world"}'],
    [
      'of another format',
      '{"format":"netscribe-agent-state-2","epoch":"00000000000000000000000000000001","next":5}',
    ],
    ['without an epoch', '{"format":"netscribe-agent-state-1","epoch":"1","next":5}'],
    [
      'without a sequence',
      '{"format":"netscribe-agent-state-1","epoch":"00000000000000000000000000000001","next":1.5}',
    ],
    ['endless', 'x'.repeat(100_000)],
    ['null', 'null'],
  ])('that is %s begins a new epoch, loudly', (_name, text) => {
    open().close();
    writeFileSync(path.join(folder, 'epoch'), text);
    const state = open();
    expect([state.epoch, state.takeSequence()]).toEqual([newEpochText(2), 1]);
    expect(warnings).toEqual([expect.stringContaining('a new epoch begins')]);
    state.close();
  });

  it('that was half written stays as it was', () => {
    const first = open();
    first.takeSequence();
    first.close();
    writeFileSync(path.join(folder, 'epoch.new'), '{"form');
    const second = open();
    expect([second.epoch, second.takeSequence()]).toEqual([newEpochText(1), 2]);
    second.close();
  });

  it('belongs to one agent at a time', () => {
    const state = open();
    expect(() => open()).toThrow(
      expect.objectContaining({ code: 'state-in-use', message: expect.stringContaining(folder) }),
    );
    expect(state.takeSequence()).toBe(1);
    state.close();
    open().close();
  });

  it('in a place that cannot be written is refused with what to do', () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    expect(() => open(path.join(file, 'below'))).toThrow(
      expect.objectContaining({ code: 'state-not-writable', hint: expect.stringContaining('--state-dir') }),
    );
    expect(existsSync(path.join(folder, 'epoch'))).toBe(false);
  });

  it('is on the disk before its first sequence is given', () => {
    const state = open();
    const stored: unknown = JSON.parse(readFileSync(path.join(folder, 'epoch'), 'utf8'));
    expect(stored).toEqual({ format: 'netscribe-agent-state-1', epoch: newEpochText(1), next: 65 });
    state.close();
  });
});

function newEpochText(count: number): string {
  return String(count).padStart(32, '0');
}
