/** A drafted policy with one port of one of its rules taken out; the rule goes with its last port. */
import type { NetworkPolicy, NetworkPolicyPort } from '../../../src/netpol/policy.ts';
import type { Draft, DraftRule } from '../../../src/recommend/draft.ts';

/** `rule` is one of the draft's own, `port` the index of one of its ports. */
export function withoutPort({ policy, rules }: Draft, rule: DraftRule, port: number): NetworkPolicy {
  const at = rules.filter((each) => each.direction === rule.direction).indexOf(rule);
  const { spec } = policy;
  const trimmed = <R extends { readonly ports?: readonly NetworkPolicyPort[] | null | undefined }>(
    all: readonly R[] | null | undefined,
  ): R[] =>
    (all ?? []).flatMap((each, index) => {
      if (index !== at) return [each];
      const ports = (each.ports ?? []).filter((_, own) => own !== port);
      return ports.length === 0 ? [] : [{ ...each, ports }];
    });
  return {
    ...policy,
    spec:
      rule.direction === 'ingress'
        ? { ...spec, ingress: trimmed(spec.ingress) }
        : { ...spec, egress: trimmed(spec.egress) },
  };
}
