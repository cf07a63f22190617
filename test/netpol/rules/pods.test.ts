/** NETPOL rules 17, 23, 29 and 30 where objects of the cluster become what the evaluator judges. */
import { describe, expect, test } from 'vitest';
import { ip } from '../../../src/domain/ip.ts';
import { nodeInfoOf, nodeObject } from '../../../src/kube/node.ts';
import { knownPodOf, podObject } from '../../../src/kube/pod.ts';
import { compilePolicies } from '../../../src/netpol/compile.ts';
import { evaluate } from '../../../src/netpol/evaluate.ts';
import type { End } from '../../../src/netpol/world.ts';
import type { KnownPod } from '../../../src/recommend/cluster.ts';
import { policyWorldOf } from '../../../src/recommend/policy-world.ts';
import { egress, ingress, policy, WORLD } from '../small-cluster.ts';

const createdAt = '2026-08-11T00:00:00Z';

const outside: End = { kind: 'address', address: ip('203.0.113.9') };

/** A pod of shop on node-a, as the API server tells it. */
function pod(
  meta: Readonly<Record<string, unknown>>,
  status: Readonly<Record<string, unknown>>,
  spec: Readonly<Record<string, unknown>> = {},
): KnownPod {
  const object = {
    metadata: { namespace: 'shop', name: 'web-1', uid: 'u', creationTimestamp: createdAt, ...meta },
    spec: { nodeName: 'node-a', containers: [{ name: 'main' }], ...spec },
    status: { phase: 'Running', podIP: '10.244.1.10', ...status },
  };
  return knownPodOf(podObject.parse(object), { namespace: 'shop', kind: 'Deployment', name: 'web' });
}

function named(name: string, containerPort: number): object {
  return { name, ports: [{ name, containerPort }] };
}

describe('a pod', () => {
  test('rule 17: lends the port names of its containers and sidecars, not of ordinary init containers', () => {
    const server = pod(
      {},
      {},
      {
        containers: [named('http', 8080)],
        initContainers: [{ ...named('proxy', 15_001), restartPolicy: 'Always' }, named('setup', 9000)],
      },
    );
    const ports = ['http', 'proxy', 'setup'].map((port) => ({ port }));
    const set = compilePolicies([policy('shop/p', ingress({ ports }))], WORLD);
    const allowed = [8080, 15_001, 9000].map(
      (port) =>
        evaluate(set, { client: outside, server: { kind: 'pod', pod: server }, protocol: 'tcp', port })
          .allowed,
    );
    expect(allowed).toEqual([true, true, false]);
  });

  test('rule 29: that has Succeeded or Failed is ended, and every other is none the less an endpoint', () => {
    const phases = ['Pending', 'Running', 'Unknown', 'Succeeded', 'Failed'];
    expect(phases.filter((phase) => pod({}, { phase }).ended)).toEqual(['Succeeded', 'Failed']);
  });

  test('rule 29: that terminates is still client and server by its address', () => {
    const terminating = pod({ deletionTimestamp: createdAt, deletionGracePeriodSeconds: 30 }, {});
    expect(terminating).toMatchObject({ ended: false, ips: ['10.244.1.10'] });
    const self: End = { kind: 'pod', pod: terminating };
    const block = { ipBlock: { cidr: '10.244.1.10/32' } };
    const set = compilePolicies(
      [policy('shop/p', egress({ to: [block] })), policy('data/p', ingress({ from: [block] }))],
      WORLD,
    );
    const other: End = {
      kind: 'pod',
      pod: { ...terminating, namespace: 'data', name: 'db-1', ips: [ip('10.244.2.9')] },
    };
    const verdict = evaluate(set, { client: self, server: other, protocol: 'tcp', port: 80 });
    expect(verdict).toMatchObject({ egress: { allowed: false }, ingress: { allowed: true } });
    expect(evaluate(set, { client: other, server: self, protocol: 'tcp', port: 80 }).allowed).toBe(true);
  });

  test('rule 29: without an address is judged by its labels and is in no ipBlock', () => {
    const waiting = pod({ labels: { app: 'web' } }, { phase: 'Pending', podIP: '' });
    const server: End = { kind: 'pod', pod: { ...waiting, name: 'db-1', labels: {} } };
    const connection = { client: { kind: 'pod', pod: waiting }, server, protocol: 'tcp', port: 80 } as const;
    const everywhere = [{ ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: '::/0' } }];
    const web = [{ podSelector: { matchLabels: { app: 'web' } } }];
    const byPeers = [everywhere, web].map((from) =>
      compilePolicies([policy('shop/p', ingress({ from }))], WORLD),
    );
    expect(byPeers.map((set) => evaluate(set, connection).allowed)).toEqual([false, true]);
  });

  test('rule 30: with other labels is judged by them, though its name is the same', () => {
    const web = [{ podSelector: { matchLabels: { app: 'web' } } }];
    const set = compilePolicies([policy('shop/p', ingress({ from: web }))], WORLD);
    const server: End = { kind: 'pod', pod: pod({ name: 'db-1' }, { podIP: '10.244.1.11' }) };
    const verdicts = ['web', 'other', 'web'].map((app) => {
      const client: End = { kind: 'pod', pod: pod({ labels: { app } }, {}) };
      return evaluate(set, { client, server, protocol: 'tcp', port: 80 }).allowed;
    });
    expect(verdicts).toEqual([true, false, true]);
  });

  test('rule 30: is judged by the labels that its namespace has now', () => {
    const from = [{ namespaceSelector: { matchLabels: { team: 'sales' } } }];
    const client: End = { kind: 'pod', pod: pod({ namespace: 'data' }, {}) };
    const server: End = { kind: 'pod', pod: pod({ name: 'db-1' }, { podIP: '10.244.1.11' }) };
    const verdicts = ['sales', 'storage'].map((team) => {
      const world = { namespaces: new Map([['data', { team }]]), nodes: [] };
      const set = compilePolicies([policy('shop/p', ingress({ from }))], world);
      return evaluate(set, { client, server, protocol: 'tcp', port: 80 }).allowed;
    });
    expect(verdicts).toEqual([true, false]);
  });
});

test('rule 23: a node is every address of its status and the gateway of each of its pod ranges', () => {
  const node = (name: string, address: string, podCIDRs: readonly string[]) =>
    nodeInfoOf(
      nodeObject.parse({
        metadata: { name, uid: name, creationTimestamp: createdAt },
        spec: { podCIDRs },
        status: {
          addresses: [
            { type: 'Hostname', address: name },
            { type: 'InternalIP', address },
            { type: 'ExternalIP', address: '198.51.100.1' },
          ],
        },
      }),
    );
  const world = policyWorldOf({
    namespaces: new Map(),
    nodes: [
      node('node-a', '192.168.0.1', ['10.244.1.0/24', 'fd00:1::/64']),
      { ...node('node-b', '192.168.0.2', ['10.244.2.0/24']), addresses: [ip('192.168.0.2')] },
    ],
  });
  const set = compilePolicies([policy('shop/p', ingress())], world);
  const server: End = { kind: 'pod', pod: pod({}, {}) };
  const allowed = [
    '192.168.0.1',
    '198.51.100.1',
    '10.244.1.1',
    'fd00:1::1',
    '10.244.1.2',
    '192.168.0.2',
    '10.244.2.1',
  ].filter(
    (address) =>
      evaluate(set, { client: { kind: 'address', address: ip(address) }, server, protocol: 'tcp', port: 80 })
        .allowed,
  );
  expect(allowed).toEqual(['192.168.0.1', '198.51.100.1', '10.244.1.1', 'fd00:1::1']);
});

test('rule 23: a node speaks from the ends of its tunnels, too', () => {
  const nodes = ['node-a', 'node-b'].map((name, index) =>
    nodeInfoOf(
      nodeObject.parse({
        metadata: {
          name,
          uid: name,
          creationTimestamp: createdAt,
          annotations: {
            'flannel.alpha.coreos.com/backend-data': '{"VNI":1}',
            'projectcalico.org/IPv4VXLANTunnelAddr': `10.245.${index}.64`,
          },
        },
        spec: { podCIDRs: [`10.244.${index + 1}.0/24`] },
        status: {},
      }),
    ),
  );
  const set = compilePolicies([policy('shop/p', ingress())], policyWorldOf({ namespaces: new Map(), nodes }));
  const server: End = { kind: 'pod', pod: pod({}, {}) };
  const allowed = ['10.244.1.0', '10.245.0.64', '10.244.2.0', '10.245.1.64'].filter(
    (address) =>
      evaluate(set, { client: { kind: 'address', address: ip(address) }, server, protocol: 'tcp', port: 80 })
        .allowed,
  );
  expect(allowed).toEqual(['10.244.1.0', '10.245.0.64']);
});

test('rule 23: a host-network pod is its node’s traffic even where nothing else is known of that node', () => {
  const set = compilePolicies([policy('shop/p', ingress())], { namespaces: new Map(), nodes: [] });
  const server: End = { kind: 'pod', pod: pod({}, {}) };
  const allowed = ['node-a', 'node-b'].map((nodeName) => {
    const host = pod({ name: 'host-1' }, { podIP: '192.168.0.9' }, { nodeName, hostNetwork: true });
    return evaluate(set, { client: { kind: 'pod', pod: host }, server, protocol: 'tcp', port: 80 }).allowed;
  });
  expect(allowed).toEqual([true, false]);
});
