import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../../src/cli/whohad.ts';
import { spanText } from '../../src/cli/span-text.ts';
import { ip } from '../../src/domain/ip.ts';
import type { Lease } from '../../src/domain/lease.ts';
import { HOUR, leases } from '../server/sample-sources.ts';
import { runCommand } from './command-run.ts';
import { serveSample } from './explained-server.ts';
import type { Served } from './explained-server.ts';

let server: Served;
beforeAll(async () => {
  server = await serveSample();
});
afterAll(() => server.close());

const whohad = (...argv: string[]) => runCommand(main, [...argv, '--server', server.url]);

test('shows who held an address around an instant as a timeline, with the verdict first', async () => {
  const { code, stdout, stderr } = await whohad('10.0.0.7', '--at', '2026-11-03T09:00:05.700Z');
  expect([code, stderr]).toEqual([0, '']);
  await expect(stdout).toMatchFileSnapshot('../golden/whohad-timeline.txt');
});

test('without an instant it shows all of history, without a verdict', async () => {
  const { code, stdout } = await whohad('10.0.0.7');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^10\.0\.0\.7: 2 leases, oldest first\. --at TIME gives a verdict\.\n\n- {7}pod shop\/web-1/,
  );
  expect(stdout).toContain('it holds the address still, as far as is known');
  expect(stdout).not.toMatch(/[+-][0-9]+ s|THEN/);
});

test('every spelling of an address and an instant is the same question', async () => {
  const asked = await whohad('10.0.0.7', '--at', '2026-11-03T09:00:05.700Z', '-o', 'json');
  const again = await whohad('::ffff:10.0.0.7', '--at', '2026-11-03T10:00:05.7+01:00', '-o', 'json');
  const unix = await whohad('10.0.0.7', '--at', String(HOUR + 5700), '-o', 'json');
  expect([again.stdout, unix.stdout]).toEqual([asked.stdout, asked.stdout]);
  expect(JSON.parse(asked.stdout)).toMatchObject({
    items: [{ when: 'then' }, { when: 'then' }],
    verdict: { kind: 'ambiguous', reason: 'several-holders' },
  });
});

test('a holder whose end nobody told is said to live on, perhaps', async () => {
  const vanished: Lease = { ...leases[1], heldUntil: HOUR + 9000, until: null } as Lease;
  const served = await serveSample({ leases: () => [vanished] });
  const { stdout } = await runCommand(main, [
    '10.0.0.7',
    '--at',
    '2026-11-03T09:00:10Z',
    '--server',
    served.url,
  ]);
  await served.close();
  expect(stdout).toContain('ambiguous (open-end)');
  expect(stdout).toContain('nothing tells its end: it may have lived on');
});

test('more leases than one page holds are all shown', async () => {
  const many: Lease[] = Array.from({ length: 1500 }, (_, index) => ({
    id: `node:${index}`,
    ip: ip('10.0.0.7'),
    holder: { kind: 'node', name: `node-${index}` },
    from: HOUR + index,
    heldFrom: HOUR + index,
    heldUntil: HOUR + index,
    until: HOUR + index,
  }));
  const served = await serveSample({ leases: () => many });
  const { stdout } = await runCommand(main, ['10.0.0.7', '--server', served.url]);
  await served.close();
  expect(stdout.match(/^- {7}node node-/gm)).toHaveLength(1500);
});

test.each([
  [['10.0.0.99'], ''],
  [['10.0.0.99', '--at', '2026-11-03T09:00:00Z'], 'unknown (pod-never-seen)'],
  [['93.184.215.14', '--at', '2026-11-03T09:00:00Z'], 'outside (outside-cluster)'],
])('%j, which nobody ever held, is said so and exits with 1', async ([address = '', ...rest], verdict) => {
  const { code, stdout } = await whohad(address, ...rest);
  expect(code).toBe(1);
  expect(stdout).toContain(`Nobody was ever known to hold ${address}.\n`);
  expect(stdout).toContain(verdict);
});

test.each([
  [['10.0.0.07'], 'is not an IP address'],
  [['shop/web'], 'is not an IP address'],
  [['10.0.0.7', '--at', 'yesterday'], 'is not a time'],
  [['10.0.0.7', '--at', '9999999999999999'], 'is not a time'],
  [[], 'missing required argument'],
  [['10.0.0.7', '10.0.0.8'], 'too many arguments'],
])('%j is a usage error', async (argv, words) => {
  const { code, stdout, stderr } = await whohad(...argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(words);
});

test('a server that does not answer is 3', async () => {
  const gone = await serveSample();
  await gone.close();
  const { code, stderr } = await runCommand(main, ['10.0.0.7', '--server', gone.url]);
  expect(code).toBe(3);
  expect(stderr).toContain('Cannot reach the server');
});

test('--help tells all of it', async () => {
  const { code, stdout } = await whohad('--help');
  expect(code).toBe(0);
  await expect(stdout).toMatchFileSnapshot('../golden/whohad-help.txt');
});

test.each([
  [350, '0.35 s'],
  [59_999, '59.999 s'],
  [60_000, '1 min'],
  [725_000, '12 min 5 s'],
  [12_000_000, '3 h 20 min'],
  [792_000_000, '9 d 4 h'],
])('%d ms is %s', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});
