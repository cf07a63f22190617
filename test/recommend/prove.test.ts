/** The proof by itself: a policy that is wrong in any one way fails it, and is told why. */
import { expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { edgeKeyText } from '../../src/domain/edge.ts';
import type { NetworkPolicy, NetworkPolicyPeer } from '../../src/netpol/policy.ts';
import { NeededEdges } from '../../src/recommend/needed-edges.ts';
import { PeerBook } from '../../src/recommend/peers.ts';
import { Prover } from '../../src/recommend/prove.ts';
import type { Failures, ProofInput } from '../../src/recommend/prove.ts';
import { cluster, edge, identity, ips, service, workloadInfo } from '../world.ts';

const web = workloadInfo('shop/web');
const db = workloadInfo('shop/db', {
  podLabels: [
    { app: 'db', role: 'primary' },
    { app: 'db', role: 'replica' },
  ],
});
/** Its template will make pods that have one label more. */
const later = { ...workloadInfo('shop/later'), templateLabels: { app: 'later', tier: 'new' } };
const PROVED: Failures = { denied: [], unselected: [] };

/** Of shop/web: lets in and out from and to this peer, on any port. */
function policy(peer: NetworkPolicyPeer, name = 'p', app = 'web'): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'shop' },
    spec: {
      podSelector: { matchLabels: { app } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [peer] }],
      egress: [{ to: [peer] }],
    },
  };
}

const peer = (labels: Readonly<Record<string, string>>): NetworkPolicyPeer => ({
  podSelector: { matchLabels: labels },
});
const block = (cidr: string): NetworkPolicyPeer => ({ ipBlock: { cidr } });

interface Given {
  readonly inbound?: readonly Edge[];
  readonly outbound?: readonly Edge[];
  readonly dialled?: ProofInput['dialled'];
}

function failures(policies: readonly NetworkPolicy[], given: Given = {}): Failures[] {
  const peers = new PeerBook(cluster([web, db, later]), 'workload');
  const prover = new Prover({ namespaces: new Map([['shop', {}]]), nodes: [] }, peers);
  const { inbound = [], outbound = [], dialled = () => [] } = given;
  const workload = peers.known(web.ref);
  const needed = new NeededEdges([...inbound, ...outbound], peers);
  return prover.failures(
    policies.map((each) => ({
      policy: each,
      members: [{ workload, inbound: needed.inbound(workload), outbound: needed.outbound(workload) }],
      isLeftOut: () => false,
      dialled,
    })),
  );
}

const toDb = edge('shop/web -> shop/db:5432/tcp', { services: ['shop/db'] });
const fromDb = edge('shop/db -> shop/web:8080/tcp');
const denies = (each: Edge): Failures[] => [{ denied: [edgeKeyText(each)], unselected: [] }];

test('a policy that selects its pods and allows what they need is proved', () => {
  expect(failures([policy(peer({ app: 'db' }))], { inbound: [fromDb], outbound: [toDb] })).toEqual([PROVED]);
});

test('one that selects other pods is not, nor are two that select the same', () => {
  const [other] = failures([policy(peer({ app: 'db' }), 'p', 'other')]);
  expect(other?.unselected.length).toBeGreaterThan(0);
  const both = failures([policy(peer({ app: 'db' })), policy(peer({ app: 'db' }), 'q')]);
  expect(both.map(({ unselected }) => unselected.length > 0)).toEqual([true, true]);
});

test('every pod of a peer must be allowed, those that its template makes later too', () => {
  for (const role of ['primary', 'replica']) {
    const one = policy(peer({ app: 'db', role }));
    expect(failures([one], { outbound: [toDb] })).toEqual(denies(toDb));
    expect(failures([one], { inbound: [fromDb] })).toEqual(denies(fromDb));
  }
  const toLater = edge('shop/web -> shop/later:80/tcp');
  const today = {
    podSelector: {
      matchLabels: { app: 'later' },
      matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' as const }],
    },
  };
  expect(failures([policy(today)], { outbound: [toLater] })).toEqual(denies(toLater));
});

test('a client counts as the pod’s side saw it', () => {
  const seen = identity('node:node-b@192.168.100.2');
  const rewritten = edge('shop/db -> shop/web:8080/tcp', { views: [{ seen, ownNode: false }] });
  expect(failures([policy(peer({ app: 'db' }))], { inbound: [rewritten] })).toEqual(denies(rewritten));
  expect(failures([policy(block('192.168.100.2/32'))], { inbound: [rewritten] })).toEqual([PROVED]);
});

test('a client that the own node rewrote must be allowed as any that another did; the own node itself need not', () => {
  const seen = identity('node:node-b@192.168.100.2');
  const views = [{ seen, ownNode: true }];
  for (const client of ['external@198.18.0.9', 'shop/db', 'node:node-a@192.168.100.1']) {
    const rewritten = edge(`${client} -> shop/web:8080/tcp`, { views });
    expect(failures([policy(peer({ app: 'db' }))], { inbound: [rewritten] })).toEqual(denies(rewritten));
    expect(failures([policy(block('192.168.100.2/32'))], { inbound: [rewritten] })).toEqual([PROVED]);
  }
  const probe = edge('node:node-b@192.168.100.2 -> shop/web:8080/tcp', { views });
  expect(failures([policy(peer({ app: 'db' }))], { inbound: [probe] })).toEqual([PROVED]);
});

test('a workload that its node rewrote on the way to itself must be allowed as itself', () => {
  const views = [{ seen: identity('node:node-b@192.168.100.2'), ownNode: true }];
  const hairpin = edge('shop/web -> shop/web:8080/tcp', { views });
  const given = { inbound: [hairpin], outbound: [hairpin] };
  expect(failures([policy(peer({ app: 'web' }))], given)).toEqual([PROVED]);
  const shut = policy(peer({ app: 'web' }));
  expect(failures([{ ...shut, spec: { ...shut.spec, ingress: [] } }], given)).toEqual(denies(hairpin));
});

test('a Service must be allowed at each of its addresses where the plugin judges those', () => {
  const front = service('shop/db', { clusterIps: ips('10.96.7.7', '10.96.7.8') });
  const dialled: ProofInput['dialled'] = () =>
    front.clusterIps.flatMap((address) =>
      front.ports.map(({ protocol, port }) => ({ address, protocol, port })),
    );
  const both = { ...policy(peer({ app: 'db' })) };
  const withViews = (...cidrs: readonly string[]): NetworkPolicy => ({
    ...both,
    spec: { ...both.spec, egress: [{ to: [peer({ app: 'db' }), ...cidrs.map(block)] }] },
  });
  expect(failures([withViews('10.96.7.7/32')], { outbound: [toDb], dialled })).toEqual(denies(toDb));
  expect(failures([withViews('10.96.7.6/31', '10.96.7.8/32')], { outbound: [toDb], dialled })).toEqual([
    PROVED,
  ]);
});
