// One run: netscribe learns in the lab, its drafts are pulled over HTTP and enforced by the nodes' kernels, and the world calls again.
import { readManifestText } from '../../src/netpol/parse/manifest-text.ts';
import { parsePolicy } from '../../src/netpol/parse/parse-policy.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { Truth } from '../../test/replay/truth.ts';
import { startJob } from './controllers.ts';
import { Tally } from './enforce-judge.ts';
import { openOutside } from './enforce-outside.ts';
import { callAgain } from './enforce-verdict.ts';
import type { EnforceOptions } from './enforce-verdict.ts';
import type { Lab } from './lab.ts';
import { attributed, draftsOf } from './live-answers.ts';
import { ATTRIBUTED_DEADLINE_MS, startable, startAll, troublesOf } from './live-run.ts';
import type { LiveLab } from './live-run.ts';
import { play, prepare } from './scenario.ts';
import type { LabWorld } from './session.ts';
import { truthText } from './truth.ts';
import { CART_CLEANUP } from './workloads.ts';

const MAX_TOLD = 20;
const MINUTE_MS = 60_000;

/** Returns whether nothing is wrong. The last line it says is the sum. */
export async function enforceOnce(
  world: LabWorld,
  options: EnforceOptions,
  say: (line: string) => void,
): Promise<boolean> {
  const { lab } = world;
  const began = Date.now();
  const took = (): string => `${((Date.now() - began) / 1000).toFixed(1)} s`;
  const { live, truth } = await learn(world);
  try {
    const { policies, troubles } = await pullDrafts(live);
    const drafts = await draftsOf(live.control);
    say(`enforce: learnt and drafted after ${took()}: ${policies.length} policies`);
    openOutside(lab.topology);
    await repeatJob(lab);
    const tally = new Tally();
    tally.wrong.push(...troubles);
    await callAgain({ lab, policies, drafts, truth }, { ...options, tally, say });
    for (const text of tally.wrong.slice(0, MAX_TOLD)) say(`enforce: wrong: ${text}`);
    const untold = tally.wrong.length - MAX_TOLD;
    if (untold > 0) say(`enforce: wrong: and ${untold} more`);
    say(`enforce: took ${took()}`);
    say(`enforce: ${tally.toString()}`);
    return tally.wrong.length === 0;
  } catch (error) {
    say(troublesOf(live));
    throw error;
  }
}

/** The lab as `make lab` runs it, without the recording: up, played, and everything attributed. */
async function learn(world: LabWorld): Promise<{ live: LiveLab; truth: Truth }> {
  const { lab, folder } = world;
  await prepare(lab);
  const live = startable(lab, folder);
  world.running(live);
  try {
    await startAll(live);
    const ready = Date.now();
    await attributed(live.control, { from: ready, until: ready }, ATTRIBUTED_DEADLINE_MS);
    const truth = JSON.parse(truthText(await play(lab))) as Truth;
    await attributed(live.control, { from: ready, until: Date.now() }, ATTRIBUTED_DEADLINE_MS);
    return { live, truth };
  } catch (error) {
    throw new Error(`${String(error)}\n${troublesOf(live)}`, { cause: error });
  }
}

/** The drafts as anybody gets them, read by the strict parser; what it does not accept is wrong, and so is a workload without a draft. */
async function pullDrafts({ control }: LiveLab): Promise<{ policies: NetworkPolicy[]; troubles: string[] }> {
  const yaml = await control.text('/api/v1/policies.yaml');
  const { objects, problems } = readManifestText('policies.yaml', yaml);
  const troubles = problems.map(({ message, place }) => `policies.yaml line ${place.line}: ${message}`);
  troubles.push(...[...yaml.matchAll(/^# .*: no draft: .*$/gm)].map(([line]) => line));
  const policies = objects.flatMap(({ value, place }) => {
    const parsed = parsePolicy(value, { defaultNamespace: null });
    if (parsed.kind === 'policy') return [parsed.policy];
    troubles.push(...parsed.problems.map(({ field, message }) => `${place.object}: ${field} ${message}`));
    return [];
  });
  return { policies, troubles };
}

/** The CronJob's pod once more, under another address: its policy was drafted for pods yet to come. */
async function repeatJob(lab: Lab): Promise<void> {
  // A Job is named after its minute, and that of the first one may not be over.
  const job = startJob(lab.history, CART_CLEANUP, new Date(Date.now() + MINUTE_MS));
  const [node = 'node-a'] = CART_CLEANUP.places;
  const plan = { workload: CART_CLEANUP, mould: job.mould, number: 1, node, createdAt: new Date() };
  lab.announce([await lab.startPod(plan)]);
}
