/** What applying policies makes of those in force, and where it changes anything. */
import { compareText } from '../domain/text-order.ts';
import type { NetworkPolicy } from './policy.ts';

/**
 * `together`: beside the policies in force, as `kubectl apply` does: one of the same namespace and name is replaced.
 * `instead`: the policies in force in these namespaces go first.
 */
export type ChangeMode =
  { readonly kind: 'together' } | { readonly kind: 'instead'; readonly namespaces: readonly string[] };

/** The policies in force after `applied` was applied, sorted by namespace and name. */
export function policiesAfter(
  inForce: readonly NetworkPolicy[],
  applied: readonly NetworkPolicy[],
  mode: ChangeMode,
): NetworkPolicy[] {
  const kept =
    mode.kind === 'together' ? inForce : inForce.filter((policy) => !isIn(policy, mode.namespaces));
  const after = new Map([...kept, ...applied].map((policy) => [policyKey(policy), policy]));
  return [...after].toSorted(([a], [b]) => compareText(a, b)).map(([, policy]) => policy);
}

/** Namespaces whose policies differ, sorted. Policies select pods of their own namespace only (NETPOL rule 2). */
export function touchedNamespaces(
  before: readonly NetworkPolicy[],
  after: readonly NetworkPolicy[],
): string[] {
  const [old, fresh] = [textsByKey(before), textsByKey(after)];
  const changed = [...before, ...after].filter(
    (policy) => old.get(policyKey(policy)) !== fresh.get(policyKey(policy)),
  );
  return [...new Set(changed.map((policy) => policy.metadata.namespace))].toSorted(compareText);
}

/** `namespace/name`. */
export function policyKey({ metadata }: NetworkPolicy): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function isIn(policy: NetworkPolicy, namespaces: readonly string[]): boolean {
  return namespaces.includes(policy.metadata.namespace);
}

function textsByKey(policies: readonly NetworkPolicy[]): Map<string, string> {
  return new Map(policies.map((policy) => [policyKey(policy), JSON.stringify(policy.spec)]));
}
