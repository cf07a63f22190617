// Denials while only one direction is enforced: what each side drops by itself, and whether a rule that is too wide is found.
import { compilePolicies } from '../../src/netpol/compile.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { Truth } from '../../test/replay/truth.ts';
import { judgeAll } from './enforce-calls.ts';
import { keyOf, swapper, titleOf } from './enforce-field.ts';
import type { RuleField } from './enforce-field.ts';
import { policyWorld } from './enforce-judge.ts';
import type { Place, Probe } from './enforce-probe.ts';
import { widened } from './enforce-removal.ts';
import type { RuleRef } from './enforce-removal.ts';
import type { Way } from './enforce-sides.ts';
import { DROPPED_PORT } from './world.ts';

/** Rules that are widened, spread over all. */
const WIDENED = 6;

/**
 * Enforces one direction alone, so that it must drop by itself what otherwise ends at whichever side comes first: a draft that
 * is too wide on one side is not covered by the other.
 */
export async function judgeAlone(
  field: RuleField,
  { way, denials, truth }: Denials & { readonly way: Way },
): Promise<{ calls: number; wrong: string[] }> {
  const own = denialsOf(way, { denials, truth });
  const wrong = await judgeUnder(field, onlyOne(field.policies, way), own);
  return { calls: own.length, wrong: wrong.map((text) => `with ${way} alone: ${text}`) };
}

/** Widens some rules to everybody and every port, one at a time: the denials must then find it. Returns those that they do not. */
export async function widenRules(
  field: RuleField,
  { denials, truth }: Denials,
  say: (line: string) => void,
): Promise<string[]> {
  const every = field.policies.flatMap(rulesIn);
  const chosen = every.filter((_, index) => index % Math.ceil(every.length / WIDENED) === 0);
  const missed: string[] = [];
  for (const rule of chosen) {
    const policies = onlyOne(widened(field.policies, rule), rule.way);
    const found = await judgeUnder(field, policies, denialsOf(rule.way, { denials, truth }));
    say(`enforce: ${titleOf(rule)} widened: ${found.length} denials find it`);
    if (found.length === 0) missed.push(`${titleOf(rule)} lets everything through, and no denial finds it`);
  }
  return missed;
}

/** What must be dropped, and the truth that says so. */
export interface Denials {
  readonly denials: readonly Probe[];
  readonly truth: Truth;
}

/** The denials that one direction must drop by itself. */
function denialsOf(way: Way, { denials, truth }: Denials): Probe[] {
  const open = truth.allowances.filter(({ side, client }) => side === 'ingress' && client.startsWith('any-'));
  const isOpen = ({ pod }: Place, { protocol, port }: Probe): boolean =>
    open.some(
      (line) =>
        line.server === pod?.workload && line.port === port && line.protocol.toLowerCase() === protocol,
    );
  if (way === 'egress') return denials.filter(({ client }) => client.pod !== null);
  return denials.filter(
    (probe) =>
      // The nodes themselves drop it, before it comes to a server's side.
      probe.port !== DROPPED_PORT &&
      probe.servers.every((server) => server.pod !== null && !isOpen(server, probe)),
  );
}

async function judgeUnder(
  field: RuleField,
  policies: readonly NetworkPolicy[],
  probes: readonly Probe[],
): Promise<string[]> {
  const swap = swapper(field);
  swap(policies);
  const wrong = await judgeAll(probes, {
    ...field,
    set: compilePolicies(policies, policyWorld(field.cluster)),
  });
  swap(field.policies);
  return wrong;
}

function onlyOne(policies: readonly NetworkPolicy[], way: Way): NetworkPolicy[] {
  return policies.map(({ spec, ...policy }) => {
    const { podSelector, ingress, egress } = spec;
    return way === 'ingress'
      ? { ...policy, spec: { podSelector, ingress, policyTypes: ['Ingress'] } }
      : { ...policy, spec: { podSelector, egress, policyTypes: ['Egress'] } };
  });
}

function rulesIn(policy: NetworkPolicy): RuleRef[] {
  return (['ingress', 'egress'] as const).flatMap((way) =>
    (policy.spec[way] ?? []).map((_, rule) => ({ policy: keyOf(policy), way, rule })),
  );
}
