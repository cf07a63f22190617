/** The proof: every known pod and every needed edge, judged by the evaluator on what was drafted. A draft that fails it is no draft. */
import type { Edge } from '../domain/edge.ts';
import { edgeKeyText } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import { compareText } from '../domain/text-order.ts';
import { PolicyCompiler } from '../netpol/compile.ts';
import type { PolicySet } from '../netpol/compile.ts';
import { sideJudge } from '../netpol/evaluate.ts';
import type { SideJudge } from '../netpol/evaluate.ts';
import type { NetworkPolicy, NetworkPolicyPeer } from '../netpol/policy.ts';
import type { Direction, End, PolicyWorld } from '../netpol/world.ts';
import type { KnownWorkload } from './known-workload.ts';
import { knownAt } from './needed-edges.ts';
import type { NeededEdge } from './needed-edges.ts';
import type { PeerBook } from './peers.ts';
import { clientsToLetIn } from './seen-clients.ts';
import type { DialledPort } from './service-view.ts';

/** One workload that the policy is for, with what it needs. */
export interface ProofSubject {
  readonly workload: KnownWorkload;
  readonly inbound: readonly NeededEdge[];
  readonly outbound: readonly NeededEdge[];
}

export interface ProofInput {
  readonly policy: NetworkPolicy;
  /** More than one where a policy is shared. */
  readonly members: readonly ProofSubject[];
  /** Whether the far end of an edge is left out of the draft, as its lists say. */
  readonly isLeftOut: (direction: Direction, edge: Edge, peer: Identity) => boolean;
  /** Where an edge is dialled at Services, where the plugin judges that too; none otherwise. */
  readonly dialled: (edge: Edge) => readonly DialledPort[];
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
  readonly #peers: PeerBook;

  constructor(world: PolicyWorld, peers: PeerBook) {
    this.#compiler = new PolicyCompiler(world);
    this.#peers = peers;
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
      // The same policy selects all of its pods, and its rules look at nothing but the far end, so one pod stands for all. It
      // has no pod's name, because a workload that reaches itself reaches its other pods too (NETPOL rule 22).
      const [first] = workload.ends;
      if (first?.kind !== 'pod') continue;
      const own = { ...first.pod, name: ANY_POD };
      const foreign = workload.ends.filter((end) => !isIsolatedBy(set, end, `${namespace}/${name}`));
      unselected.push(...foreign.flatMap((end) => (end.kind === 'pod' ? [end.pod.name] : [])));
      const lets = {
        in: sideJudge(set, 'ingress', own),
        out: sideJudge(set, 'egress', own),
      };
      for (const needed of inbound) if (!this.#letsIn(needed, lets.in, input)) denied.push(needed.edge);
      for (const needed of outbound) if (!letsOut(needed, lets.out, input)) denied.push(needed.edge);
    }
    return { denied: [...new Set(denied.map(edgeKeyText))].toSorted(compareText), unselected };
  }

  #letsIn({ edge, client }: NeededEdge, lets: SideJudge, { isLeftOut }: ProofInput): boolean {
    const { protocol, port } = edge;
    for (const seen of clientsToLetIn(edge)) {
      if (isLeftOut('ingress', edge, seen)) continue;
      const known = seen === edge.client ? client : knownAt(seen, this.#peers);
      for (const peer of endsOf(seen, known)) if (!lets(peer, protocol, port)) return false;
    }
    return true;
  }
}

/** No name that an object can have. */
const ANY_POD = 'any of its pods';

function letsOut({ edge, server }: NeededEdge, lets: SideJudge, { isLeftOut, dialled }: ProofInput): boolean {
  const { protocol, port } = edge;
  if (isLeftOut('egress', edge, edge.server)) return true;
  for (const peer of endsOf(edge.server, server)) if (!lets(peer, protocol, port)) return false;
  return dialled(edge).every((each) =>
    lets({ kind: 'address', address: each.address }, each.protocol, each.port),
  );
}

/** The pods of a workload, or the address itself. */
function endsOf(identity: Identity, known: KnownWorkload | null): readonly End[] {
  return identity.kind === 'workload'
    ? (known?.ends ?? [])
    : [{ kind: 'address', address: identity.address }];
}

/** Whether that policy and no other isolates the pod both ways: a policy that does not select a pod proves nothing about it. */
function isIsolatedBy(set: PolicySet, end: End, policy: string): boolean {
  if (end.kind === 'address') return false;
  const by = [set.isolation('ingress', end.pod), set.isolation('egress', end.pod)];
  return by.every(({ keys }) => keys.length === 1 && keys[0] === policy);
}
