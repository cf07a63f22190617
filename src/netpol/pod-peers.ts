/**
 * The peers that name pods, each distinct one once: a thousand policies name a workload in the same words. A pod is
 * compared with the distinct peers once, and is then recognised in any policy without looking at labels again.
 */
import { indexBySelector } from './label-index.ts';
import type { SelectorEntry } from './label-index.ts';
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

/** Gives one object for all peers that say the same; `distinct` is filled as peers are met. */
export function shareEqualPeers(distinct: Map<string, PodPeer>): (peer: PodPeer) => PodPeer {
  return (peer) => {
    const text = `${peer.namespace ?? ''} ${textOf(peer.namespaceSelector)} ${textOf(peer.podSelector)}`;
    const shared = distinct.get(text) ?? peer;
    distinct.set(text, shared);
    return shared;
  };
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

/** Which of the peers match a pod; remembered by pod object. */
export function matchingPeersIn(world: PolicyWorld, peers: Iterable<PodPeer>): MatchingPeers {
  const entries: SelectorEntry<PodPeer>[] = [];
  for (const peer of peers) entries.push({ selector: peer.podSelector, item: peer });
  const index = indexBySelector(entries);
  const labelsOf = namespaceLabelsIn(world);
  const remembered = new WeakMap<PolicyPod, ReadonlySet<PodPeer>>();
  return (pod) => {
    const known = remembered.get(pod);
    if (known !== undefined) return known;
    const candidates = index.matching(pod.labels);
    const matching = new Set(candidates.filter((peer) => namesNamespace(peer, pod.namespace, labelsOf)));
    remembered.set(pod, matching);
    return matching;
  };
}

const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name';

type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>>;

/** The API server labels every namespace with its name and lets nobody change that (NETPOL rule 14). */
function namespaceLabelsIn(world: PolicyWorld): NamespaceLabels {
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
