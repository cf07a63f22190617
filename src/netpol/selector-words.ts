/** Peers of rules in words, as a reviewer would say them. */
import type { LabelSelector, LabelSelectorRequirement, NetworkPolicyPeer } from './policy.ts';

/** `pods with app=web in namespace shop`, `10.0.0.0/8 except 10.1.0.0/16`. `namespace` is the policy's. */
export function peerWords(peer: NetworkPolicyPeer, namespace: string): string {
  const pods = peer.podSelector ?? null;
  const namespaces = peer.namespaceSelector ?? null;
  const block = peer.ipBlock ?? null;
  if (block !== null) {
    const except = block.except ?? [];
    return except.length === 0 ? block.cidr : `${block.cidr} except ${except.join(', ')}`;
  }
  if (pods === null && namespaces === null) return 'a peer that names nothing';
  const where = namespaces === null ? `namespace ${namespace}` : namespaceWords(namespaces);
  const which = selectorWords(pods);
  return which === null ? `all pods of ${where}` : `pods with ${which} in ${where}`;
}

/** `app=web, tier in (a, b), !canary`, as kubectl writes selectors; null for one that matches everything. */
export function selectorWords(selector: LabelSelector | null): string | null {
  const equal = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const words = [...equal, ...(selector?.matchExpressions ?? []).map(requirementWords)];
  return words.length === 0 ? null : words.join(', ');
}

function namespaceWords(selector: LabelSelector): string {
  const labels = Object.entries(selector.matchLabels ?? {});
  const [first, ...others] = labels;
  const byName = first?.[0] === 'kubernetes.io/metadata.name' && others.length === 0;
  if (byName && (selector.matchExpressions ?? []).length === 0) return `namespace ${first[1]}`;
  const words = selectorWords(selector);
  return words === null ? 'any namespace' : `namespaces with ${words}`;
}

function requirementWords({ key, operator, values }: LabelSelectorRequirement): string {
  const listed = (values ?? []).join(', ');
  switch (operator) {
    case 'In':
      return `${key} in (${listed})`;
    case 'NotIn':
      return `${key} not in (${listed})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return operator satisfies never;
  }
}
