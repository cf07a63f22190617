import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/compare.ts';
import { folderOf, runCommand } from './command-run.ts';
import { DB_POLICY, POLICIES, WEB_POLICY, WORKLOADS, listOf, runningPod } from './shop-manifests.ts';

const compare = (argv: string[], input?: string) => runCommand(main, argv, input);

/** The same meaning in other words: another name and order, a port number for its name, two rules for one range. */
const REWORDED = DB_POLICY.replace('name: db', 'name: database')
  .replace('port: sql', 'port: 5432')
  .replace('[{port: 5432, endPort: 5433}]', '[{port: 5433}, {port: 5432, protocol: TCP}]');

async function sides(before: string, after: string, workloads = WORKLOADS) {
  const folder = await folderOf({ 'old.yaml': before, 'new.yaml': after, 'workloads.yaml': workloads });
  return [`${folder}/old.yaml`, `${folder}/new.yaml`, '-f', `${folder}/workloads.yaml`];
}

describe('netscribe compare', () => {
  test('finds policies equal that say the same in other words, and exits with 0', async () => {
    const { code, stdout, stderr } = await compare(await sides(POLICIES, `${REWORDED}---${WEB_POLICY}`));
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/they allow the same: 3 workloads, 2 old and 2 new policies\n$/);
  });

  test('says what is no longer allowed and what is newly allowed, and exits with 1', async () => {
    const after = POLICIES.replace('endPort: 5433', 'endPort: 5432').replace(
      'except: [10.0.0.0/8]',
      'except: [11.0.0.0/8]',
    );
    const { code, stdout, stderr } = await compare(await sides(POLICIES, after));
    expect(stdout).toBe(
      [
        'CLIENT                   SERVER    PROTOCOL  ONLY OLD  ONLY NEW',
        'ops/backup               shop/db   tcp       5433      -',
        '10.0.0.0-10.255.255.255  shop/web  tcp       -         8080',
        '11.0.0.0-11.255.255.255  shop/web  tcp       8080      -',
        '',
      ].join('\n'),
    );
    expect(stderr).toMatch(/they differ: 3 workloads, 2 old and 2 new policies\n$/);
    expect(code).toBe(1);
  });

  test('prints JSON lines', async () => {
    const { stdout } = await compare([...(await sides(POLICIES, WEB_POLICY)), '-o', 'json']);
    const rows = stdout
      .split('\n')
      .filter(Boolean)
      .map((line): unknown => JSON.parse(line));
    expect(rows).toContainEqual({
      client: 'ops/backup',
      server: 'shop/db',
      protocol: 'tcp',
      allowedOnlyBefore: [],
      allowedOnlyAfter: ['1-5431', '5434-65535'],
      pods: 'all',
    });
  });

  test('takes workloads from either side and from standard input', async () => {
    const folder = await folderOf({ 'new.yaml': WEB_POLICY });
    const { code, stderr } = await compare(['-', `${folder}/new.yaml`], `${WORKLOADS}---${WEB_POLICY}`);
    expect(code).toBe(0);
    expect(stderr).toContain('they allow the same: 3 workloads, 1 old and 1 new policies');
  });

  test('judges an object that both sides have as the new one, and says so', async () => {
    const web = (app: string) => listOf(runningPod('shop/web', { ip: '10.0.0.1', labels: { app } }));
    const folder = await folderOf({
      'old.json': web('web'),
      'new.json': web('front'),
      'web.yaml': WEB_POLICY,
    });
    const { code, stderr } = await compare([
      `${folder}/old.json`,
      `${folder}/new.json`,
      '-f',
      `${folder}/web.yaml`,
    ]);
    expect(stderr).toContain(
      'note: given in several places and not alike, taken from the last: Pod shop/web\n',
    );
    expect(stderr).toContain('note: NetworkPolicies of -f are on neither side and are not judged: 1\n');
    expect(code).toBe(0);
  });
});

describe('bad input ends with 2 and says what and where', () => {
  test('without any workload, how to give some', async () => {
    const folder = await folderOf({ 'old.yaml': WEB_POLICY, 'new.yaml': DB_POLICY });
    const { code, stdout, stderr } = await compare([`${folder}/old.yaml`, `${folder}/new.yaml`]);
    expect(stderr).toMatch(
      /^error: There is no pod and no workload here\.\nhint: Without workloads no connection can be compared: give their manifests with -f, /,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('problems of both sides at once', async () => {
    const [before = '', after = ''] = await sides(
      WEB_POLICY.replace('port: http', 'port: 0'),
      `${DB_POLICY}---${DB_POLICY}`,
    );
    const { code, stderr } = await compare([before, after]);
    expect(stderr).toBe(`error: 2 problems in manifests:
  ${before}:2: document 1, NetworkPolicy shop/web: spec.ingress[0].ports[0].port: 0 is no port; ports are whole numbers from 1 to 65535
  ${after}:14: document 2, NetworkPolicy shop/db: is given twice; it also stands in ${after}:2: document 1, NetworkPolicy shop/db
`);
    expect(code).toBe(2);
  });

  test.each([
    [['a'], "error: missing required argument 'new'\n"],
    [['-', '-'], 'error: Standard input (-) can be read only once.\n'],
    [['no/such', '-'], 'error: There is no file or folder no/such.\n'],
  ])('%j', async (argv, says) => {
    const { code, stderr } = await compare(argv);
    expect(stderr).toBe(says);
    expect(code).toBe(2);
  });
});

test('--help', async () => {
  const { code, stdout } = await compare(['--help']);
  await expect(stdout).toMatchFileSnapshot('../golden/compare-help.txt');
  expect(code).toBe(0);
});
