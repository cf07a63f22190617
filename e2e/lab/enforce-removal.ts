// One rule taken out of the drafts at a time: its call must fail, or nothing shows that the rule was needed.
import { compilePolicies } from '../../src/netpol/compile.ts';
import { evaluate } from '../../src/netpol/evaluate.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { PolicyWorld } from '../../src/netpol/world.ts';
import { connectionOf } from './enforce-judge.ts';
import { deniedProbe } from './enforce-probe.ts';
import type { Probe } from './enforce-probe.ts';
import type { Way } from './enforce-sides.ts';

/** A rule of a draft. */
export interface RuleRef {
  /** "namespace/name" of the policy. */
  readonly policy: string;
  readonly way: Way;
  /** Its index in spec.ingress or spec.egress. */
  readonly rule: number;
}

/** The policies without one rule; the direction stays isolated. */
export function without(policies: readonly NetworkPolicy[], { policy, way, rule }: RuleRef): NetworkPolicy[] {
  return policies.map((one) => {
    if (`${one.metadata.namespace}/${one.metadata.name}` !== policy) return one;
    const rules = (one.spec[way] ?? []).filter((_, index) => index !== rule);
    return { ...one, spec: { ...one.spec, [way]: rules } };
  });
}

/** The policies with one rule that lets everything through, whoever it is. */
export function widened(policies: readonly NetworkPolicy[], { policy, way, rule }: RuleRef): NetworkPolicy[] {
  return policies.map((one) => {
    if (`${one.metadata.namespace}/${one.metadata.name}` !== policy) return one;
    const rules = (one.spec[way] ?? []).map((each, index) => (index === rule ? {} : each));
    return { ...one, spec: { ...one.spec, [way]: rules } };
  });
}

/**
 * Of the calls that must be allowed, those that nothing allows under `policies`, as calls that must be dropped. Where a call
 * can end at several servers and some would still let it in, it is made to one of the others alone.
 */
export function lostCalls(
  allowed: readonly Probe[],
  policies: readonly NetworkPolicy[],
  world: PolicyWorld,
): Probe[] {
  const set = compilePolicies(policies, world);
  const lost = new Map<string, Probe>();
  for (const probe of allowed) {
    const denying = probe.servers.filter((server) => !evaluate(set, connectionOf(probe, server)).allowed);
    const [first] = denying;
    if (first === undefined) continue;
    const isAll = denying.length === probe.servers.length;
    if (!isAll && (probe.seenAs !== null || first.pod === null)) continue;
    const { protocol, port, process, client } = probe;
    const made = deniedProbe(
      { process, place: client },
      isAll ? probe.dialled : { address: first.address, port },
      { servers: isAll ? probe.servers : [first], protocol, port, name: '' },
    );
    const key = `${process} ${JSON.stringify(made.order)}`;
    lost.set(key, { ...made, line: probe.line, seenAs: probe.seenAs });
  }
  return [...lost.values()];
}
