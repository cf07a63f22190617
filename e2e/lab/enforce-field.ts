// Enforced policies that are changed while the lab stands: what is loaded, and how one rule is called.
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { Field } from './enforce-calls.ts';
import type { EnforcedCluster } from './enforce-pods.ts';
import type { RuleRef } from './enforce-removal.ts';
import { sidesOf } from './enforce-sides.ts';
import type { Side } from './enforce-sides.ts';

/** Where rules are changed. */
export interface RuleField extends Field {
  readonly policies: readonly NetworkPolicy[];
  readonly cluster: EnforcedCluster;
}

/** Loads what differs from what was loaded before, and no more. */
export function swapper({
  enforcement,
  cluster,
  policies,
}: RuleField): (next: readonly NetworkPolicy[]) => void {
  let loaded = sidesOf(policies, cluster);
  return (next) => {
    const sides = sidesOf(next, cluster);
    const changed: Side[] = sides.filter(
      (side, index) => JSON.stringify(side) !== JSON.stringify(loaded[index]),
    );
    enforcement.change(changed);
    loaded = sides;
  };
}

/** "namespace/name" of a policy. */
export function keyOf({
  metadata,
}: {
  readonly metadata: { readonly namespace: string; readonly name: string };
}): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** A rule for people. */
export function titleOf({ policy, way, rule }: RuleRef): string {
  return `${way} rule ${rule} of ${policy}`;
}
