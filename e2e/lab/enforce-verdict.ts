// The verdict on enforced drafts: what was called must pass, what was not must be dropped, and each rule must be needed.
import { fileURLToPath } from 'node:url';

import { compilePolicies } from '../../src/netpol/compile.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { DraftOutcomeJson } from '../../src/wire/draft-json.ts';
import { readAddresses } from '../../test/replay/truth.ts';
import type { Truth } from '../../test/replay/truth.ts';
import { useLongLived } from './caller.ts';
import { allowedProbes } from './enforce-allowed.ts';
import { judgeAlone, widenRules } from './enforce-alone.ts';
import { judgeAll } from './enforce-calls.ts';
import { dnsProbes } from './enforce-dns.ts';
import { drawInside, drawOutside } from './enforce-draw.ts';
import { policyWorld } from './enforce-judge.ts';
import type { Tally } from './enforce-judge.ts';
import { Enforcement } from './enforce-kernel.ts';
import { namedDenials } from './enforce-named.ts';
import { clusterOfLab } from './enforce-pods.ts';
import { Dice } from './enforce-random.ts';
import { removeRules } from './enforce-rules.ts';
import { sidesOf } from './enforce-sides.ts';
import type { Lab } from './lab.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/online-boutique', import.meta.url));
const INSIDE_DENIALS = 200;
const OUTSIDE_DENIALS = 50;

export interface EnforceOptions {
  /** Draws the random denials. */
  readonly seed: number;
  /** Also the rules of convention are taken out, and rules are widened to show that the lab finds it. */
  readonly isFull: boolean;
}

/** The lab with what was drafted in it, and what is true of it. */
export interface Drafted {
  readonly lab: Lab;
  readonly policies: readonly NetworkPolicy[];
  readonly drafts: readonly DraftOutcomeJson[];
  readonly truth: Truth;
}

/** Enforces the policies, makes every call and adds to `tally`. `say` prints a line. */
export async function callAgain(
  { lab, policies, drafts, truth }: Drafted,
  { seed, isFull, tally, say }: EnforceOptions & { tally: Tally; say: (line: string) => void },
): Promise<void> {
  const cluster = clusterOfLab(lab);
  const enforcement = new Enforcement(lab.topology);
  const sides = sidesOf(policies, cluster);
  enforcement.load(sides);
  const isolated = sides.filter((side) => side.isolated).length;
  const pods = cluster.pods.length;
  say(`enforce: both nodes enforce them: ${isolated} of ${sides.length} sides of ${pods} pods are isolated`);
  await useLongLived(lab);
  say('enforce: a connection that is older than the policies goes on');
  const field = { lab, enforcement, policies, cluster, set: compilePolicies(policies, policyWorld(cluster)) };

  const again = [...allowedProbes(truth.edges, cluster), ...dnsProbes(cluster)];
  tally.add('allowed', again.length, await judgeAll(again, field));
  say(
    `enforce: ${truth.edges.length} calls of the truth again, and every question to DNS: ${again.length} connections`,
  );

  const from = { cluster, truth, addresses: readAddresses(EXAMPLE) };
  const dice = new Dice(seed);
  const named = namedDenials(from);
  const inside = drawInside(INSIDE_DENIALS, dice, from);
  const outside = drawOutside(OUTSIDE_DENIALS, dice, from);
  const denials = [...named.probes, ...inside, ...outside];
  tally.add('denied', denials.length, await judgeAll(denials, field));
  say(
    `enforce: denials: ${named.probes.length} named (${named.unmakeable} is of a Service address and cannot be made), ` +
      `${inside.length} random from inside and ${outside.length} from outside, SEED=${seed}`,
  );
  for (const way of ['ingress', 'egress'] as const) {
    const { calls, wrong } = await judgeAlone(field, { way, denials, truth });
    tally.add('denied', calls, wrong);
    say(`enforce: ${way} enforced alone: ${calls} of them again, ${wrong.length} wrong`);
  }
  const removal = await removeRules({ ...field, allowed: again }, { drafts, isFull });
  tally.add('denied', removal.calls, removal.wrong);
  tally.wrong.push(...removal.needless);
  say(`enforce: ${removal.rules} rules taken out one by one: ${removal.calls} calls that need them`);
  if (isFull) tally.wrong.push(...(await widenRules(field, { denials, truth }, say)));
}
