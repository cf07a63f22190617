// Rules of the drafts taken out while they are enforced: the calls that they decide must then fail.
import { compilePolicies } from '../../src/netpol/compile.ts';
import type { DraftOutcomeJson } from '../../src/wire/draft-json.ts';
import { judgeAll } from './enforce-calls.ts';
import { keyOf, swapper, titleOf } from './enforce-field.ts';
import type { RuleField } from './enforce-field.ts';
import { policyWorld } from './enforce-judge.ts';
import type { Probe } from './enforce-probe.ts';
import { lostCalls, without } from './enforce-removal.ts';
import type { RuleRef } from './enforce-removal.ts';

/** Calls made for each rule that is taken out; a rule can decide many, and one that fails shows it. */
const CALLS_EACH = 4;
/**
 * Takes out every observed rule, one at a time, and in a full run those of convention too: a call that needs it must fail. An
 * observed rule that no call needs is `needless`, and wrong too.
 */
export async function removeRules(
  field: RuleField & { readonly allowed: readonly Probe[] },
  { drafts, isFull }: { drafts: readonly DraftOutcomeJson[]; isFull: boolean },
): Promise<{ rules: number; calls: number; wrong: string[]; needless: string[] }> {
  const world = policyWorld(field.cluster);
  const wrong: string[] = [];
  const needless: string[] = [];
  let rules = 0;
  let calls = 0;
  const swap = swapper(field);
  for (const { rule, basis } of rulesOf(drafts)) {
    if (basis !== 'observed' && !isFull) continue;
    const policies = without(field.policies, rule);
    const lost = lostCalls(field.allowed, policies, world).slice(0, CALLS_EACH);
    if (lost.length === 0) {
      if (basis === 'observed') needless.push(`${titleOf(rule)}: no call of the truth needs this rule`);
      continue;
    }
    rules += 1;
    calls += lost.length;
    swap(policies);
    const set = compilePolicies(policies, world);
    const found = await judgeAll(lost, { ...field, set });
    wrong.push(...found.map((text) => `without ${titleOf(rule)}: ${text}`));
  }
  swap(field.policies);
  return { rules, calls, wrong, needless };
}

/** Every rule of the drafts with its basis, by its place in the policy: the API lists rules of a direction in that order. */
function rulesOf(drafts: readonly DraftOutcomeJson[]): { rule: RuleRef; basis: string }[] {
  return drafts.flatMap((draft) => {
    if (draft.kind !== 'draft') return [];
    return (['ingress', 'egress'] as const).flatMap((way) =>
      draft.rules
        .filter(({ direction }) => direction === way)
        .map(({ basis }, rule) => ({ rule: { policy: keyOf(draft.policy), way, rule }, basis })),
    );
  });
}
