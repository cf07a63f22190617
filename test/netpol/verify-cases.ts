/** A small language for verifying: workloads, policies and edges in one line each. */
import type { Edge } from '../../src/domain/edge.ts';
import { edgeKeyText } from '../../src/domain/edge.ts';
import { ip } from '../../src/domain/ip.ts';
import type { NetworkPolicy, NetworkPolicySpec } from '../../src/netpol/policy.ts';
import type { VerifyWorkload } from '../../src/netpol/verify-ends.ts';
import { verifyPolicies } from '../../src/netpol/verify.ts';
import type { EdgeNeed, Verification, VerifyInput } from '../../src/netpol/verify.ts';
import type { PolicyPod } from '../../src/netpol/world.ts';
import { edge, workload } from '../world.ts';
import { policy } from './small-cluster.ts';

export function pod(name: string, labels: PolicyPod['labels'], detail: Partial<PolicyPod> = {}): PolicyPod {
  const [namespace = '', own = ''] = name.split('/');
  return { namespace, name: own, labels, ips: [], node: 'node-a', hostNetwork: false, ports: [], ...detail };
}

export function workloadOf(name: string, ...pods: readonly PolicyPod[]): VerifyWorkload {
  return { ref: workload(name), pods };
}

export const WORKLOADS = [
  workloadOf('shop/web', pod('shop/web-1', { app: 'web' }), pod('shop/web-2', { app: 'web' })),
  workloadOf('shop/db', pod('shop/db-0', { app: 'db' })),
  workloadOf(
    'shop/canary',
    pod('shop/canary-1', { app: 'canary', track: 'old' }),
    pod('shop/canary-2', { app: 'canary', track: 'new' }),
  ),
  workloadOf('ops/backup', pod('ops/backup-1', { app: 'backup' })),
  workloadOf('shop/gone'),
];

export interface Case {
  readonly before?: Readonly<Record<string, NetworkPolicySpec>>;
  readonly after: Readonly<Record<string, NetworkPolicySpec>>;
  readonly edges: readonly (string | Edge | { readonly edge: Edge; readonly need: EdgeNeed })[];
  readonly workloads?: readonly VerifyWorkload[];
}

export function inputOf({ before = {}, after, edges, workloads = WORKLOADS }: Case): VerifyInput {
  const policies = (specs: Readonly<Record<string, NetworkPolicySpec>>): NetworkPolicy[] =>
    Object.entries(specs).map(([key, spec]) => policy(key, spec));
  return {
    before: policies(before),
    after: policies(after),
    workloads,
    world: {
      namespaces: new Map(),
      nodes: [{ name: 'node-a', addresses: [ip('192.168.100.1')] }],
    },
    edges: edges.map((each) => {
      if (typeof each === 'string') return { edge: edge(each), need: 'needed' };
      return 'need' in each ? each : { edge: each, need: 'needed' };
    }),
  };
}

export function verify(of: Case): Verification {
  return verifyPolicies(inputOf(of));
}

/** `web -> db:5432/tcp at server: wrong-port`, one line a side. */
export function denials({ denied }: Verification): string[] {
  return denied.flatMap(({ edge: each, sides, ways }) =>
    sides.map(
      ({ side, reason }) => `${shortKey(each)} at ${side}: ${reason.code}${ways === 'some' ? ' (some)' : ''}`,
    ),
  );
}

export function shortKey(each: Edge): string {
  return edgeKeyText(each).replaceAll(/workload:\w+\/\w+\//g, '');
}

export const fromWeb = { podSelector: { matchLabels: { app: 'web' } } };
export const toDb = { podSelector: { matchLabels: { app: 'db' } } };
export const sql = [{ port: 5432 }];
export const forApp = (app: string, spec: NetworkPolicySpec): NetworkPolicySpec => ({
  ...spec,
  podSelector: { matchLabels: { app } },
});
