/** Verifying over one pod of each kind says the same as judging every pod with every other, for random clusters. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Edge, SourceView } from '../../src/domain/edge.ts';
import { identityKey } from '../../src/domain/identity.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { compareText } from '../../src/domain/text-order.ts';
import { workloadKey } from '../../src/domain/workload.ts';
import { compareReach } from '../../src/netpol/compare.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import type { PolicySet } from '../../src/netpol/compile.ts';
import { evaluateSide } from '../../src/netpol/evaluate.ts';
import type { VerifyWorkload } from '../../src/netpol/verify-ends.ts';
import { verifyPolicies } from '../../src/netpol/verify.ts';
import type { End, PolicyPod } from '../../src/netpol/world.ts';
import { edge } from '../world.ts';
import { randomCluster } from './random-cluster.ts';
import type { RandomCluster } from './random-cluster.ts';

/** Pods of one namespace, two workloads to each. */
function workloadsOf(pods: readonly PolicyPod[]): VerifyWorkload[] {
  const groups = Map.groupBy(pods, (pod) => `${pod.namespace}/w${Number(pod.name.replace('pod-', '')) % 2}`);
  return [...groups].map(([key, own]) => {
    const [namespace = '', name = ''] = key.split('/');
    return { ref: { namespace, kind: 'Deployment', name }, pods: own };
  });
}

function edgesOf(cluster: RandomCluster, workloads: readonly VerifyWorkload[]): Edge[] {
  const identityOf = (end: End): Identity => {
    if (end.kind === 'address') return { kind: 'external', address: end.address };
    const found = workloads.find(({ pods }) => pods.includes(end.pod));
    if (found === undefined) throw new Error('a pod of no workload');
    return { kind: 'workload', workload: found.ref };
  };
  return cluster.connections.map((connection, index) => {
    const client = identityOf(connection.client);
    const seen: Identity =
      connection.seenAs === undefined ? client : { kind: 'external', address: connection.seenAs };
    const views: SourceView[] = [{ seen, ownNode: index % 5 === 4 }];
    if (index % 3 === 2) views.push({ seen: client, ownNode: false });
    const { protocol, port } = connection;
    const none = { names: [], count: 0 };
    return {
      ...edge('external@192.0.2.1 -> external@192.0.2.2:1/tcp', { views }),
      client,
      server: identityOf(connection.server),
      protocol,
      port,
      clientPods: none,
      serverPods: none,
    };
  });
}

/** Every pod of a workload, each as if on no node in particular, and a twin of each where a workload talks to itself. */
function everyEnd(identity: Identity, workloads: readonly VerifyWorkload[], isTwin: boolean): End[] {
  if (identity.kind !== 'workload') return [{ kind: 'address', address: identity.address }];
  const pods = workloads.find(({ ref }) => workloadKey(ref) === workloadKey(identity.workload))?.pods ?? [];
  return pods.map((pod): End => ({
    kind: 'pod',
    pod: { ...pod, node: pod.hostNetwork ? pod.node : null, name: isTwin ? `${pod.name}-twin` : pod.name },
  }));
}

function naively(
  set: PolicySet,
  each: Edge,
  workloads: readonly VerifyWorkload[],
): 'allowed' | 'some' | 'all' {
  const isOwn = identityKey(each.client) === identityKey(each.server);
  const { protocol, port } = each;
  const verdicts: boolean[] = [];
  for (const { seen, ownNode } of each.views) {
    for (const server of everyEnd(each.server, workloads, isOwn)) {
      for (const client of everyEnd(each.client, workloads, false)) {
        const out = evaluateSide(set, 'egress', { client, server, protocol, port }).allowed;
        const peer: End =
          identityKey(seen) === identityKey(each.client)
            ? client
            : (everyEnd(seen, workloads, false)[0] ?? client);
        const into =
          ownNode || evaluateSide(set, 'ingress', { client: peer, server, protocol, port }).allowed;
        verdicts.push(out && into);
      }
    }
  }
  if (verdicts.every(Boolean)) return 'allowed';
  return verdicts.some(Boolean) ? 'some' : 'all';
}

test('what is newly allowed is what comparing every pair of workloads finds', () => {
  let opened = 0;
  fc.assert(
    fc.property(randomCluster(), fc.nat(3), (cluster, kept) => {
      const workloads = workloadsOf(cluster.pods);
      const [before, after] = [cluster.policies, cluster.policies.slice(kept)];
      const { world } = cluster;
      const { reach } = verifyPolicies({ before, after, world, workloads, edges: [] });
      const groups = workloads
        .map(({ ref, pods }) => ({ title: `${ref.namespace}/${ref.name}`, pods }))
        .toSorted((a, b) => compareText(a.title, b.title));
      const changes = compareReach(compilePolicies(before, world), compilePolicies(after, world), groups);
      const wanted = changes.filter(({ allowedOnlyAfter }) => allowedOnlyAfter.length > 0);
      if (wanted.length > 0) opened += 1;
      expect(reach.newlyAllowed).toEqual(wanted);
    }),
    { numRuns: 150, seed: 5 },
  );
  expect(opened).toBeGreaterThan(20);
});

test('verdicts do not depend on which pods stand for a workload', () => {
  const seen = { allowed: 0, some: 0, all: 0 };
  fc.assert(
    fc.property(randomCluster(), (cluster) => {
      const workloads = workloadsOf(cluster.pods);
      const edges = edgesOf(cluster, workloads);
      const [before, after] = [cluster.policies.slice(0, 1), cluster.policies];
      const { denied, allowed } = verifyPolicies({
        before,
        after,
        world: cluster.world,
        workloads,
        edges: edges.map((each) => ({ edge: each, need: 'needed' })),
      });
      const set = compilePolicies(after, cluster.world);
      const old = compilePolicies(before, cluster.world);
      expect(denied.length + allowed).toBe(edges.length);
      for (const each of edges) {
        const found = denied.find((one) => one.edge === each);
        const wanted = naively(set, each, workloads);
        seen[wanted] += 1;
        expect(found?.ways ?? 'allowed').toBe(wanted);
        if (found?.breaks === false) expect(naively(old, each, workloads)).not.toBe('allowed');
        if (found?.breaks === true) expect(naively(old, each, workloads)).not.toBe('all');
        expect(found?.sides.length).not.toBe(0);
      }
    }),
    { numRuns: 200, seed: 4 },
  );
  expect(Math.min(seen.allowed, seen.some, seen.all)).toBeGreaterThan(10);
});
