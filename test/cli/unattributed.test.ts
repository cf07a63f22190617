import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../../src/cli/unattributed.ts';
import { unattributedPage } from '../../src/wire/unattributed-json.ts';
import { runCommand } from './command-run.ts';
import { serveSample } from './explained-server.ts';
import type { Served } from './explained-server.ts';

let server: Served;
beforeAll(async () => {
  server = await serveSample();
});
afterAll(() => server.close());

const unattributed = (...argv: string[]) => runCommand(main, [...argv, '--server', server.url]);

test('lists counts by reason and end, each reason in words with examples, and what was taken back', async () => {
  const { code, stdout, stderr } = await unattributed();
  expect([code, stderr]).toEqual([0, '']);
  await expect(stdout).toMatchFileSnapshot('../golden/unattributed-table.txt');
});

test('filters by time and reason', async () => {
  const { stdout } = await unattributed('--since', '2026-11-03T10:00:00Z');
  expect(stdout).toContain('no-holder-then');
  expect(stdout).not.toContain('seen-as-ambiguous');
  const one = await unattributed('--since', '7d', '--reason', 'seen-as-ambiguous');
  expect(one.stdout).toMatch(/^Not attributed \(connections opened \+ present\): 1\n/);
});

test('prints the answer of the API as JSON', async () => {
  const { stdout } = await unattributed('-o', 'json');
  const answer = unattributedPage.omit({ next: true }).parse(JSON.parse(stdout));
  expect(answer.items.map(({ count }) => count)).toEqual([6, 1]);
  expect(answer.withdrawn).toHaveLength(2);
});

test('says so when there is nothing', async () => {
  const served = await serveSample({ unattributed: () => ({ rows: [], withdrawn: [] }) });
  expect(await runCommand(main, ['--server', served.url])).toEqual({
    code: 0,
    stdout: 'Everything was attributed.\n',
    stderr: '',
  });
  await served.close();
});

test.each([
  [['--reason', 'ambigous'], 'Nearest in spelling: ambiguous'],
  [['--since', '1y'], 'neither a span nor an instant'],
  [['--since', 'now'], 'neither a span nor an instant'],
  [['all'], 'too many arguments'],
])('%j is a usage error', async (argv, words) => {
  const { code, stdout, stderr } = await unattributed(...argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(words);
});

test('a server that does not answer is 3', async () => {
  const gone = await serveSample();
  await gone.close();
  expect((await runCommand(main, ['--server', gone.url])).code).toBe(3);
});

test('--help tells all of it', async () => {
  const { code, stdout } = await unattributed('--help');
  expect(code).toBe(0);
  await expect(stdout).toMatchFileSnapshot('../golden/unattributed-help.txt');
});
