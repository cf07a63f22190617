// Label selectors, read a second time: this file shares nothing with the evaluator, so that a mistake of one is not the other's too.
import type { LabelSelector, NetworkPolicyPeer } from '../../src/netpol/policy.ts';
import type { EnforcedCluster, EnforcedPod } from './enforce-pods.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether labels fulfil every requirement (k8s.io/apimachinery, LabelSelector): an absent or empty selector asks nothing. */
export function selects(selector: LabelSelector | null | undefined, labels: Labels): boolean {
  const held = new Map(Object.entries(labels));
  const wanted = Object.entries(selector?.matchLabels ?? {});
  if (wanted.some(([key, value]) => held.get(key) !== value)) return false;
  return (selector?.matchExpressions ?? []).every(({ key, operator, values }) => {
    switch (operator) {
      case 'Exists':
        return held.has(key);
      case 'DoesNotExist':
        return !held.has(key);
      case 'In':
        return held.has(key) && (values ?? []).includes(held.get(key) ?? '');
      case 'NotIn':
        return !held.has(key) || !(values ?? []).includes(held.get(key) ?? '');
      default:
        return operator satisfies never;
    }
  });
}

/** The pods that a peer of a policy in `namespace` names; none for an ipBlock, which names addresses. */
export function podsOfPeer(
  { podSelector, namespaceSelector }: NetworkPolicyPeer,
  namespace: string,
  cluster: EnforcedCluster,
): EnforcedPod[] {
  const hasPods = podSelector !== null && podSelector !== undefined;
  const hasNamespaces = namespaceSelector !== null && namespaceSelector !== undefined;
  if (!hasPods && !hasNamespaces) return [];
  return cluster.pods.filter((pod) => {
    const isInNamespace = hasNamespaces
      ? selects(namespaceSelector, namespaceLabels(pod.namespace, cluster))
      : pod.namespace === namespace;
    return isInNamespace && selects(podSelector, pod.labels);
  });
}

/** The API server gives every namespace its own name as a label. */
function namespaceLabels(name: string, { namespaces }: EnforcedCluster): Labels {
  return { ...namespaces.get(name), 'kubernetes.io/metadata.name': name };
}
