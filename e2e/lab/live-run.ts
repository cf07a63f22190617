// One run: the world, its API server, one server, one agent a node, a recording beside; then the verdict on all of it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Score } from '../../test/replay/truth.ts';
import { ConntrackRecorder } from './conntrack-recorder.ts';
import { ControlPlane } from './control-plane.ts';
import { kernelSettings } from './kernel-settings.ts';
import { Lab } from './lab.ts';
import { LiveAgent } from './live-agent.ts';
import { attributed } from './live-answers.ts';
import { liveRules } from './live-rules.ts';
import { playLive, prepareLive } from './live-scenario.ts';
import { LIVE_STORY } from './live-story.ts';
import { compareReplay, judge } from './live-verdict.ts';
import { CACHED_NODE, CONTROL } from './live-world.ts';
import { addBridge, addLocalDns } from './node-wires.ts';
import { truthText } from './truth.ts';
import { NODES } from './world.ts';
import type { NodeName } from './world.ts';

/** Batches wait for the kubelets' next Lease, the slack, and a window that is still open. */
const ATTRIBUTED_DEADLINE_MS = 45_000;

/** A running world with everything that watches it. */
export interface LiveLab {
  readonly lab: Lab;
  readonly control: ControlPlane;
  readonly agents: readonly LiveAgent[];
}

/** The world with its wires; nothing runs in it yet. */
export function newLiveWorld(accounting: boolean): Lab {
  return new Lab({
    accounting,
    rules: liveRules,
    wires: (topology) => {
      addBridge(topology, 'node-b');
      addLocalDns(topology, CACHED_NODE);
      topology.addHost(CONTROL.name, [`${CONTROL.address}/24`]);
    },
  });
}

/** Brings up the world, plays the story and judges it. `say` prints a line; returns whether everything was exact. */
export async function runOnce(
  lab: Lab,
  folder: string,
  by: { total: Score; say: (line: string) => void; running: (live: LiveLab) => void },
): Promise<boolean> {
  const capture = join(folder, 'capture');
  mkdirSync(join(capture, 'cluster'), { recursive: true });
  const recorders = nodeNames().map(
    (node) => new ConntrackRecorder(lab.topology.namespace(node), join(capture, 'nodes', node)),
  );
  await prepareLive(lab);
  const control = new ControlPlane(lab.topology.namespace(CONTROL.name), folder);
  const agents = nodeNames().map((node) => new LiveAgent(lab, node, folder));
  const live: LiveLab = { lab, control, agents };
  by.running(live);
  await control.showCluster(lab.history);
  await control.startServer();
  for (const recorder of recorders) await recorder.start();
  for (const recorder of recorders) recorder.dump();
  lab.history.begin(join(capture, 'cluster', 'watch.jsonl'));
  const settings = nodeSettings(lab);
  for (const agent of agents) await agent.start();
  const ready = Date.now();
  await attributed(control, { from: ready, until: ready }, ATTRIBUTED_DEADLINE_MS);
  const reuse = await playLive(lab);
  const played = Date.now();
  for (const recorder of recorders) recorder.dump();
  lab.history.bookmark();
  for (const recorder of recorders) await recorder.stop();
  writeFileSync(join(capture, 'truth.json'), truthText(reuse, LIVE_STORY));
  await attributed(control, { from: ready, until: played }, ATTRIBUTED_DEADLINE_MS);
  const verdict = await judge(control, capture, by.say);
  const isUntouched = nodeSettings(lab) === settings;
  by.say(
    `lab: ${isUntouched ? '' : 'wrong: '}kernel settings of the nodes ${isUntouched ? 'untouched' : 'changed'}`,
  );
  by.total.allowed += verdict.score.allowed;
  by.total.wanted += verdict.score.wanted;
  by.total.both += verdict.score.both;
  return (await compareReplay(control, capture, by.say)) && verdict.isExact && isUntouched;
}

function nodeSettings({ topology }: Lab): string {
  return nodeNames()
    .map((node) => kernelSettings(topology.namespace(node)))
    .join('\n');
}

function nodeNames(): NodeName[] {
  return Object.keys(NODES) as NodeName[];
}
