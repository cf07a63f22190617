/** NETPOL rules 21, 22, 24, 25 and 28 where they bind what is drafted, not what is judged. */
import { expect, test } from 'vitest';
import type { Edge } from '../../../src/domain/edge.ts';
import { parseProtocol } from '../../../src/domain/protocol.ts';
import { compilePolicies } from '../../../src/netpol/compile.ts';
import { allowedPorts } from '../../../src/netpol/evaluate.ts';
import type { NetworkPolicyPeer, NetworkPolicyPort } from '../../../src/netpol/policy.ts';
import { recommend } from '../../../src/recommend/recommend.ts';
import { cluster, edge, service, workloadInfo } from '../../world.ts';
import { connection, ingress, policy, WORLD } from '../small-cluster.ts';

const web = workloadInfo('shop/web');
const db = workloadInfo('shop/db');
const agent = workloadInfo('kube-system/agent', { hostNetwork: true });

/** Peers and ports of the observed rules of a workload's draft. */
function observed(
  name: string,
  edges: readonly Edge[],
): { peers: readonly NetworkPolicyPeer[] | null; ports: readonly NetworkPolicyPort[] }[] {
  const { outcomes } = recommend({
    cluster: cluster([web, db, agent], {
      services: [
        service('shop/db', { ports: [{ protocol: 'tcp', port: 80, targetPort: 5432, nodePort: null }] }),
      ],
    }),
    edges,
    window: { start: 0, end: 3_600_000 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
  });
  const draft = outcomes.find(({ workload }) => workload.name === name);
  if (draft?.kind !== 'draft') throw new Error(`no draft for ${name}`);
  return draft.rules
    .filter(({ basis }) => basis === 'observed')
    .map(({ peers, ports }) => ({ peers, ports }));
}

test('rule 21: a peer that is a pod is drafted by selector, never by ipBlock', () => {
  const rules = observed('db', [edge('shop/web -> shop/db:5432/tcp')]);
  expect(rules.flatMap(({ peers }) => peers)).toEqual([{ podSelector: { matchLabels: { app: 'web' } } }]);
});

test('rule 22: a workload that dials its own Service is drafted as its own peer, at both sides', () => {
  const rules = observed('db', [edge('shop/db -> shop/db:5432/tcp', { services: ['shop/db'] })]);
  const itself = { podSelector: { matchLabels: { app: 'db' } } };
  expect(rules.map(({ peers }) => peers)).toEqual([[itself], [itself]]);
});

test('rule 24: a host-network pod is drafted as its node’s address, never by its labels', () => {
  const node = observed('db', [edge('node:node-a@192.168.100.1 -> shop/db:5432/tcp')]);
  expect(node.flatMap(({ peers }) => peers)).toEqual([{ ipBlock: { cidr: '192.168.100.1/32' } }]);
  expect(() => observed('db', [edge('kube-system/agent -> shop/db:5432/tcp')])).toThrow('no draft for db');
});

test('rule 25: the port that is drafted is the container’s, not the Service’s', () => {
  const rules = observed('web', [edge('shop/web -> shop/db:5432/tcp', { services: ['shop/db'] })]);
  expect(rules.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([5432]);
});

test('rule 28: ICMP is nothing that can be asked, and a rule for it allows nothing', () => {
  expect(parseProtocol('ICMP')).toBeNull();
  const icmp = { protocol: 'ICMP' } as unknown as NetworkPolicyPort;
  const set = compilePolicies([policy('shop/p', ingress({ ports: [icmp] }))], WORLD);
  const { port: _, ...ends } = connection('shop/web-1 -> shop/db-1:1');
  for (const protocol of ['tcp', 'udp', 'sctp'] as const) {
    expect(allowedPorts(set, { ...ends, protocol })).toEqual([]);
  }
});
