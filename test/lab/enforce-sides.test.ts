/** The second reading of policies, by which the lab enforces them, says what the evaluator says: neither shares code with the other. */
import { BlockList, isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EnforcedCluster, EnforcedPod } from '../../e2e/lab/enforce-pods.ts';
import { sidesOf } from '../../e2e/lab/enforce-sides.ts';
import type { FarEnd, Side, Way } from '../../e2e/lab/enforce-sides.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { evaluateSide } from '../../src/netpol/evaluate.ts';
import type { Connection } from '../../src/netpol/evaluate.ts';
import { parsePolicy } from '../../src/netpol/parse/parse-policy.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { End } from '../../src/netpol/world.ts';
import { randomCluster } from '../netpol/random-cluster.ts';
import type { RandomCluster } from '../netpol/random-cluster.ts';

/** Fixed, so that a failure is the same for everybody. */
const SEED = 20_261_122;
const RUNS = 800;

test(`addresses and ports that a side lets through are those of the evaluator, on ${RUNS} random clusters`, () => {
  const judged = { allowed: 0, denied: 0, 'not-isolated': 0 };
  fc.assert(
    fc.property(randomCluster(), (cluster) => {
      const policies = acceptable(cluster.policies);
      const set = compilePolicies(policies, cluster.world);
      const sides = sidesOf(policies, enforced(cluster));
      for (const connection of cluster.connections)
        for (const way of ['ingress', 'egress'] as const) {
          const side = sideOf(sides, way, connection);
          const far = farAddress(cluster, way, connection);
          if (side === undefined || far === null) continue;
          const verdict = evaluateSide(set, way, connection);
          // What stands above every rule is the kernel's to know: a pod's own node, and the pod itself.
          if (verdict.reason === 'own-node' || verdict.reason === 'self') continue;
          expect(letsThrough(side, far, connection), `${way} ${JSON.stringify(connection)}`).toBe(
            verdict.allowed,
          );
          judged[side.isolated ? (verdict.allowed ? 'allowed' : 'denied') : 'not-isolated'] += 1;
        }
    }),
    { seed: SEED, numRuns: RUNS },
  );
  expect(Math.min(...Object.values(judged))).toBeGreaterThan(200);
});

/** As the strict parser passes them: the lab enforces nothing else. */
function acceptable(policies: readonly NetworkPolicy[]): NetworkPolicy[] {
  return policies.flatMap((policy) => {
    const parsed = parsePolicy(JSON.parse(JSON.stringify(policy)), { defaultNamespace: null });
    return parsed.kind === 'policy' ? [parsed.policy] : [];
  });
}

function enforced({ pods, world }: RandomCluster): EnforcedCluster {
  return {
    namespaces: world.namespaces,
    pods: pods
      .filter((pod) => !pod.hostNetwork)
      .map((pod): EnforcedPod => ({
        ...pod,
        workload: `${pod.namespace}/${pod.name}`,
        addresses: pod.ips,
        node: 'node-a',
      })),
  };
}

function sideOf(sides: readonly Side[], way: Way, { client, server }: Connection): Side | undefined {
  const guarded = way === 'ingress' ? server : client;
  return sides.find(
    (side) => side.way === way && guarded.kind === 'pod' && side.pod.name === guarded.pod.name,
  );
}

/**
 * The one address that the far end has on the wire. Null where the kernel and the evaluator look at different worlds: a pod
 * with several addresses, which could use either; an address that is a pod's but was said to be nobody's; a node's pod.
 */
function farAddress({ pods }: RandomCluster, way: Way, connection: Connection): string | null {
  const far = way === 'ingress' ? connection.client : connection.server;
  const seen = way === 'ingress' ? connection.seenAs : undefined;
  if ([connection.client, connection.server].some(isManyFaced)) return null;
  const address = seen ?? (far.kind === 'pod' ? far.pod.ips[0] : far.address);
  if (address === undefined) return null;
  const holders = pods.filter((pod) => pod.ips.includes(address));
  const isHimself = far.kind === 'pod' && holders.length === 1 && holders[0] === far.pod;
  return isHimself || holders.length === 0 ? address : null;
}

function isManyFaced(end: End): boolean {
  return end.kind === 'pod' && (end.pod.hostNetwork || end.pod.ips.length !== 1);
}

/** What the nftables table does with the first packet of a connection. */
function letsThrough({ isolated, permits }: Side, far: string, { protocol, port }: Connection): boolean {
  return (
    !isolated ||
    permits.some(
      (permit) =>
        permit.protocols.includes(protocol) &&
        permit.from <= port &&
        port <= permit.to &&
        isAt(permit.far, far),
    )
  );
}

function isAt(far: FarEnd, address: string): boolean {
  switch (far.kind) {
    case 'anybody':
      return true;
    case 'addresses':
      return far.addresses.includes(address);
    case 'block':
      return isInside(far.cidr, address) && !far.except.some((each) => isInside(each, address));
    default:
      return far satisfies never;
  }
}

function isInside(cidr: string, address: string): boolean {
  const [first = '', length = ''] = cidr.split('/');
  const family = isIPv6(first) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(first, Number(length), family);
  return isIPv6(address) === isIPv6(first) && list.check(address, family);
}
