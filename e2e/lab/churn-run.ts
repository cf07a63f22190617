// One run of the churn: the world, its API server and kubelets, one server, one agent a node; the story; then the verdict on all of it.
import { Anchors } from './churn-anchors.ts';
import { caughtUp, disturbances } from './churn-disturbances.ts';
import { doubtsOf } from './churn-doubt.ts';
import { readEvidence } from './churn-evidence.ts';
import type { ChurnEvidence } from './churn-evidence.ts';
import { Kubelets } from './churn-kubelets.ts';
import { surroundings } from './churn-objects.ts';
import { Places } from './churn-places.ts';
import { ChurnStory } from './churn-story.ts';
import type { ChurnScale } from './churn-story.ts';
import { ChurnTruth } from './churn-truth.ts';
import { judgeChurn } from './churn-verdict.ts';
import type { ChurnVerdict } from './churn-verdict.ts';
import { churnedAddresses, NODE_NAMES } from './churn-world.ts';
import { ControlPlane } from './control-plane.ts';
import { LiveAgent } from './live-agent.ts';
import { attributed, coverageOf, edgesOf, settled } from './live-answers.ts';
import type { LabWorld } from './session.ts';
import { waitUntil } from './wait-until.ts';
import { CONTROL } from './world.ts';
import type { NodeName } from './world.ts';

const SETTLED_DEADLINE_MS = 120_000;
/** More than any wait of the lab: nothing is given up while a fact is still to come. */
const FRONTIER_DEADLINE_MS = 600_000;
/** Often, so that dumps fall on hand-overs. */
const DUMP_EVERY_MS = 3000;
const WRONG_SHOWN = 40;
/** Reasons that are true of a connection at a time of doubt, of an entry that outlived its pod, or of the lab's own questions to an agent. */
const TRUE_REASONS: ReadonlySet<string> = new Set(['ambiguous', 'no-holder-then', 'loopback']);

export interface ChurnTotal extends ChurnVerdict {
  readonly replacements: number;
  readonly isRight: boolean;
}

export interface ChurnPlan {
  readonly scale: ChurnScale;
  /** How far the clock of node-b is ahead; ms. */
  readonly clockMs: number;
  readonly share: 'first' | 'second';
  readonly say: (line: string) => void;
}

export async function runChurn(
  world: LabWorld,
  { scale, clockMs, share, say }: ChurnPlan,
): Promise<ChurnTotal> {
  const began = Date.now();
  const { lab, folder } = world;
  const clocks: Record<NodeName, number> = { 'node-a': 0, 'node-b': clockMs };
  await lab.up();
  const control = new ControlPlane(lab.topology.namespace(CONTROL.name), folder);
  const kubelets = new Kubelets(control, clocks);
  const places = new Places(lab.topology);
  const agents = NODE_NAMES.map(
    (node) =>
      new LiveAgent(lab, node, {
        folder,
        args: [`--dump-interval-ms=${DUMP_EVERY_MS}`],
        env: clocks[node] === 0 ? {} : { NETSCRIBE_CLOCK_OFFSET_MS: String(clocks[node]) },
      }),
  );
  world.running({
    kill: () => {
      for (const each of [control, ...agents]) each.kill();
    },
    close: async () => {
      kubelets.close();
      for (const agent of agents) agent.kill();
      await places.close();
      await control.close();
    },
  });
  const truth = new ChurnTruth();
  try {
    await places.up();
    await control.apiServerUp();
    const nodes = surroundings(new Date());
    await control.command({ put: nodes });
    await kubelets.begin();
    const serverArgs = [`--frontier-deadline-ms=${FRONTIER_DEADLINE_MS}`];
    await control.startServer(serverArgs);
    for (const agent of agents) await agent.start();
    // In a cluster agents have run for long before a pod of interest starts, so that the clocks of nodes are known.
    await bothHeard(control);
    const anchors = new Anchors(kubelets);
    await anchors.announce();
    await kubelets.drained();
    await caughtUp(control, kubelets.version);
    const senders = new Set(NODE_NAMES.flatMap((node) => churnedAddresses(node).slice(0, 1)));
    const story = new ChurnStory(scale, { places, kubelets, truth, everyMs: scale.everyMs, senders });
    const disturbed = {
      control,
      agents,
      kubelets,
      anchors,
      topology: lab.topology,
      truth,
      serverArgs,
      nodes,
    };
    await story.play(disturbances(scale, disturbed, share), {
      settled: () => attributed(control, { from: Date.now(), until: Date.now() }, SETTLED_DEADLINE_MS),
      say,
    });
    await kubelets.drained();
    await caughtUp(control, kubelets.version);
    for (const agent of agents) await agent.stop();
    await settled(control, SETTLED_DEADLINE_MS);
    await unmoved(control);
    await control.server.stop('SIGTERM');
  } catch (error) {
    const tails = agents.map((agent) => `agent of ${agent.node}: ${agent.lastWords()}`);
    say([control.lastWords(), ...tails].join('\n'));
    throw error;
  }
  const evidence = readEvidence(control.database);
  const verdict = judgeChurn(truth, evidence, doubtsOf(truth, clocks));
  const isRight = tell(truth, { verdict, evidence }, say);
  say(`churn: took ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return { ...verdict, replacements: replacements(truth), isRight };
}

/** The server has taken and attributed something of each agent. */
async function bothHeard(control: ControlPlane): Promise<void> {
  await waitUntil('every agent to be heard', SETTLED_DEADLINE_MS, async (note) => {
    const { nodes } = await coverageOf(control);
    note(JSON.stringify(nodes));
    return NODE_NAMES.every((name) => nodes.some(({ node, windows }) => node === name && windows.length > 0))
      ? true
      : null;
  });
}

/** Nothing changes any more, so that what a late fact revoked has been revoked. */
async function unmoved(control: ControlPlane): Promise<void> {
  let before = '';
  let same = 0;
  await waitUntil('edges that stay', SETTLED_DEADLINE_MS, async (note) => {
    const now = JSON.stringify(await edgesOf(control));
    same = now === before ? same + 1 : 0;
    before = now;
    note(`${now.length} bytes of edges`);
    // Answers are a second old at most, and revisions happen several times a second.
    return same >= 20 ? true : null;
  });
}

function tell(
  truth: ChurnTruth,
  { verdict, evidence }: { verdict: ChurnVerdict; evidence: ChurnEvidence },
  say: (line: string) => void,
): boolean {
  const kinds = [...truth.kinds].map(([kind, count]) => `${kind} ${count}`).join(', ');
  const reasons = Map.groupBy(evidence.unattributed, ({ reason }) => reason);
  const counts = [...reasons].map(
    ([reason, rows]) => `${reason} ${rows.reduce((sum, { count }) => sum + count, 0)}`,
  );
  const withdrawn = evidence.withdrawn.map(({ outcome, count }) => `${outcome} ${count}`).join(', ');
  say(`churn: replacements ${replacements(truth)}: ${kinds}`);
  say(
    `churn: within 2 s of a hand-over ${verdict.near}, at times of doubt ${verdict.doubtful} of ${verdict.connections}`,
  );
  say(
    `churn: not attributed, as each node counts: ${counts.join(', ') || 'nothing'}; revoked: ${withdrawn || 'nothing'}`,
  );
  say(`churn: a counted moment lasts ${verdict.grainMs} ms at most`);
  for (const line of verdict.wrong.slice(0, WRONG_SHOWN)) say(`churn: wrong: ${line}`);
  const more = verdict.wrong.length - WRONG_SHOWN;
  if (more > 0) say(`churn: wrong: ${more} more`);
  const untrue = [...reasons.keys()].filter((reason) => !TRUE_REASONS.has(reason));
  for (const reason of untrue) say(`churn: wrong: ${reason} is not true of anything here`);
  return verdict.misattributed === 0 && verdict.unsureOutside === 0 && untrue.length === 0;
}

function replacements({ kinds }: ChurnTruth): number {
  return [...kinds.values()].reduce((sum, count) => sum + count, 0);
}
