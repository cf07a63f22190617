/** Edges and policies in one line each, and what verifying the one against the other says. */
import { describe, expect, test } from 'vitest';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import { policiesAfter, touchedNamespaces } from '../../src/netpol/verify-change.ts';
import { verifyPolicies } from '../../src/netpol/verify.ts';
import type { Verification } from '../../src/netpol/verify.ts';
import { edge } from '../world.ts';
import { egress, ingress, policy } from './small-cluster.ts';

import { forApp, fromWeb, inputOf, shortKey, sql, verify } from './verify-cases.ts';
import type { Case } from './verify-cases.ts';

describe('what a denial means', () => {
  test.each<[string, Case, Partial<Verification['denied'][number]>]>([
    [
      'a needed edge that was let through breaks',
      { after: { 'shop/in': ingress() }, edges: ['shop/web -> shop/db:5432/tcp'] },
      { breaks: true, deniedBefore: false },
    ],
    [
      'one that was denied before breaks no more',
      {
        before: { 'shop/in': ingress() },
        after: { 'shop/out': egress() },
        edges: ['shop/web -> shop/db:5432/tcp'],
      },
      { breaks: false, deniedBefore: true },
    ],
    [
      'one that was denied to some pods breaks when it is denied to all',
      {
        before: { 'shop/in': ingress({ from: [{ podSelector: { matchLabels: { track: 'new' } } }] }) },
        after: { 'shop/in': ingress() },
        edges: ['shop/canary -> shop/db:5432/tcp'],
      },
      { breaks: true, deniedBefore: false, ways: 'all' },
    ],
    [
      'what nobody answered does not break',
      {
        after: { 'shop/in': ingress() },
        edges: [{ edge: edge('shop/web -> shop/db:5432/tcp', { answered: 0 }), need: 'unanswered' }],
      },
      { breaks: false, need: 'unanswered', deniedBefore: false },
    ],
    [
      'a scan does not break',
      {
        after: { 'shop/in': ingress() },
        edges: [{ edge: edge('shop/web -> shop/db:5432/tcp'), need: 'scan' }],
      },
      { breaks: false, need: 'scan' },
    ],
  ])('%s', (_promise, given, expected) => {
    const { denied } = verify(given);
    expect(denied).toHaveLength(1);
    expect(denied[0]).toMatchObject(expected);
  });

  test('what breaks stands first, then what was denied before, then noise', () => {
    const { denied } = verify({
      before: { 'ops/in': ingress() },
      after: { 'ops/in': ingress(), 'shop/in': ingress() },
      edges: [
        { edge: edge('ops/backup -> shop/db:1/tcp'), need: 'scan' },
        'shop/web -> ops/backup:2/tcp',
        'shop/web -> shop/db:3/tcp',
        'ops/backup -> shop/db:4/tcp',
      ],
    });
    expect(denied.map(({ edge: { port } }) => port)).toEqual([4, 3, 2, 1]);
  });

  test('an edge of a workload of which nothing is left is unjudged, never allowed', () => {
    const { denied, unjudged, allowed } = verify({
      after: {},
      edges: [
        'shop/gone -> shop/db:5432/tcp',
        'shop/web -> shop/gone:80/tcp',
        'shop/gone -> shop/gone:1/tcp',
      ],
    });
    expect({ denied, allowed }).toEqual({ denied: [], allowed: 0 });
    expect(unjudged.map(({ edge: each, reason, gone }) => [shortKey(each), reason, gone.length])).toEqual([
      ['gone -> db:5432/tcp', 'workload-gone', 1],
      ['gone -> gone:1/tcp', 'workload-gone', 1],
      ['web -> gone:80/tcp', 'workload-gone', 1],
    ]);
  });

  test('a needed edge that was denied and would be let through is told', () => {
    const { admitted, allowed } = verify({
      before: { 'shop/in': ingress() },
      after: { 'shop/in': ingress({ from: [fromWeb] }) },
      edges: ['shop/web -> shop/db:5432/tcp', 'ops/backup -> ops/backup:1/tcp'],
    });
    expect(admitted.map(shortKey)).toEqual(['web -> db:5432/tcp']);
    expect(allowed).toBe(2);
  });
});

describe('what a change opens', () => {
  test('only what could not connect before, with the ports', () => {
    const { reach } = verify({
      before: { 'shop/in': forApp('db', ingress({ from: [fromWeb], ports: sql })) },
      after: {
        'shop/in': forApp('db', ingress({ from: [fromWeb], ports: [{ port: 5432, endPort: 5434 }] })),
      },
      edges: [],
    });
    expect(reach.touched).toEqual(['shop']);
    expect(reach.newlyAllowed).toMatchObject([
      {
        client: { kind: 'group', title: 'shop/web' },
        server: { kind: 'group', title: 'shop/db' },
        protocol: 'tcp',
        allowedOnlyAfter: [{ from: 5433, to: 5434 }],
      },
    ]);
    // Two pods of web to one of db, three ports instead of one.
    const { before, after } = reach.reachable;
    expect((after ?? 0) - (before ?? 0)).toBe(4);
    expect(reach.reachable.pods).toBe(6);
    expect(reach.reachable.possible).toBe(6 * 5 * 3 * 65_535);
  });

  test('nothing, where policies only shut or stay as they are', () => {
    const open = { 'shop/in': ingress({ from: [fromWeb] }) };
    const shut = verify({ before: open, after: { 'shop/in': ingress() }, edges: [] }).reach;
    expect(shut).toMatchObject({ touched: ['shop'], newlyAllowed: [] });
    const same = verify({ before: open, after: open, edges: [] }).reach;
    expect(same).toMatchObject({ touched: [], newlyAllowed: [] });
    expect(same.reachable.before).toBe(same.reachable.after);
  });
});

test('the input travels to a thread and gives the same answer there', () => {
  const input = inputOf({
    before: { 'shop/in': ingress() },
    after: { 'shop/in': ingress({ from: [fromWeb] }), 'ops/out': egress() },
    edges: ['shop/web -> shop/db:5432/tcp', 'ops/backup -> shop/db:5432/tcp'],
  });
  expect(verifyPolicies(structuredClone(input))).toEqual(verifyPolicies(input));
});

describe('the policies after a change', () => {
  const inForce = [policy('shop/a', ingress()), policy('shop/b', ingress()), policy('ops/a', ingress())];
  const given = [policy('shop/a', egress()), policy('shop/c', egress())];
  const keys = (policies: readonly NetworkPolicy[]): string[] =>
    policies.map(
      ({ metadata, spec }) => `${metadata.namespace}/${metadata.name} ${spec.policyTypes?.join() ?? ''}`,
    );

  test('together, one of the same name is replaced as kubectl apply does', () => {
    expect(keys(policiesAfter(inForce, given, { kind: 'together' }))).toEqual([
      'ops/a Ingress',
      'shop/a Egress',
      'shop/b Ingress',
      'shop/c Egress',
    ]);
  });

  test('instead, those of the namespaces go and others stay', () => {
    const after = policiesAfter(inForce, given, { kind: 'instead', namespaces: ['shop'] });
    expect(keys(after)).toEqual(['ops/a Ingress', 'shop/a Egress', 'shop/c Egress']);
    expect(touchedNamespaces(inForce, after)).toEqual(['shop']);
    expect(touchedNamespaces(inForce, inForce.toReversed())).toEqual([]);
  });
});
