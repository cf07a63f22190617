/** A replay drafts as it is told to, from the same flags as the command for a server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { main } from '../../src/replay/main.ts';
import { sink } from '../cli/command-run.ts';

const CAPTURE = 'examples/online-boutique';

async function replay(...argv: string[]) {
  const stdout = sink();
  const stderr = sink();
  const io = { stdout: stdout.stream, stderr: stderr.stream, signal: new AbortController().signal };
  const code = await main([CAPTURE, '-n', 'shop', ...argv], io);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

test('one policy for the namespace, without the addresses that have a name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netscribe-replay-'));
  const ranges = join(folder, 'ranges.yaml');
  await writeFile(ranges, 'everything beyond: [0.0.0.0/1, 128.0.0.0/1]\n');
  try {
    const { code, stdout } = await replay(
      '--granularity',
      'namespace',
      '--outside',
      'exact',
      '--named-ranges',
      ranges,
    );
    expect(code).toBe(0);
    const policies = parseAllDocuments(stdout).map((document) => document.toJS() as { spec: object } | null);
    expect(policies.filter((policy) => policy !== null)).toMatchObject([
      { metadata: { name: 'netscribe-namespace-shop' }, spec: { podSelector: {} } },
    ]);
    expect(stdout).toContain('# observed: everything beyond');
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);

test('a window that is longer than the capture is told, and changes no policy', async () => {
  const [plain, asked] = [await replay(), await replay('--window', '2w', '--with-evidence')];
  const policies = (yaml: string) =>
    parseAllDocuments(yaml).map((document) => document.toJS() as object | null);
  expect(policies(asked.stdout)).toEqual(policies(plain.stdout));
  expect(asked.stdout).not.toContain('left-out');
  expect(asked.stdout).toContain('# caveat short-window: ');
  expect((await replay('--window', '60m')).stderr).toContain('from 1h to 366d');
}, 60_000);

test('wrong flags are usage, told before anything is read', async () => {
  expect(await replay('--exclude', 'web')).toMatchObject({ code: 2, stdout: '' });
  expect((await replay('--min-days', '0')).stderr).toContain('is not a whole number from 1 to 366');
});

test('a range for nodes that holds pods is told, and drafts say that they are without it', async () => {
  const { stderr, stdout } = await replay('--node-cidrs', '10.244.0.0/16', '192.168.0.0/16');
  expect(stderr).toContain('replay: 10.244.0.0/16 of nodeCIDRs holds addresses of pods or Services');
  expect(stdout).toContain('# caveat node-range-refused: 10.244.0.0/16 of nodeCIDRs');
  expect(stdout).not.toContain('cidr: 10.244.0.0/16');
});
