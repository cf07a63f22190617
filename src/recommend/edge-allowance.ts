/** Whether the policies in force allow the connections behind a rule, on its own side; each edge as every kind of pod has it today. */
import type { Edge } from '../domain/edge.ts';
import { compilePolicies } from '../netpol/compile.ts';
import type { PolicySet } from '../netpol/compile.ts';
import { sideJudge } from '../netpol/evaluate.ts';
import type { SideJudge } from '../netpol/evaluate.ts';
import type { NetworkPolicy } from '../netpol/policy.ts';
import { EndBook } from '../netpol/verify-ends.ts';
import type { Direction, End, PolicyPod } from '../netpol/world.ts';
import type { ClusterInfo, WorkloadInfo } from './cluster.ts';
import type { RuleEffect } from './existing.ts';
import { governedPods } from './governed-pods.ts';
import { policyWorldOf } from './policy-world.ts';
import { clientsToLetIn } from './seen-clients.ts';

export class EdgeAllowance {
  readonly #ends: EndBook;
  readonly #today: SideJudges;
  readonly #staying: SideJudges;

  /** `kept` are those of the cluster's policies that stay in force beside the drafts. */
  constructor(cluster: ClusterInfo, kept: readonly NetworkPolicy[]) {
    const world = policyWorldOf(cluster);
    const workloads = cluster.workloads.map((workload) => ({ ref: workload.ref, pods: podsOf(workload) }));
    this.#ends = new EndBook(workloads, cluster.policies);
    this.#today = new SideJudges(compilePolicies(cluster.policies, world));
    this.#staying = new SideJudges(compilePolicies(kept, world));
  }

  /**
   * `isKeptIsolated`: policies that stay in force isolate every pod at the rule's end. `isInForce`: a policy of today has the rule.
   */
  of(
    direction: Direction,
    edges: readonly Edge[],
    by: { readonly isKeptIsolated: boolean; readonly isInForce: boolean },
  ): RuleEffect {
    // The draft is proved to allow what it was made from.
    if (by.isInForce && !by.isKeptIsolated) return 'carries-over';
    const ways = edges.map((edge) => this.#waysOf(direction, edge));
    const known = ways.filter((each) => each !== null);
    if (!by.isInForce && known.some((each) => !allowed(each, this.#today, direction))) return 'adds';
    if (known.length < ways.length) return 'not-compared';
    const stays = by.isKeptIsolated && known.every((each) => allowed(each, this.#staying, direction));
    return stays ? 'already-allowed' : 'carries-over';
  }

  /** Null when nothing is left of one of the ends. */
  #waysOf(direction: Direction, edge: Edge): Ways | null {
    const own = direction === 'ingress' ? edge.server : edge.client;
    const pods = this.#ends.endsOf(own).flatMap((end) => (end.kind === 'pod' ? [end.pod] : []));
    const peers = direction === 'ingress' ? clientsToLetIn(edge) : [edge.server];
    const far = peers.map((peer) => this.#ends.endsOf(peer));
    if (pods.length === 0 || far.some((ends) => ends.length === 0)) return null;
    return { edge, pods, far: far.flat() };
  }
}

/** An edge as pods at one end and whom they see at the other. */
interface Ways {
  readonly edge: Edge;
  readonly pods: readonly PolicyPod[];
  readonly far: readonly End[];
}

function allowed(
  { edge: { protocol, port }, pods, far }: Ways,
  judges: SideJudges,
  direction: Direction,
): boolean {
  return pods.every((pod) => {
    const lets = judges.of(direction, pod);
    return far.every((end) => lets(end, protocol, port));
  });
}

/** Pods that live, because those have addresses and ports; else what a policy would govern. */
function podsOf(workload: WorkloadInfo): readonly PolicyPod[] {
  const living = workload.pods.filter(({ ended, hostNetwork }) => !ended && !hostNetwork);
  return living.length > 0 ? living : governedPods(workload);
}

/** What the policies of each pod say, found out once per pod. */
class SideJudges {
  readonly #set: PolicySet;
  readonly #known = { ingress: new Map<PolicyPod, SideJudge>(), egress: new Map<PolicyPod, SideJudge>() };

  constructor(set: PolicySet) {
    this.#set = set;
  }

  /** The pod is judged as another of its kind, because one that talks to itself is always let through (NETPOL rule 22). */
  of(direction: Direction, pod: PolicyPod): SideJudge {
    const known = this.#known[direction].get(pod);
    if (known !== undefined) return known;
    const judge = sideJudge(this.#set, direction, { ...pod, name: `${pod.name} (another)`, ips: [] });
    this.#known[direction].set(pod, judge);
    return judge;
  }
}
