// One run: the world, its API server, one server, one agent a node, a recording beside; then the verdict on all of it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Score } from '../../test/replay/truth.ts';
import { missingFrom } from './capture-check.ts';
import { ConntrackRecorder } from './conntrack-recorder.ts';
import { ControlPlane } from './control-plane.ts';
import { kernelSettings } from './kernel-settings.ts';
import type { Lab } from './lab.ts';
import { checkNetwork, networkAccess } from './network-access.ts';
import type { NetworkAccess } from './network-access.ts';
import { LiveAgent } from './live-agent.ts';
import { attributed } from './live-answers.ts';
import { judge } from './live-verdict.ts';
import { compareReplay } from './replay-verdict.ts';
import { play, prepare } from './scenario.ts';
import type { LabWorld, Watchers } from './session.ts';
import { truthText } from './truth.ts';
import { CONTROL, NODES } from './world.ts';
import type { NodeName } from './world.ts';

/** Batches wait for the kubelets' next Lease, the slack, and a window that is still open. */
export const ATTRIBUTED_DEADLINE_MS = 120_000;

/** A running world with everything that watches it. */
export interface LiveLab extends Watchers {
  readonly lab: Lab;
  readonly control: ControlPlane;
  readonly agents: readonly LiveAgent[];
}

/** Brings up the world, plays the story and judges it, adding to `total`. `say` prints a line. */
export async function runOnce(
  world: LabWorld,
  total: Score,
  say: (line: string) => void,
): Promise<{ live: LiveLab; isExact: boolean }> {
  const { lab, folder, capture } = world;
  mkdirSync(join(capture, 'cluster'), { recursive: true });
  await prepare(lab);
  const recorders = nodeNames().map(
    (node) => new ConntrackRecorder(lab.topology.namespace(node), join(capture, 'nodes', node)),
  );
  const live = startable(lab, folder, recorders);
  world.running(live);
  const { control } = live;
  try {
    const settings = nodeSettings(lab);
    const isByToken = lab.topology.accounting;
    await startAll(live, isByToken ? (each) => networkAccess(each, folder) : undefined);
    for (const recorder of recorders) await recorder.start();
    for (const recorder of recorders) recorder.dump();
    lab.history.begin(join(capture, 'cluster', 'watch.jsonl'));
    const ready = Date.now();
    await attributed(control, { from: ready, until: ready }, ATTRIBUTED_DEADLINE_MS);
    const reuse = await play(lab);
    const played = Date.now();
    for (const recorder of recorders) recorder.dump();
    lab.history.bookmark();
    for (const recorder of recorders) await recorder.stop();
    writeFileSync(join(capture, 'truth.json'), truthText(reuse));
    await attributed(control, { from: ready, until: played }, ATTRIBUTED_DEADLINE_MS);
    const isJudged = await judge(control, capture, { total, say });
    const isUntouched = nodeSettings(lab) === settings;
    say(
      `lab: ${isUntouched ? '' : 'wrong: '}kernel settings of the nodes ${isUntouched ? 'untouched' : 'changed'}`,
    );
    const unseen = missingFrom(capture);
    for (const edge of unseen) say(`lab: wrong: the recording does not show ${edge}`);
    const isReplayed = await compareReplay(control, world, say);
    const isGuarded = !isByToken || (await checkNetwork(live, folder, say));
    return { live, isExact: isJudged && isUntouched && unseen.length === 0 && isReplayed && isGuarded };
  } catch (error) {
    say(troublesOf(live));
    throw error;
  }
}

/** What is to watch a prepared world, not yet started. */
export function startable(lab: Lab, folder: string, recorders: readonly ConntrackRecorder[] = []): LiveLab {
  const control = new ControlPlane(lab.topology.namespace(CONTROL.name), folder);
  const agents = nodeNames().map((node) => new LiveAgent(lab, node, { folder }));
  const kill = (): void => {
    for (const each of [control, ...agents, ...recorders]) each.kill();
  };
  return {
    lab,
    control,
    agents,
    kill,
    close: async () => {
      for (const agent of agents) agent.kill();
      await control.close();
    },
  };
}

/** Shows the cluster, then starts the server and the agents, with what `access` makes for them when there is one. */
export async function startAll(
  { lab, control, agents }: LiveLab,
  access?: (control: ControlPlane) => Promise<NetworkAccess>,
): Promise<void> {
  await control.showCluster(lab.history, (node) => lab.isBehind(node));
  const made = await access?.(control);
  await control.startServer(made?.serverArgs);
  for (const agent of agents) await agent.start(made?.agentArgs(agent.node));
}

/** What the processes said last. */
export function troublesOf({ control, agents }: LiveLab): string {
  const tails = agents.map((agent) => `agent of ${agent.node}: ${agent.lastWords()}`);
  return [control.lastWords(), ...tails].join('\n');
}

function nodeSettings({ topology }: Lab): string {
  return nodeNames()
    .map((node) => kernelSettings(topology.namespace(node)))
    .join('\n');
}

function nodeNames(): NodeName[] {
  return Object.keys(NODES) as NodeName[];
}
