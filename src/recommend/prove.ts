/** The proof: every known pod and every needed edge, judged by the evaluator on what was drafted. A draft that fails it is no draft. */
import type { Edge } from '../domain/edge.ts';
import { edgeKeyText } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import { compareText } from '../domain/text-order.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import { PolicyCompiler } from '../netpol/compile.ts';
import type { PolicySet } from '../netpol/compile.ts';
import { isAllowed } from '../netpol/evaluate.ts';
import type { NetworkPolicy, NetworkPolicyPeer } from '../netpol/policy.ts';
import type { Direction, End, PolicyWorld } from '../netpol/world.ts';
import type { WorkloadInfo } from './cluster.ts';
import { usableLabels } from './label-sets.ts';
import { RefMap } from './ref-map.ts';
import type { DialledPort } from './service-view.ts';

/** One workload that the policy is for, with what it needs. */
export interface ProofSubject {
  readonly workload: WorkloadInfo;
  readonly inbound: readonly Edge[];
  readonly outbound: readonly Edge[];
}

export interface ProofInput {
  readonly policy: NetworkPolicy;
  /** More than one where a policy is shared. */
  readonly members: readonly ProofSubject[];
  /** Whether the far end of an edge is left out of the draft, as its lists say. */
  readonly isLeftOut: (direction: Direction, edge: Edge, peer: Identity) => boolean;
  /** The Service ports by which an edge is dialled, where the plugin judges those too; none otherwise. */
  readonly dialled: (edge: Edge) => readonly DialledPort[];
}

interface Judged {
  readonly set: PolicySet;
  /** One of the subject's pods: the same policy selects all, and its rules look at nothing but the far end. */
  readonly own: End;
  readonly direction: Direction;
}

/** What a draft's policy gets wrong, as text; empty when it is proved. */
export interface Failures {
  /** Edges that it denies on its own workloads' side. */
  readonly denied: readonly string[];
  /** Names of pods of its workloads that it does not select, or not it alone. */
  readonly unselected: readonly string[];
}

/** Judges the drafts of one namespace together: each pod is selected by its own and no other, and every needed edge is allowed. */
export class Prover {
  readonly #compiler: PolicyCompiler;
  readonly #workloadOf: (ref: WorkloadRef) => WorkloadInfo | null;
  readonly #ends = new RefMap<readonly End[]>();

  constructor(world: PolicyWorld, workloadOf: (ref: WorkloadRef) => WorkloadInfo | null) {
    this.#compiler = new PolicyCompiler(world);
    this.#workloadOf = workloadOf;
  }

  /** Looks at peers that drafts of a namespace may name. It changes no answer and saves looking at them for each namespace. */
  foresee(peers: readonly NetworkPolicyPeer[], namespace: string): void {
    this.#compiler.foresee(peers, namespace);
  }

  /** One for each input, in their order. */
  failures(inputs: readonly ProofInput[]): Failures[] {
    const set = this.#compiler.compile(inputs.map(({ policy }) => policy));
    return inputs.map((input) => this.#failuresOf(input, set));
  }

  #failuresOf(input: ProofInput, set: PolicySet): Failures {
    const { namespace, name } = input.policy.metadata;
    const denied: Edge[] = [];
    const unselected: string[] = [];
    for (const { workload, inbound, outbound } of input.members) {
      const ends = this.#endsOf({ kind: 'workload', workload: workload.ref });
      const [own] = ends;
      if (own === undefined) continue;
      const foreign = ends.filter((end) => !isIsolatedBy(set, end, `${namespace}/${name}`));
      unselected.push(...foreign.flatMap((end) => (end.kind === 'pod' ? [end.pod.name] : [])));
      const judged = { set, own };
      for (const edge of inbound)
        if (!this.#letsIn(edge, { ...judged, direction: 'ingress' }, input)) denied.push(edge);
      for (const edge of outbound)
        if (!this.#letsOut(edge, { ...judged, direction: 'egress' }, input)) denied.push(edge);
    }
    return { denied: [...new Set(denied.map(edgeKeyText))].toSorted(compareText), unselected };
  }

  #letsIn(edge: Edge, judged: Judged, { isLeftOut }: ProofInput): boolean {
    for (const { ownNode, seen } of edge.views) {
      if (ownNode || isLeftOut('ingress', edge, seen)) continue;
      for (const peer of this.#endsOf(seen)) if (!allows(judged, peer, edge)) return false;
    }
    return true;
  }

  #letsOut(edge: Edge, judged: Judged, { isLeftOut, dialled }: ProofInput): boolean {
    if (isLeftOut('egress', edge, edge.server)) return true;
    for (const peer of this.#endsOf(edge.server)) if (!allows(judged, peer, edge)) return false;
    return dialled(edge).every(({ service, port }) =>
      service.clusterIps.every((address) => allows(judged, { kind: 'address', address }, port)),
    );
  }

  /** One pod for each distinct set of usable labels of the workload and its template, on no particular node; or the address itself. */
  #endsOf(identity: Identity): readonly End[] {
    if (identity.kind !== 'workload') return [{ kind: 'address', address: identity.address }];
    const known = this.#ends.get(identity.workload);
    if (known !== undefined) return known;
    const ends = podShapes(this.#workloadOf(identity.workload));
    this.#ends.set(identity.workload, ends);
    return ends;
  }
}

/** Whether that policy and no other isolates the pod both ways: a policy that does not select a pod proves nothing about it. */
function isIsolatedBy(set: PolicySet, end: End, policy: string): boolean {
  if (end.kind === 'address') return false;
  const by = [set.isolation('ingress', end.pod), set.isolation('egress', end.pod)];
  return by.every(({ keys }) => keys.length === 1 && keys[0] === policy);
}

function allows({ set, own, direction }: Judged, peer: End, to: Pick<Edge, 'protocol' | 'port'>): boolean {
  const { protocol, port } = to;
  const connection =
    direction === 'ingress'
      ? { client: peer, server: own, protocol, port }
      : { client: own, server: peer, protocol, port };
  return isAllowed(set, direction, connection);
}

/** Pods that differ in nothing that a selector of a draft may name are one. */
function podShapes(workload: WorkloadInfo | null): End[] {
  if (workload === null) return [];
  const { ref, templateLabels, hostNetwork, pods } = workload;
  const { namespace, name } = ref;
  const fresh = { namespace, name: `${name} of its template`, hostNetwork, ips: [], ports: [] };
  const made = templateLabels === null ? [] : [{ ...fresh, labels: templateLabels }];
  const shapes = new Map(
    [...pods, ...made].map((pod) => [JSON.stringify([usableLabels(pod.labels), pod.hostNetwork]), pod]),
  );
  return [...shapes.values()].map((pod) => ({ kind: 'pod', pod: { ...pod, node: null } }));
}
