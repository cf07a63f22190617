/**
 * What is said of the NetworkPolicies in force beside a draft: which select its pods, what becomes of each when the draft is
 * applied, and what the draft's rules add to them. Values and their words only; `existing-policies.ts` finds them out.
 */
import type { Direction } from '../netpol/world.ts';

/** What a policy lets through in a direction in which it isolates: no rule at all, some, or any peer on every port. */
export type PolicyAllowance = 'nothing' | 'some' | 'anything';

/** A NetworkPolicy in force that selects pods of a draft's workloads, or may select some that are made later. */
export interface ExistingPolicy {
  /** `namespace/name`. */
  readonly policy: string;
  /**
   * When the draft is applied. `unchanged`: the draft has its name and says the same; `replaced`: has its name and says something
   * else; `replaced-by-other`: another draft has its name; `kept`: it stays, and what it allows stays allowed (NETPOL rule 6).
   */
  readonly becomes: 'unchanged' | 'replaced' | 'replaced-by-other' | 'kept';
  /** Whether it selects every pod of the draft's workloads, those that their templates make included. */
  readonly pods: 'all' | 'some';
  /** By the directions in which it isolates; null where it does not. */
  readonly allows: Readonly<Record<Direction, PolicyAllowance | null>>;
}

export interface Existing {
  /** Sorted by name. */
  readonly policies: readonly ExistingPolicy[];
  /** Directions in which not every pod is isolated today: the draft does that for the first time. */
  readonly isolatesFirst: readonly Direction[];
}

/**
 * What a rule is beside the policies in force, where they isolate every pod of the draft in its direction. `adds`: they deny some
 * connection behind it; `carries-over`: they allow all, but not without one that is replaced; `already-allowed`: those that stay
 * in force allow all; `not-compared`: no connection is behind it, or nothing is left of who made one.
 */
export type RuleEffect = 'adds' | 'carries-over' | 'already-allowed' | 'not-compared';

/** Of policies that stay in force and allow something, the names that a caveat gives. Those that deny only need no word. */
export function keptNames({ policies }: Existing): string[] {
  return policies
    .filter(({ becomes, allows }) => becomes === 'kept' && allowsSomething(allows))
    .map((each) => `${each.policy}${openWords(each)}`);
}

/** Lines above a draft. None where no policy selects its pods: that the draft isolates them then goes without saying. */
export function existingLines({ policies, isolatesFirst }: Existing): string[] {
  if (policies.length === 0) return [];
  return [
    ...policies.map((each) => `existing policy ${each.policy}: ${fateWords(each)}${podsWords(each)}`),
    ...(isolatesFirst.length === 0
      ? []
      : [`existing policies do not isolate every pod at ${isolatesFirst.join(' and ')}: this draft does`]),
  ];
}

/** The line above a rule, or null where nothing is to be said. */
export function effectLine(effect: RuleEffect | undefined): string | null {
  switch (effect) {
    case 'adds':
      return 'adds: policies in force deny connections behind it';
    case 'carries-over':
      return 'adds nothing seen: the policies in force allow every connection behind it, and not all of them stay';
    case 'already-allowed':
      return 'adds nothing seen: policies that stay in force allow every connection behind it';
    case 'not-compared':
    case undefined:
      return null;
    default:
      return effect satisfies never;
  }
}

/** What the drafts of an answer make of the policies in force, in at most two lines for people. */
export function existingSummary(drafts: readonly { readonly existing: Existing | null }[]): string[] {
  const all = drafts.flatMap(({ existing }) => existing?.policies ?? []);
  const named = (becomes: ExistingPolicy['becomes']): string[] => [
    ...new Set(all.filter((each) => each.becomes === becomes).map(({ policy }) => policy)),
  ];
  const kept = [...new Set(drafts.flatMap(({ existing }) => (existing === null ? [] : keptNames(existing))))];
  const replaced = named('replaced');
  return [
    ...(replaced.length === 0 ? [] : [`policies in force that the drafts replace: ${shortened(replaced)}`]),
    ...(kept.length === 0
      ? []
      : [`policies that stay in force, and what they allow with them: ${shortened(kept)}`]),
  ];
}

/** Names of policies in a line at most; JSON has all. */
const MAX_NAMED = 10;

function shortened(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return `${names.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function allowsSomething({ ingress, egress }: ExistingPolicy['allows']): boolean {
  return [ingress, egress].some((each) => each === 'some' || each === 'anything');
}

function fateWords(each: ExistingPolicy): string {
  switch (each.becomes) {
    case 'unchanged':
      return 'replaced by this draft, which says the same';
    case 'replaced':
      return 'replaced by this draft';
    case 'replaced-by-other':
      return 'replaced by the draft of that name';
    case 'kept':
      return allowsSomething(each.allows)
        ? `kept; what it allows stays allowed${openWords(each)}`
        : 'kept; it allows nothing';
    default:
      return each.becomes satisfies never;
  }
}

/** ` (any ingress)`: beside such a policy a draft narrows nothing in that direction. */
function openWords({ allows }: ExistingPolicy): string {
  const open = (['ingress', 'egress'] as const).filter((direction) => allows[direction] === 'anything');
  return open.length === 0 ? '' : ` (any ${open.join(' and ')})`;
}

function podsWords({ pods }: ExistingPolicy): string {
  return pods === 'all' ? '' : '; it selects not every pod of this draft';
}
