/**
 * The peers that name pods, each distinct one once: a thousand policies name a workload in the same words. A pod is
 * compared with the distinct peers once, and is then recognised in any policy without looking at labels again.
 */
import { indexBySelector } from './label-index.ts';
import type { LabelIndex } from './label-index.ts';
import type { LabelSelector } from './policy.ts';
import { selectorMatches } from './selector.ts';
import type { PolicyPod, PolicyWorld } from './world.ts';

/** Which pods of which namespaces a peer names, for a policy of one namespace (NETPOL rule 11). */
export interface PodPeer {
  /** The policy's namespace where namespaceSelector is absent, null where it is present. */
  readonly namespace: string | null;
  readonly namespaceSelector: LabelSelector | null;
  /** Null means all pods of the namespaces. */
  readonly podSelector: LabelSelector | null;
}

export type MatchingPeers = (pod: PolicyPod) => ReadonlySet<PodPeer>;

export class PodPeerBook {
  readonly #labelsOf: NamespaceLabels;
  readonly #distinct = new Map<string, PodPeer>();
  readonly #index: LabelIndex<PodPeer> = indexBySelector([]);
  #matching = new WeakMap<PolicyPod, ReadonlySet<PodPeer>>();
  #isAsked = false;

  constructor(world: Pick<PolicyWorld, 'namespaces'>) {
    this.#labelsOf = namespaceLabelsIn(world);
  }

  /** One object for all peers that say the same. A new one makes what was found of pods be found again. */
  shared(peer: PodPeer): PodPeer {
    const text = `${peer.namespace ?? ''} ${textOf(peer.namespaceSelector)} ${textOf(peer.podSelector)}`;
    const known = this.#distinct.get(text);
    if (known !== undefined) return known;
    this.#distinct.set(text, peer);
    this.#index.add({ selector: peer.podSelector, item: peer });
    if (this.#isAsked) this.#matching = new WeakMap();
    this.#isAsked = false;
    return peer;
  }

  /** Which of the shared peers match a pod; remembered by pod object. */
  matching(pod: PolicyPod): ReadonlySet<PodPeer> {
    const known = this.#matching.get(pod);
    if (known !== undefined) return known;
    this.#isAsked = true;
    const candidates = this.#index.matching(pod.labels);
    const matching = new Set(
      candidates.filter((peer) => namesNamespace(peer, pod.namespace, this.#labelsOf)),
    );
    this.#matching.set(pod, matching);
    return matching;
  }
}

/** Policies that were made together share their selectors, which never change. */
const texts = new WeakMap<LabelSelector, string>();

function textOf(selector: LabelSelector | null): string {
  if (selector === null) return 'null';
  const known = texts.get(selector);
  if (known !== undefined) return known;
  const text = JSON.stringify(selector);
  texts.set(selector, text);
  return text;
}

const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name';

type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>>;

/** The API server labels every namespace with its name and lets nobody change that (NETPOL rule 14). */
function namespaceLabelsIn(world: Pick<PolicyWorld, 'namespaces'>): NamespaceLabels {
  const remembered = new Map<string, Readonly<Record<string, string>>>();
  return (namespace) => {
    const known = remembered.get(namespace);
    if (known !== undefined) return known;
    const labels = { ...world.namespaces.get(namespace), [NAMESPACE_NAME_LABEL]: namespace };
    remembered.set(namespace, labels);
    return labels;
  };
}

function namesNamespace(peer: PodPeer, namespace: string, labelsOf: NamespaceLabels): boolean {
  if (peer.namespace !== null) return peer.namespace === namespace;
  return selectorMatches(peer.namespaceSelector, labelsOf(namespace));
}
