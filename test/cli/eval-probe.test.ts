import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/eval.ts';
import { folderOf, runCommand } from './command-run.ts';
import { POLICIES, WORKLOADS, listOf, runningPod } from './shop-manifests.ts';

const evaluate = (argv: string[], input?: string) => runCommand(main, argv, input);
const lines = (...probes: readonly unknown[]) =>
  probes.map((probe) => `${JSON.stringify(probe)}\n`).join('\n');
const tcp = (client: string, server: string, port: number, more: object = {}) => ({
  client,
  server,
  protocol: 'tcp',
  port,
  ...more,
});
const probe = async (manifests: string, ...probes: readonly unknown[]) => {
  const folder = await folderOf({ 'all.yaml': manifests });
  return evaluate(['-f', folder, '--probe', '-'], lines(...probes));
};

/** Two kinds of one name, and a pod with the name that a workload's title has. */
const NAMESAKES = [
  WORKLOADS,
  WORKLOADS.split('---')[2]?.replace('kind: Deployment', 'kind: StatefulSet') ?? '',
].join('---');

describe('netscribe eval --probe', () => {
  test('says of workloads, pods and addresses what was decided, and by whom', async () => {
    const { code, stdout } = await probe(
      `${WORKLOADS}---${POLICIES}`,
      tcp('shop/web', 'shop/db', 5432),
      tcp('shop/web[2]', 'shop/Deployment/web', 8080),
      { client: 'ops/backup', server: 'shop/StatefulSet/db', protocol: 'UDP', port: 5433 },
      tcp('203.0.113.9', 'shop/web', 8080),
      tcp('ops/backup', 'shop/web', 8080, { seenAs: '203.0.113.9' }),
      tcp('2001:db8::1', 'shop/web', 8080, { seenAs: null }),
      tcp('shop/db', '10.0.0.1', 443),
      tcp('8.8.8.8', '10.0.0.1', 443),
      tcp('shop/db', 'shop/db', 1),
    );
    await expect(stdout).toMatchFileSnapshot('../golden/eval-probes.txt');
    expect(code).toBe(0);
  });

  test('prints JSON lines with the policies and rules of both sides', async () => {
    const folder = await folderOf({
      'all.yaml': `${WORKLOADS}---${POLICIES}`,
      'probes.jsonl': lines(tcp('shop/web', 'shop/db', 5433)),
    });
    const { stdout } = await evaluate([
      '-f',
      `${folder}/all.yaml`,
      '--probe',
      `${folder}/probes.jsonl`,
      '-o',
      'json',
    ]);
    expect(JSON.parse(stdout)).toEqual({
      client: 'shop/web',
      server: 'shop/db',
      protocol: 'tcp',
      port: 5433,
      verdict: 'denied',
      pods: { judged: 2, allowed: 0 },
      example: { client: 'shop/web[1]', server: 'shop/db' },
      egress: { allowed: false, reason: 'no-rule-matches', isolatedBy: ['shop/web'], allowedBy: [] },
      ingress: { allowed: false, reason: 'no-rule-matches', isolatedBy: ['shop/db'], allowedBy: [] },
    });
  });

  test('takes the address of a pod for the pod', async () => {
    const pods = listOf(
      runningPod('shop/db-0', { ip: '10.0.0.9', labels: { app: 'db' } }),
      runningPod('shop/web-1', { ip: '10.0.0.1', labels: { app: 'web' } }),
    );
    const folder = await folderOf({
      'pods.json': pods,
      'policies.yaml': POLICIES.replace('port: sql', 'port: 5432'),
    });
    const { stdout } = await evaluate(
      ['-f', folder, '--probe', '-'],
      lines(tcp('10.0.0.1', '10.0.0.9', 5432), tcp('10.0.0.2', '10.0.0.9', 5432)),
    );
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/)[3])).toEqual([
      'VERDICT',
      'allowed',
      'denied',
      undefined,
    ]);
  });

  test.each<[string, string, string]>([
    ['no JSON', '{"client":', '<stdin>:1: not a JSON object on a line of its own'],
    ['no object', '7', '<stdin>:1: line: must be an object'],
    [
      'nothing in it',
      '{}',
      '<stdin>:1: client: must be a workload, a pod or an IP address; server: must be a workload, a pod or an IP address; protocol: must be tcp, udp or sctp; port: must be a whole number from 1 to 65535',
    ],
    [
      'a field that is none',
      lines(tcp('shop/web', 'shop/db', 1, { seenas: '10.0.0.1' })),
      '<stdin>:1: seenas: unknown field; nearest: seenAs',
    ],
    [
      'another protocol',
      lines({ ...tcp('shop/web', 'shop/db', 1), protocol: 'icmp' }),
      '<stdin>:1: protocol: must be tcp, udp or sctp',
    ],
    [
      'port 0',
      lines(tcp('shop/web', 'shop/db', 0)),
      '<stdin>:1: port: must be a whole number from 1 to 65535',
    ],
    [
      'a name as seenAs',
      lines(tcp('shop/web', 'shop/db', 1, { seenAs: 'n1' })),
      '<stdin>:1: seenAs: "n1" is not an IP address',
    ],
    [
      'an unknown name',
      lines(tcp('shop/web', 'shop/dbb', 1)),
      '<stdin>:1: There is no workload or pod "shop/dbb" in these manifests. Nearest: shop/db, shop/web.',
    ],
    [
      'several bad lines',
      `${lines(tcp('shop/web', 'shop/db', 1))}\n7\n\n8`,
      '2 problems in probes:\n  <stdin>:3: line: must be an object\n  <stdin>:5: line: must be an object',
    ],
  ])('refuses %s', async (_what, input, says) => {
    const folder = await folderOf({ 'all.yaml': WORKLOADS });
    const { code, stdout, stderr } = await evaluate(['-f', folder, '--probe', '-'], input);
    expect(stderr).toBe(`error: ${says}\n`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('refuses a name that fits two workloads, and takes their kinds', async () => {
    const { code, stderr } = await probe(NAMESAKES, tcp('shop/web', 'shop/db', 1));
    expect(stderr).toBe(
      'error: <stdin>:1: "shop/web" is the name of several things here. Say which: shop/Deployment/web, shop/StatefulSet/web.\n',
    );
    expect(code).toBe(2);
    const { stdout } = await probe(NAMESAKES, tcp('shop/StatefulSet/web', 'shop/Deployment/web', 1));
    expect(stdout).toMatch(/^shop\/StatefulSet\/web +shop\/Deployment\/web +1\/tcp +allowed/m);
  });

  test('refuses an address that two pods have', async () => {
    const pod = (name: string) => runningPod(`shop/${name}`, { ip: '10.0.0.1', labels: {} });
    const { stderr } = await probe(listOf(pod('a'), pod('b')), tcp('10.0.0.1', 'shop/a', 1));
    expect(stderr).toBe(
      'error: <stdin>:1: 10.0.0.1 is the address of several pods: shop/a, shop/b. Name the pod instead of its address.\n',
    );
  });

  test('workloads of one name are listed by their kinds', async () => {
    const { stdout } = await evaluate(['-f', '-', '-n', 'shop', '-o', 'json'], NAMESAKES);
    expect(stdout).toContain('"client":"shop/Deployment/web","server":"shop/StatefulSet/web"');
  });
});

describe('netscribe eval --explain', () => {
  test('tells one connection in words', async () => {
    const { code, stdout } = await evaluate(
      ['-f', '-', '--explain', 'ops/backup -> shop/web:8080'],
      `${WORKLOADS}---${POLICIES}`,
    );
    expect(stdout).toMatch(/^ops\/backup -> shop\/web on TCP 8080 is denied\.\n/);
    expect(stdout).toMatch(/Ingress to shop\/web: denied\. It is isolated by shop\/web/);
    expect(code).toBe(0);
  });

  test('takes a protocol and IPv6 addresses', async () => {
    const ask = async (question: string) =>
      (await evaluate(['-f', '-', '--explain', question], WORKLOADS)).stdout.split('\n')[0];
    expect(await ask('shop/web -> [2001:db8::1]:443/udp')).toBe(
      'shop/web -> 2001:db8::1 on UDP 443 is allowed.',
    );
    expect(await ask('2001:db8::1->shop/web:8080/SCTP')).toBe(
      '2001:db8::1 -> shop/web on SCTP 8080 is allowed.',
    );
  });

  test('tells of two pairs of pods where only some may connect', async () => {
    const pod = (name: string, app: string) =>
      runningPod(`shop/${name}`, {
        ip: `10.0.0.${name.length}`,
        labels: { app, 'pod-template-hash': 'h' },
        owner: 'web-h',
      });
    const pods = [
      pod('web-h-a', 'web'),
      pod('web-h-bb', 'other'),
      runningPod('shop/db', { ip: '10.0.0.1', labels: { app: 'db' } }),
    ];
    const folder = await folderOf({
      'pods.json': listOf(...pods),
      'policies.yaml': POLICIES.replace('port: sql', 'port: 5432'),
    });
    const { stdout } = await evaluate(['-f', folder, '--explain', 'shop/web -> shop/db:5432']);
    expect(stdout).toMatch(
      /^shop\/web -> shop\/db: 1 of 2 pairs of pods may connect\.\n\nshop\/web-h-bb -> shop\/db on TCP 5432 is denied\.\n/,
    );
    expect(stdout).toContain('\n\nshop/web-h-a -> shop/db on TCP 5432 is allowed.\n');
  });

  test('is one JSON object when asked', async () => {
    const { stdout } = await evaluate(
      ['-f', '-', '--explain', 'shop/web -> shop/db:5432', '-o', 'json'],
      WORKLOADS,
    );
    expect(JSON.parse(stdout)).toMatchObject({ client: 'shop/web', server: 'shop/db', verdict: 'allowed' });
  });
});
