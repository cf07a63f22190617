/** What drafts allow, against the truth of a recorded world: over every pair of pods, and every pod with addresses. It never looks at conntrack. */
import { intersectRanges } from '../../src/domain/port-range.ts';
import type { PortRange } from '../../src/domain/port-range.ts';
import { ip } from '../../src/domain/ip.ts';
import { scopeOf } from '../../src/domain/special-ranges.ts';
import { workloadTitle } from '../../src/domain/workload.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { allowedPorts } from '../../src/netpol/evaluate.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { End } from '../../src/netpol/world.ts';
import type { ClusterInfo, KnownPod } from '../../src/recommend/cluster.ts';
import { ALL_PROTOCOLS, Allowed, nodesOf } from './truth.ts';
import type { ClassedAddress, Score, Truth } from './truth.ts';

/**
 * Judges what `policies` allow between all pods, and between pods and `addresses`, protocol by protocol, port by port. Adds
 * to `score` and returns one sentence for each pair that differs.
 */
export function judgePolicies(
  policies: readonly NetworkPolicy[],
  cluster: ClusterInfo,
  by: { truth: Truth; addresses: readonly ClassedAddress[]; score: Score },
): string[] {
  const set = compilePolicies(policies, cluster);
  const pods = cluster.workloads.flatMap((workload) => workload.pods).filter((pod) => !pod.hostNetwork);
  const allowed = new Allowed(by.truth, nodesOf(cluster));
  const wrong: string[] = [];
  const judge = (what: string, got: PortRange[], wanted: PortRange[]): void => {
    by.score.add(got, wanted, intersectRanges(got, wanted));
    if (JSON.stringify(got) !== JSON.stringify(wanted))
      wrong.push(`${what}: ${JSON.stringify(got)}, truth ${JSON.stringify(wanted)}`);
  };
  for (const protocol of ALL_PROTOCOLS)
    for (const pod of pods) {
      const title = workloadTitle(pod.workload);
      for (const server of pods.filter((each) => each !== pod)) {
        const other = workloadTitle(server.workload);
        const got = allowedPorts(set, { client: podEnd(pod), server: podEnd(server), protocol });
        judge(`${title} -> ${other} ${protocol}`, got, allowed.between(title, other, protocol));
      }
      for (const address of by.addresses) {
        const outside: End = { kind: 'address', address: ip(address.address) };
        // A pod is never cut off from itself: nothing to judge (NETPOL rule 22).
        if (pod.ips.includes(outside.address) || scopeOf(outside.address) === 'loopback') continue;
        judge(
          `${title} -> ${address.address} ${protocol}`,
          allowedPorts(set, { client: podEnd(pod), server: outside, protocol }),
          allowed.egress(title, address, protocol),
        );
        judge(
          `${address.address} -> ${title} ${protocol}`,
          allowedPorts(set, { client: outside, server: podEnd(pod), protocol }),
          allowed.ingress(address, title, { protocol, ownNode: pod.node ?? '' }),
        );
      }
    }
  return wrong;
}

function podEnd(pod: KnownPod): End {
  return { kind: 'pod', pod };
}
