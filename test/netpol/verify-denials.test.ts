/** Which recorded edges policies deny, at which side and why. */
import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { ip } from '../../src/domain/ip.ts';
import { edge, identity } from '../world.ts';
import { egress, ingress } from './small-cluster.ts';

import { denials, forApp, fromWeb, pod, sql, toDb, verify, workloadOf } from './verify-cases.ts';
import type { Case } from './verify-cases.ts';

describe('which edges are denied', () => {
  test.each<[string, Case, string[]]>([
    ['nothing without policies', { after: {}, edges: ['shop/web -> shop/db:5432/tcp'] }, []],
    [
      'nothing that both sides allow',
      {
        after: {
          'shop/in': forApp('db', ingress({ from: [fromWeb], ports: sql })),
          'shop/out': forApp('web', egress({ to: [toDb], ports: sql })),
        },
        edges: ['shop/web -> shop/db:5432/tcp'],
      },
      [],
    ],
    [
      "another port, at the server's side",
      {
        after: { 'shop/in': ingress({ from: [fromWeb], ports: [{ port: 5433 }] }) },
        edges: ['shop/web -> shop/db:5432/tcp'],
      },
      ['web -> db:5432/tcp at server: wrong-port'],
    ],
    [
      "another peer, at the client's side",
      {
        after: { 'shop/out': forApp('web', egress({ to: [fromWeb], ports: sql })) },
        edges: ['shop/web -> shop/db:5432/tcp'],
      },
      ['web -> db:5432/tcp at client: wrong-peer'],
    ],
    [
      'at both sides, where rules name neither peer nor port, and where there is no rule',
      {
        after: {
          'shop/in': forApp('db', ingress({ from: [toDb], ports: [{ port: 1 }] })),
          'shop/out': forApp('web', egress()),
        },
        edges: ['shop/web -> shop/db:5432/tcp'],
      },
      ['web -> db:5432/tcp at client: deny-all', 'web -> db:5432/tcp at server: no-rule'],
    ],
    [
      'of two policies the one that comes nearest is named',
      {
        after: { 'shop/a': ingress(), 'shop/b': ingress({ from: [fromWeb], ports: [{ port: 80 }] }) },
        edges: ['shop/web -> shop/db:5432/tcp'],
      },
      ['web -> db:5432/tcp at server: wrong-port'],
    ],
    [
      'pods of one workload are two pods, and policies stand between them',
      { after: { 'shop/in': ingress() }, edges: ['shop/web -> shop/web:7946/tcp'] },
      ['web -> web:7946/tcp at server: deny-all'],
    ],
    [
      'some pods only, where labels differ',
      {
        after: { 'shop/in': ingress({ from: [{ podSelector: { matchLabels: { track: 'new' } } }] }) },
        edges: ['shop/canary -> shop/db:5432/tcp'],
      },
      ['canary -> db:5432/tcp at server: wrong-peer (some)'],
    ],
    [
      'the outside, and to it',
      {
        after: { 'shop/in': ingress({ from: [fromWeb] }), 'shop/out': egress({ to: [toDb] }) },
        edges: ['external@203.0.113.9 -> shop/web:8080/tcp', 'shop/web -> external@198.51.100.7:443/tcp'],
      },
      [
        'external@203.0.113.9 -> web:8080/tcp at server: wrong-peer',
        'web -> external@198.51.100.7:443/tcp at client: wrong-peer',
      ],
    ],
  ])('%s', (_promise, given, expected) => {
    expect(denials(verify(given))).toEqual(expected);
  });

  test('only one pod that talked to itself is left alone', () => {
    const one = { names: ['shop/db-0'], count: 1 };
    const own = { ...edge('shop/db -> shop/db:5432/tcp'), clientPods: one, serverPods: one };
    expect(denials(verify({ after: { 'shop/in': ingress() }, edges: [own] }))).toEqual([]);
    const many = { ...own, clientPods: { names: ['shop/db-0', 'shop/db-1'], count: 2 } };
    expect(denials(verify({ after: { 'shop/in': ingress() }, edges: [many] }))).toHaveLength(1);
  });

  test("the server's side judges the address it saw, and its own node is let in", () => {
    const seenAs = (ownNode: boolean): Edge =>
      edge('shop/web -> shop/db:5432/tcp', {
        views: [{ seen: identity('node:node-b@192.168.100.2'), ownNode }],
      });
    const after = { 'shop/in': forApp('db', ingress({ from: [fromWeb], ports: sql })) };
    const { denied } = verify({ after, edges: [seenAs(false)] });
    expect(denied[0]?.sides.map(({ side, seenAs: seen }) => [side, seen?.kind])).toEqual([
      ['server', 'node'],
    ]);
    expect(verify({ after, edges: [seenAs(true)] }).denied).toEqual([]);
    expect(verify({ after: { 'shop/out': egress() }, edges: [seenAs(true)] }).denied).toHaveLength(1);
  });

  test('an edge seen in two ways is denied in some when one of them is shut', () => {
    const views = [
      { seen: identity('shop/web'), ownNode: false },
      { seen: identity('node:node-b@192.168.100.2'), ownNode: false },
    ];
    const given = {
      after: { 'shop/in': ingress({ from: [fromWeb] }) },
      edges: [edge('shop/web -> shop/db:5432/tcp', { views })],
    };
    expect(verify(given).denied.map(({ ways, sides }) => [ways, sides.length])).toEqual([['some', 1]]);
  });

  test('pods that only an ipBlock tells apart are told apart', () => {
    const pods = ['10.0.1.5', '10.0.2.5'].map((address, index) =>
      pod(`shop/web-${index}`, { app: 'web' }, { ips: [ip(address)] }),
    );
    const workloads = [
      workloadOf('shop/web', ...pods),
      workloadOf('shop/db', pod('shop/db-0', { app: 'db' })),
    ];
    const after = { 'shop/in': forApp('db', ingress({ from: [{ ipBlock: { cidr: '10.0.1.0/24' } }] })) };
    expect(denials(verify({ after, workloads, edges: ['shop/web -> shop/db:5432/tcp'] }))).toEqual([
      'web -> db:5432/tcp at server: wrong-peer (some)',
    ]);
  });

  test('counts, instants and policies of a denial are those of the edge and of the side', () => {
    const seen = edge('shop/web -> shop/db:5432/tcp', { opened: 9, answered: 8, present: 2 });
    const [denied] = verify({ after: { 'shop/b': ingress(), 'shop/a': ingress() }, edges: [seen] }).denied;
    expect(denied?.edge).toBe(seen);
    expect(denied?.sides.map(({ isolatedBy }) => isolatedBy)).toEqual([['shop/a', 'shop/b']]);
    expect(denied?.sides[0]?.reason).toEqual({
      code: 'deny-all',
      policy: 'shop/a',
      sentence: 'shop/a: it has no ingress rule, so it allows nothing',
    });
  });
});
