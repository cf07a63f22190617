import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/eval.ts';
import { folderOf, runCommand } from './command-run.ts';
import { DB_POLICY, POLICIES, WORKLOADS, listOf, runningPod } from './shop-manifests.ts';

const evaluate = (argv: string[], input?: string) => runCommand(main, argv, input);
const shop = () => folderOf({ 'workloads.yaml': WORKLOADS, 'policies.yml': POLICIES });
const rowsOf = (stdout: string) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
const ALL_V4 = '0.0.0.0-255.255.255.255';
const ALL_V6 = '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

describe('netscribe eval', () => {
  test('prints what may connect as a table', async () => {
    const { code, stdout, stderr } = await evaluate(['-f', await shop()]);
    await expect(stdout).toMatchFileSnapshot('../golden/eval-table.txt');
    expect(stderr).toBe(
      'note: ipBlocks match no pod whose address is not known: 4 of 4 pods have none\n3 workloads (3 by template), 2 policies\n',
    );
    expect(code).toBe(0);
  });

  test('prints it as JSON lines, with ports as ranges and outside ends as address ranges', async () => {
    const { stdout } = await evaluate(['-f', await shop(), '-n', 'shop', '-o', 'json']);
    expect(rowsOf(stdout)).toEqual([
      { client: 'ops/backup', server: 'shop/db', protocol: 'tcp', ports: ['5432-5433'], pods: 'all' },
      { client: 'shop/web', server: 'shop/db', protocol: 'tcp', ports: ['5432'], pods: 'all' },
      {
        client: ['0.0.0.0-9.255.255.255', '11.0.0.0-255.255.255.255'],
        server: 'shop/web',
        protocol: 'tcp',
        ports: ['8080'],
        pods: 'all',
      },
    ]);
  });

  test('reads standard input beside files, in any order', async () => {
    const folder = await folderOf({ 'p.yaml': POLICIES });
    const whole = await evaluate(['-f', await shop()]);
    const parts = await evaluate(['-f', '-', '-f', folder], WORKLOADS);
    expect(parts).toEqual(whole);
  });

  test('keeps pods apart when asked', async () => {
    const { stdout } = await evaluate(['-f', await shop(), '--by', 'pod', '-n', 'shop', '-o', 'json']);
    expect(rowsOf(stdout).map(({ client, server }) => [client, server])).toEqual([
      ['ops/backup', 'shop/db'],
      ['shop/web[1]', 'shop/db'],
      ['shop/web[2]', 'shop/db'],
      [expect.any(Array), 'shop/web[1]'],
      [expect.any(Array), 'shop/web[2]'],
    ]);
  });

  test('every row and every gap agrees with a probe', async () => {
    const folder = await shop();
    const rows = rowsOf((await evaluate(['-f', folder, '-o', 'json'])).stdout);
    const names = ['ops/backup', 'shop/db', 'shop/web'];
    const probes = names.flatMap((client) =>
      names
        .filter((server) => server !== client)
        .flatMap((server) =>
          [5431, 5432, 5433, 5434, 8080].map((port) => ({ client, server, protocol: 'tcp', port })),
        ),
    );
    const { stdout } = await evaluate(
      ['-f', folder, '--probe', '-', '-o', 'json'],
      probes.map((probe) => JSON.stringify(probe)).join('\n'),
    );
    const holds = (ports: unknown, port: number) =>
      (ports as string[])
        .map((text) => text.split('-').map(Number))
        .some(([from = 0, to = from]) => from <= port && port <= to);
    for (const [index, { client, server, protocol, port }] of probes.entries()) {
      const listed = rows.some(
        (row) =>
          row['client'] === client &&
          row['server'] === server &&
          row['protocol'] === protocol &&
          holds(row['ports'], port),
      );
      expect(rowsOf(stdout)[index]).toMatchObject({
        client,
        server,
        port,
        verdict: listed ? 'allowed' : 'denied',
      });
    }
  });

  test('says everything may connect where there is no policy', async () => {
    const { stdout, stderr } = await evaluate(['-f', '-', '-o', 'json', '-n', 'ops'], WORKLOADS);
    expect(rowsOf(stdout)).toContainEqual({
      client: 'ops/backup',
      server: [ALL_V4, ALL_V6],
      protocol: 'sctp',
      ports: ['1-65535'],
      pods: 'all',
    });
    expect(stderr).toContain('note: there is no NetworkPolicy here, so everything may connect\n');
  });
});

describe('pods of a cluster', () => {
  const web = (name: string, ip: string, phase = 'Running') =>
    runningPod(`shop/${name}`, {
      ip,
      phase,
      owner: 'web-7d4f',
      labels: { app: 'web', 'pod-template-hash': '7d4f' },
    });
  const db = runningPod('shop/db-0', { ip: '10.0.0.9', labels: { app: 'db' } });

  test('are folded into the Deployment that made their ReplicaSet, given or not', async () => {
    const replicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: 'web-7d4f',
        namespace: 'shop',
        uid: 'uid-of-web-7d4f',
        ownerReferences: [{ kind: 'Deployment', name: 'web', uid: 'd', controller: true }],
      },
      spec: { replicas: 2, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [] } } },
    };
    const pods = [web('web-7d4f-a', '10.0.0.1'), web('web-7d4f-b', '10.0.0.2'), db];
    const bare = await evaluate(['-f', '-', '-o', 'json'], listOf(...pods));
    const owned = await evaluate(['-f', '-', '-o', 'json'], listOf(replicaSet, ...pods));
    expect(rowsOf(bare.stdout)[0]).toMatchObject({ client: 'shop/db-0', server: 'shop/web' });
    expect(owned).toEqual(bare);
  });

  test('stay with the Deployments that made them where one custom resource owns those', async () => {
    const owned = (name: string) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name,
        namespace: 'shop',
        uid: name,
        ownerReferences: [{ kind: 'ArgoCD', name: 'argocd', uid: 'a', controller: true }],
      },
      spec: { template: { metadata: { labels: { app: name } }, spec: { containers: [] } } },
    });
    const { stdout } = await evaluate(['-f', '-', '-o', 'json'], listOf(owned('server'), owned('redis')));
    expect(rowsOf(stdout)).toContainEqual(
      expect.objectContaining({ client: 'shop/server', server: 'shop/redis' }),
    );
  });

  test('that have finished are no ends, and their workload is judged by its template', async () => {
    const { stdout } = await evaluate(
      ['-f', '-', '--by', 'pod', '-o', 'json'],
      listOf(web('web-7d4f-a', '10.0.0.1'), web('web-7d4f-b', '10.0.0.1', 'Succeeded'), db),
    );
    expect(
      new Set(
        rowsOf(stdout)
          .flatMap(({ client, server }) => [client, server])
          .filter((end) => typeof end === 'string'),
      ),
    ).toEqual(new Set(['shop/db-0', 'shop/web-7d4f-a']));
  });

  test('are matched by ipBlocks, or not when Cilium is meant', async () => {
    const folder = await folderOf({
      'pods.json': listOf(web('web-7d4f-a', '10.0.0.1'), db),
      'policy.yaml': `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24}}]}]
`,
    });
    const clients = async (...argv: string[]) =>
      rowsOf((await evaluate(['-f', folder, '-o', 'json', ...argv])).stdout)
        .filter(({ server, protocol }) => server === 'shop/db-0' && protocol === 'tcp')
        .map(({ client }) => client);
    expect(await clients()).toEqual(['shop/web', ['10.0.0.0-10.0.0.255']]);
    expect(await clients('--ip-blocks', 'outside')).toEqual([['10.0.0.0-10.0.0.255']]);
  });

  test('of which only some may connect are told apart from all', async () => {
    const odd = runningPod('shop/web-7d4f-b', {
      ip: '10.0.0.2',
      owner: 'web-7d4f',
      labels: { app: 'old', 'pod-template-hash': '7d4f' },
    });
    const folder = await folderOf({
      'pods.json': listOf(web('web-7d4f-a', '10.0.0.1'), odd, db),
      'p.yaml': DB_POLICY.replace('port: sql', 'port: 5432'),
    });
    const { stdout } = await evaluate(['-f', folder]);
    expect(stdout).toMatch(/^shop\/web +shop\/db-0 +tcp +5432 \(some pods\)$/m);
    const probe = '{"client":"shop/web","server":"10.0.0.9","protocol":"tcp","port":5432}';
    const answer = rowsOf((await evaluate(['-f', folder, '--probe', '-', '-o', 'json'], probe)).stdout)[0];
    expect(answer).toMatchObject({
      client: 'shop/web',
      server: '10.0.0.9',
      verdict: 'some',
      pods: { judged: 2, allowed: 1 },
      example: { client: 'shop/web-7d4f-b', server: 'shop/db-0' },
    });
  });
});

describe('notes', () => {
  test('name what policies do not do and what is passed over', async () => {
    const policy = (name: string, spec: string) =>
      `---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec: ${spec}\n`;
    const folder = await folderOf({
      'all.yaml': [
        WORKLOADS.replace('metadata: {name: ops, labels: {team: ops}}', 'metadata: {name: other}'),
        policy('gone', '{podSelector: {matchLabels: {app: gone}}}'),
        policy(
          'names',
          '{podSelector: {}, ingress: [{ports: [{port: htp}, {port: http}]}], egress: [{ports: [{port: sql, protocol: UDP}]}]}',
        ),
        policy(
          'bits',
          '{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.1.2.3/8}}, {namespaceSelector: {matchLabels: {team: ops}}}]}]}',
        ),
        '---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x}\n',
        '---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: x}\n',
        ...['a', 'b'].map((name) => `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\n`),
        '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n',
      ].join(''),
    });
    const { code, stderr } = await evaluate(['-f', folder]);
    const at = (line: number, document: number, name: string) =>
      `${folder}/all.yaml:${line}: document ${document}, NetworkPolicy shop/${name}`;
    expect(stderr.split('\n')).toEqual([
      `note: ${at(53, 8, 'bits')}: spec.ingress[0].from[0].ipBlock.cidr: 10.1.2.3/8 has bits set beyond its prefix; it means 10.0.0.0/8`,
      'note: these decide about traffic too and are not judged: 1 CiliumNetworkPolicy.cilium.io, 1 NetworkPolicy.projectcalico.org',
      'note: passed over, for they say nothing here: 2 Service, 1 ConfigMap',
      `note: ${at(43, 6, 'gone')} selects no pod`,
      `note: ${at(48, 7, 'names')}: no pod that it selects has a TCP port named "htp"`,
      `note: ${at(48, 7, 'names')}: no pod here has a UDP port named "sql"`,
      'note: ipBlocks match no pod whose address is not known: 4 of 4 pods have none',
      'note: namespaces without an object are taken to have no label but kubernetes.io/metadata.name: ops',
      '3 workloads (3 by template), 3 policies',
      '',
    ]);
    expect(code).toBe(0);
  });
});

test('--help', async () => {
  const { code, stdout } = await evaluate(['--help']);
  await expect(stdout).toMatchFileSnapshot('../golden/eval-help.txt');
  expect(code).toBe(0);
});
