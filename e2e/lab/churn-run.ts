// One run of the churn: the world, its API server and kubelets, one server, one agent a node; the story; then the verdict on all of it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
import { traces } from './churn-trace.ts';
import { ChurnTruth } from './churn-truth.ts';
import { judgeChurn } from './churn-verdict.ts';
import type { ChurnVerdict } from './churn-verdict.ts';
import { churnedAddresses, NODE_NAMES } from './churn-world.ts';
import { ControlPlane } from './control-plane.ts';
import { LiveAgent } from './live-agent.ts';
import { edgesOf, seen, settled, verdictText } from './live-answers.ts';
import type { LabWorld } from './session.ts';
import { waitUntil } from './wait-until.ts';
import { CONTROL } from './world.ts';
import type { NodeName } from './world.ts';

/** Beside what the server itself waits. */
const SETTLED_DEADLINE_MS = 120_000;
/** Often, so that dumps fall on hand-overs. */
const DUMP_EVERY_MS = 3000;
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
  /** Where what was judged is kept; null when it is not. */
  readonly kept: string | null;
  readonly say: (line: string) => void;
}

export async function runChurn(
  world: LabWorld,
  { scale, clockMs, share, kept, say }: ChurnPlan,
): Promise<ChurnTotal> {
  const began = Date.now();
  const sayWhen = (line: string): void => say(`${line}, ${((Date.now() - began) / 1000).toFixed(0)} s`);
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
    const serverArgs = [`--frontier-deadline-ms=${scale.deadlineMs}`];
    await control.startServer(serverArgs);
    // Kubelets renew their Leases meanwhile, so that the clocks of nodes are known before a pod starts, as in any cluster.
    for (const agent of agents) await agent.start();
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
      settled: () =>
        seen(control, { from: Date.now(), until: Date.now() }, SETTLED_DEADLINE_MS + scale.deadlineMs),
      say: sayWhen,
    });
    sayWhen('churn: the story is over');
    await kubelets.drained();
    await caughtUp(control, kubelets.version);
    for (const agent of agents) await agent.stop();
    sayWhen('churn: everything was told');
    await settled(control, SETTLED_DEADLINE_MS + scale.deadlineMs);
    await unmoved(control);
  } catch (error) {
    const tails = agents.map((agent) => `agent of ${agent.node}: ${agent.lastWords()}`);
    say([control.lastWords(), ...tails].join('\n'));
    throw error;
  }
  const copy = join(kept ?? folder, `churn-${share}.db`);
  const evidence = readEvidence(control.database, copy);
  const doubts = doubtsOf(truth, clocks);
  if (kept !== null)
    writeFileSync(join(kept, `churn-${share}.json`), JSON.stringify({ truth, evidence, doubts, clocks }));
  const verdict = judgeChurn(truth, evidence, doubts);
  const isRight = tell(truth, { verdict, evidence }, say);
  const verdictAt = (ip: string, at: number): Promise<string> => verdictText(control, ip, at);
  for (const line of await traces(verdict.wrong, { truth, evidence, doubts, verdictAt }))
    say(`churn: ${line}`);
  await control.server.stop('SIGTERM');
  say(`churn: took ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return { ...verdict, replacements: replacements(truth), isRight };
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
    return same >= 12 ? true : null;
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
  const untrue = [...reasons.keys()].filter((reason) => !TRUE_REASONS.has(reason));
  for (const reason of untrue) say(`churn: wrong: ${reason} is not true of anything here`);
  return verdict.misattributed === 0 && verdict.unsureOutside === 0 && untrue.length === 0;
}

function replacements({ kinds }: ChurnTruth): number {
  return [...kinds.values()].reduce((sum, count) => sum + count, 0);
}
