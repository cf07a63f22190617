/** What `netscribe verify` says, and with which exit code, when it cannot answer or will not vouch for the answer. */
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { answerOf, runVerify, serve, servedExample } from './run-verify.ts';

const POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: open, namespace: shop }
spec: { podSelector: {}, ingress: [{}] }
`;

const { replayed, folder, verify } = servedExample();

describe('input that is refused ends with 2 and says what and where', () => {
  test.each<[string, string[], string, RegExp]>([
    ['nothing to judge', [], '', /Say which policies to judge.*-f FILE, --drafts or --in-force/s],
    ['two kinds to judge', ['--drafts', '--in-force'], '', /Only one of -f, --drafts and --in-force/],
    ['--instead of itself', ['--in-force', '--instead'], '', /--instead says nothing there/],
    ['an unknown option', ['--draft'], '', /unknown option '--draft'/],
    [
      'an unknown namespace',
      ['--drafts', '-n', 'shp'],
      '',
      /No namespace "shp" is known here\. Nearest.*shop/,
    ],
    [
      'a namespace of a policy that nobody knows',
      ['-f', '-'],
      POLICY.replace('shop', 'shp'),
      /item 0: metadata\.namespace: namespace "shp" is not known here; nearest in spelling: shop/,
    ],
    [
      'a window that makes no sense',
      ['--drafts', '--since', 'yesterday'],
      '',
      /must be an instant as .*, or a span as 7d/,
    ],
    [
      'a window with no data',
      ['--drafts', '--since', '2031-01-01T00:00:00Z'],
      '',
      /Nothing was recorded since 2031-01-01T00:00:00Z: the record goes from 2026-.* to 2026-/,
    ],
    [
      'a policy that the API server would refuse',
      ['-f', '-'],
      POLICY.replace('ingress', 'ingres'),
      /<stdin>.*ingres/,
    ],
    [
      'no policy at all',
      ['-f', '-'],
      'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n',
      /There is no NetworkPolicy in -/,
    ],
    [
      'a connection that is none',
      ['--drafts', '--explain', 'web to db'],
      '',
      /"web to db" is not a connection.*shop\/web -> shop\/db:5432/s,
    ],
    [
      'a workload that nobody knows',
      ['--drafts', '--explain', 'shop/frontnd -> shop/cartservice:7070'],
      '',
      /No workload "shop\/frontnd" is known here\. Nearest in spelling: shop\/frontend/,
    ],
  ])('%s', async (_what, argv, stdin, words) => {
    const { code, stdout, stderr } = await verify(argv, stdin);
    expect(stderr).toMatch(words);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('the files of a folder that hold the same policy twice are named', async () => {
    for (const name of ['a.yaml', 'b.yaml']) await writeFile(join(folder(), name), POLICY);
    const { code, stderr } = await verify(['-f', folder()]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/b\.yaml.*shop\/open/);
  });
});

describe('an answer that is no answer ends with 3', () => {
  test('no server', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, 'close');
    const { code, stderr } = await runVerify(['--drafts', '--server', `http://127.0.0.1:${port}`]);
    expect(stderr).toMatch(/Cannot reach the server at http:\/\/127\.0\.0\.1/);
    expect(code).toBe(3);
  });

  test.each<[string, { group: string; kind: string }[] | undefined, number, RegExp]>([
    ['nobody looked for policies of other kinds', undefined, 3, /^strict: nobody looked/],
    [
      'policies of other kinds apply',
      [{ group: 'cilium.io', kind: 'CiliumNetworkPolicy' }],
      3,
      /^strict: policies of other kinds may decide: CiliumNetworkPolicy\.cilium\.io/,
    ],
    ['there are none', [], 0, /^$/],
  ])('--strict, when %s', async (_what, otherPolicies, expected, words) => {
    const at = await serve(replayed(), otherPolicies === undefined ? {} : { otherPolicies });
    try {
      const { code, stderr } = await verify(['--drafts', '--strict'], '', at);
      expect(stderr).toMatch(words);
      expect(code).toBe(expected);
      const plain = await verify(['--drafts', '-o', 'json'], '', at);
      expect(plain.code).toBe(0);
      expect(answerOf(plain).otherPolicyKinds).toEqual(otherPolicies ?? null);
    } finally {
      await at.close();
    }
  });

  test('--strict, when something would break as well, is 1', async () => {
    const denying = POLICY.replace('ingress: [{}]', 'ingress: []');
    expect((await verify(['-f', '-', '--strict'], denying)).code).toBe(1);
  });
});
