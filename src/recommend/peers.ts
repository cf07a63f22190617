/** Workloads as policy peers: a proven selector, with the namespace by its immutable name label (NETPOL rule 14). */
import type { WorkloadRef } from '../domain/workload.ts';
import { workloadKey, workloadTitle } from '../domain/workload.ts';
import type { NetworkPolicyPeer } from '../netpol/policy.ts';
import type { ClusterInfo, WorkloadInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import { SelectorBook } from './selector.ts';
import type { SelectorChoice } from './selector.ts';

export interface WorkloadPeer {
  readonly peer: NetworkPolicyPeer;
  readonly caveats: readonly Caveat[];
}

/** Chooses selectors once per namespace and answers for any workload of the cluster. */
export class PeerBook {
  readonly #workloads: ReadonlyMap<string, WorkloadInfo>;
  readonly #selectors: ReadonlyMap<string, SelectorBook>;

  constructor(cluster: Pick<ClusterInfo, 'workloads'>) {
    this.#workloads = new Map(cluster.workloads.map((workload) => [workloadKey(workload.ref), workload]));
    const byNamespace = Map.groupBy(cluster.workloads, (workload) => workload.ref.namespace);
    this.#selectors = new Map(
      [...byNamespace].map(([namespace, workloads]) => [namespace, new SelectorBook(workloads)]),
    );
  }

  workload(ref: WorkloadRef): WorkloadInfo | null {
    return this.#workloads.get(workloadKey(ref)) ?? null;
  }

  selectorOf(ref: WorkloadRef): SelectorChoice {
    const workload = this.workload(ref);
    const book = this.#selectors.get(ref.namespace);
    if (workload === null || book === undefined)
      return { kind: 'none', why: 'its object and pods are not known' };
    return book.choose(workload);
  }

  /** `ref` as a peer in a policy of `namespace`; null when no selector can name it. */
  peerIn(namespace: string, ref: WorkloadRef): WorkloadPeer | null {
    const choice = this.selectorOf(ref);
    if (choice.kind === 'none') return null;
    const podSelector = choice.selector;
    const peer =
      ref.namespace === namespace
        ? { podSelector }
        : {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': ref.namespace } },
            podSelector,
          };
    return { peer, caveats: choice.kind === 'shared' ? [sharedCaveat(ref, choice.others)] : [] };
  }
}

function sharedCaveat(ref: WorkloadRef, others: readonly WorkloadRef[]): Caveat {
  return {
    code: 'selector-shared',
    sentence: `the selector of ${workloadTitle(ref)} also matches ${others.map(workloadTitle).join(', ')}`,
  };
}
