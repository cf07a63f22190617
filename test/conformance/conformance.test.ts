/** That `make conformance` can fail: it is run on small truths of its own, right and wrong ones. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(path.join(tmpdir(), 'netscribe-conformance-'));

afterAll(() => rmSync(folder, { recursive: true }));

const truth = {
  name: 'port 81 alone, from b alone',
  pods: ['x/a', 'x/b', 'y/a'],
  ports: [80, 81],
  protocols: ['TCP'],
  extraNamespaceLabels: { y: { team: 'y' } },
  extraPodLabels: { 'x/b': { may: 'call' } },
  policies: [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'p', namespace: 'x' },
      spec: {
        podSelector: { matchLabels: { pod: 'a' } },
        policyTypes: ['Ingress'],
        ingress: [
          { from: [{ podSelector: { matchLabels: { may: 'call' } } }], ports: [{ port: 'serve-81-tcp' }] },
        ],
      },
    },
  ],
  probe: { port: 81, protocol: 'TCP' },
  expect: { 'x/b->x/a': true, 'y/a->x/a': false },
  podIPs: { 'x/a': '10.0.1.1', 'x/b': '10.0.1.2', 'y/a': '10.0.2.1' },
};

function conformance(...args: string[]) {
  const script = path.join(import.meta.dirname, 'run.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

function judged(...cases: object[]) {
  const file = path.join(folder, 'truth.json');
  writeFileSync(file, JSON.stringify({ cases }));
  return conformance(file);
}

test('every probe met is the sum alone', () => {
  const wrongPort = { ...truth, probe: { port: 80, protocol: 'TCP' }, expect: { 'x/b->x/a': false } };
  expect(judged(truth, wrongPort)).toEqual({ status: 0, stdout: 'conformance: 3 of 3\n', stderr: '' });
});

test('a probe that is not met is told with the policies that decided it', () => {
  const { status, stdout } = judged({ ...truth, expect: { 'x/b->x/a': true, 'y/a->x/a': true } });
  expect(status).toBe(1);
  expect(stdout.split('\n')).toEqual([
    `${truth.name}: y/a -> x/a:81/tcp is denied; in a real cluster it was allowed`,
    '  egress: not-isolated',
    '  ingress: no-rule-matches, isolated by x/p',
    `  ${JSON.stringify(truth.policies[0])}`,
    'conformance: 1 of 2',
    '',
  ]);
});

test('a policy that the parser refuses meets no probe', () => {
  const { status, stdout } = judged({
    ...truth,
    policies: [{ ...truth.policies[0], spec: { podselector: {} } }],
  });
  expect(status).toBe(1);
  expect(stdout).toContain(`${truth.name}: policy 1 is refused\n  spec.podselector: `);
  expect(stdout).toMatch(/\nconformance: 0 of 2\n$/);
});

test('no probe at all is no conformance', () => {
  expect(judged({ ...truth, expect: {} })).toMatchObject({ status: 1, stdout: 'conformance: 0 of 0\n' });
});

test('a file that is not there and one that holds something else are said to be', () => {
  const missing = path.join(folder, 'missing.json');
  expect(conformance(missing)).toEqual({
    status: 2,
    stdout: '',
    stderr: `conformance: ${missing} holds no truth data: it cannot be read. Name the file: make conformance TRUTH=FILE\n`,
  });
  const other = path.join(folder, 'other.json');
  writeFileSync(other, '{"cases": [{}]}');
  expect(conformance(other)).toMatchObject({ status: 2, stdout: '' });
  expect(conformance(other).stderr).toContain('cases.0.name: ');
  expect(judged({ ...truth, expect: { 'x/b->x/c': true } })).toMatchObject({ status: 2, stdout: '' });
  writeFileSync(other, 'no JSON');
  expect(conformance(other).stderr).toContain('it is no JSON');
});
