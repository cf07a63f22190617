/** The proof: every needed edge, judged by the evaluator on the policy that was drafted. A draft that fails it is no draft. */
import type { Edge } from '../domain/edge.ts';
import { edgeKeyText } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import { compilePolicies } from '../netpol/compile.ts';
import { evaluateSide } from '../netpol/evaluate.ts';
import type { NetworkPolicy } from '../netpol/policy.ts';
import type { End, PolicyPod, PolicyWorld } from '../netpol/world.ts';
import type { KnownPod, WorkloadInfo } from './cluster.ts';

export interface ProofInput {
  readonly workload: WorkloadInfo;
  readonly policy: NetworkPolicy;
  readonly inbound: readonly Edge[];
  readonly outbound: readonly Edge[];
}

/** Edges that a drafted policy does not allow on its own workload's side, as text; empty when the draft is proved. */
export class Prover {
  readonly #world: PolicyWorld;
  readonly #podsOf: (ref: WorkloadRef) => readonly KnownPod[];
  readonly #ends = new Map<string, readonly End[]>();

  constructor(world: PolicyWorld, podsOf: (ref: WorkloadRef) => readonly KnownPod[]) {
    this.#world = world;
    this.#podsOf = podsOf;
  }

  denied(input: ProofInput): string[] {
    const set = compilePolicies([input.policy], this.#world);
    const own = this.#endsOf({ kind: 'workload', workload: input.workload.ref });
    const allows = (direction: 'ingress' | 'egress', edge: Edge, peer: End): boolean =>
      own.every((self) => {
        const ends =
          direction === 'ingress' ? { client: peer, server: self } : { client: self, server: peer };
        const verdict = evaluateSide(set, direction, { ...ends, protocol: edge.protocol, port: edge.port });
        // A pod that the policy does not even select proves nothing.
        return verdict.allowed && verdict.reason !== 'not-isolated';
      });
    const inbound = input.inbound.filter(
      (edge) =>
        !edge.views
          .filter((view) => !view.ownNode)
          .every((view) => this.#endsOf(view.seen).every((peer) => allows('ingress', edge, peer))),
    );
    const outbound = input.outbound.filter(
      (edge) => !this.#endsOf(edge.server).every((peer) => allows('egress', edge, peer)),
    );
    return [...new Set([...inbound, ...outbound].map(edgeKeyText))].toSorted(compareText);
  }

  /** One pod for each distinct set of labels and ports of the workload, on no particular node; or the address itself. */
  #endsOf(identity: Identity): readonly End[] {
    if (identity.kind !== 'workload') return [{ kind: 'address', address: identity.address }];
    const key = workloadKey(identity.workload);
    const known = this.#ends.get(key);
    if (known !== undefined) return known;
    const shapes = new Map(
      this.#podsOf(identity.workload).map((pod) => [JSON.stringify([pod.labels, pod.ports]), pod]),
    );
    const ends = [...shapes.values()].map((pod): End => ({
      kind: 'pod',
      pod: { ...pod, node: null } satisfies PolicyPod,
    }));
    this.#ends.set(key, ends);
    return ends;
  }
}
