/** Each process has one wall clock, so that a test can put it wrong: nothing in src but runtime/clock.ts asks the system. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', '..', 'src');
const CLOCK = join('runtime', 'clock.ts');

/** What this process's wall clock says, and the system's before and after, with the offset that is asked for. */
function clockOf(offset: string): { status: number | null; stderr: string; out: string } {
  const url = JSON.stringify(pathToFileURL(join(SRC, CLOCK)).href);
  const code = `const { wallClock, systemClock, warnOfOffset } = await import(${url});
    const before = Date.now(); const at = wallClock(); const same = systemClock.now(); const after = Date.now();
    warnOfOffset({ warn: (fields, message) => console.log(JSON.stringify({ ...fields, message })) });
    console.log(JSON.stringify({ before, at, same, after }));`;
  const env = { ...process.env, NETSCRIBE_CLOCK_OFFSET_MS: offset };
  const { status, stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    env,
    encoding: 'utf8',
  });
  return { status, stderr, out: stdout };
}

describe('the wall clock', () => {
  it('is asked for nowhere else in src', () => {
    const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((each) =>
      each.endsWith('.ts'),
    );
    const asking = files.filter((each) =>
      /\bDate\.now\b|\bnew Date\(\)/.test(readFileSync(join(SRC, each), 'utf8')),
    );
    expect(asking).toEqual([CLOCK]);
  });

  it('is put wrong by the environment, and says so', () => {
    const { out } = clockOf('-2000');
    const [warning, times] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number | string>);
    expect(warning).toMatchObject({
      offsetMs: -2000,
      message: 'the clock is put wrong on purpose, as for a test',
    });
    const { before, at, same, after } = times as Record<string, number>;
    expect(at).toBeGreaterThanOrEqual((before ?? 0) - 2000);
    expect(same).toBeLessThanOrEqual((after ?? 0) - 2000);
  });

  it('is the system clock without it, and nothing is said', () => {
    const { out } = clockOf('');
    const { before, at, after } = JSON.parse(out) as Record<string, number>;
    expect(at).toBeGreaterThanOrEqual(before ?? 0);
    expect(at).toBeLessThanOrEqual(after ?? 0);
  });

  it('refuses an offset that is no number', () => {
    const { status, stderr } = clockOf('2s');
    expect(status).not.toBe(0);
    expect(stderr).toContain('NETSCRIBE_CLOCK_OFFSET_MS is no whole number of milliseconds: 2s');
  });
});
