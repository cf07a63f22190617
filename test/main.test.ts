import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..');
let folder: string;

/** main.ts beside commands of the test's own: what it does around a command is under test, not the command. */
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'netscribe-main-'));
  mkdirSync(path.join(folder, 'src/replay'), { recursive: true });
  mkdirSync(path.join(folder, 'src/cli'));
  copyFileSync(path.join(root, 'src/main.ts'), path.join(folder, 'src/main.ts'));
  for (const each of ['domain', 'runtime'])
    cpSync(path.join(root, 'src', each), path.join(folder, 'src', each), { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module","version":"7.8.9"}');
  writeFileSync(
    path.join(folder, 'src/replay/main.ts'),
    `export async function main(argv: string[], io: any): Promise<number> {
      if (argv[0] === 'throw') throw Object.assign(new Error('the capture is broken'), { code: 'broken', hint: 'Mend it.' });
      if (argv[0] === 'flood') while (!io.signal.aborted) { io.stdout.write('line\\n'.repeat(10_000)); await new Promise(setImmediate); }
      if (argv[0] === 'wait' || argv[0] === 'deaf') {
        const alive = setInterval(() => {}, 1000);
        io.stdout.write('ready\\n');
        await new Promise<void>((done) => io.signal.addEventListener('abort', () => {
          io.stdout.write('stopping\\n');
          if (argv[0] === 'wait') done();
        }));
        clearInterval(alive);
        return 0;
      }
      io.stdout.write(argv.join(',') + '\\n');
      return Number(argv[1] ?? 0);
    }`,
  );
  writeFileSync(path.join(folder, 'src/cli/policies.ts'), `throw new Error('loaded without need');`);
});

afterAll(() => rmSync(folder, { recursive: true }));

function netscribe(...args: string[]) {
  return spawnSync(process.execPath, [path.join(folder, 'src/main.ts'), ...args], { encoding: 'utf8' });
}

function start(argument: string) {
  return spawn(process.execPath, [path.join(folder, 'src/main.ts'), 'replay', argument], { stdio: 'pipe' });
}

describe('usage', () => {
  it.each(['--help', '-h', 'help'])('%s lists the commands on standard output', (flag) => {
    const { status, stdout, stderr } = netscribe(flag);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const name of ['agent', 'server', 'policies', 'replay'])
      expect(stdout).toMatch(new RegExp(`^ {2}${name} {2,}\\S`, 'm'));
  });

  it('no command at all is a usage error', () => {
    const { status, stdout, stderr } = netscribe();
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Usage: netscribe');
  });

  it('--version prints the version of the package', () => {
    expect(netscribe('--version')).toMatchObject({ status: 0, stdout: '7.8.9\n' });
  });

  it.each([
    ['polices', 'Did you mean policies?'],
    ['repaly', 'Did you mean replay?'],
    ['agnet', 'Did you mean agent?'],
    ['serve', 'Did you mean server?'],
  ])('%s is answered with the nearest command', (name, guess) => {
    const { status, stderr } = netscribe(name);
    expect(status).toBe(2);
    expect(stderr).toContain(guess);
  });

  it('a name near to none is answered without a guess', () => {
    expect(netscribe('x').stderr).not.toContain('Did you mean');
  });
});

describe('a command', () => {
  it('gets its arguments, and its exit code is that of the process', () => {
    expect(netscribe('replay', 'dir', '3')).toMatchObject({ status: 3, stdout: 'dir,3\n', stderr: '' });
  });

  it('that throws is told in message and hint, without a stack', () => {
    const { status, stderr } = netscribe('replay', 'throw');
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'netscribe: the capture is broken\nMend it.\n' });
  });

  it('is asked by the first signal and ends in its own time', async () => {
    const child = start('wait');
    const output = collect(child.stdout);
    await output.seen('ready');
    child.kill('SIGTERM');
    expect(await exitOf(child)).toEqual({ code: 0, signal: null });
    expect(output.text()).toBe('ready\nstopping\n');
  });

  it('that does not listen is ended by the second signal', async () => {
    const child = start('deaf');
    const output = collect(child.stdout);
    await output.seen('ready');
    child.kill('SIGINT');
    await output.seen('stopping');
    child.kill('SIGINT');
    expect(await exitOf(child)).toEqual({ code: 130, signal: null });
  });

  it('whose reader has gone ends quietly', async () => {
    const child = start('flood');
    const errors = collect(child.stderr);
    await collect(child.stdout).seen('line');
    child.stdout.destroy();
    expect(await exitOf(child)).toEqual({ code: 0, signal: null });
    expect(errors.text()).toBe('');
  });
});

it('the oldest Node is the same in main.ts, in the check before it and in package.json', () => {
  const main = /OLDEST_NODE = \{ major: (\d+), minor: (\d+) \}/.exec(read('src/main.ts'));
  const before = /needed = \[(\d+), (\d+)\]/.exec(read('tools/require-node.cjs'));
  const engines = /"node": ">=(\d+)\.(\d+)"/.exec(read('package.json'));
  expect(main?.slice(1)).toHaveLength(2);
  expect(main?.slice(1)).toEqual(engines?.slice(1));
  expect(before?.slice(1)).toEqual(engines?.slice(1));
});

function read(file: string) {
  return readFileSync(path.join(root, file), 'utf8');
}

function collect(stream: NodeJS.ReadableStream) {
  let text = '';
  const waiting = new Set<() => void>();
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    for (const check of waiting) check();
  });
  const seen = (part: string) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (text.includes(part) && waiting.delete(check)) resolve();
      };
      waiting.add(check);
      check();
    });
  return { text: () => text, seen };
}

function exitOf(child: ReturnType<typeof start>) {
  return new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
}
