// What goes wrong in the cluster of the churn, besides its pods. Each waits for its own end, and never for a time that something should take.
import { setTimeout as delay } from 'node:timers/promises';

import type { Anchors } from './churn-anchors.ts';
import type { Kubelets } from './churn-kubelets.ts';
import { rebootedNode } from './churn-objects.ts';
import type { ChurnScale, ChurnStory } from './churn-story.ts';
import type { ChurnTruth } from './churn-truth.ts';
import { NODE_NAMES } from './churn-world.ts';
import type { ControlPlane } from './control-plane.ts';
import type { KubeObject } from './kube-object.ts';
import type { LiveAgent } from './live-agent.ts';
import { coverageOf } from './live-answers.ts';
import { runIn } from './shell.ts';
import type { Topology } from './topology.ts';
import { waitUntil } from './wait-until.ts';
import type { NodeName } from './world.ts';

export interface Disturbance {
  readonly title: string;
  readonly happen: (story: ChurnStory) => Promise<void>;
}

export interface Disturbed {
  readonly control: ControlPlane;
  readonly agents: readonly LiveAgent[];
  readonly kubelets: Kubelets;
  readonly anchors: Anchors;
  readonly topology: Topology;
  readonly truth: ChurnTruth;
  readonly serverArgs: readonly string[];
  /** As the API has them. */
  readonly nodes: readonly KubeObject[];
}

const CAUGHT_UP_DEADLINE_MS = 90_000;

/** `share`: which of them come, when two runs share them. */
export function disturbances(scale: ChurnScale, of: Disturbed, share: 'first' | 'second'): Disturbance[] {
  const reboots = Array.from({ length: scale.reboots }, (_, index) =>
    reboot(of, index % 2 === 0 ? 'node-b' : 'node-a'),
  );
  const [first, ...more] = reboots;
  const one = [
    watchCut(scale, of, { isCompacted: false }),
    restart(of, 'SIGTERM'),
    ...(first === undefined ? [] : [first]),
  ];
  const other = [
    away(scale, of),
    watchCut(scale, of, { isCompacted: true }),
    restart(of, 'SIGKILL'),
    ...more,
  ];
  if (scale.isWhole) return [...one, ...other];
  return share === 'first' ? one : other;
}

/** The server has been told of everything up to the last word of a kubelet. */
export async function caughtUp(control: ControlPlane, version: number): Promise<void> {
  await waitUntil('the server to know of every pod', CAUGHT_UP_DEADLINE_MS, async (note) => {
    const { watches } = await coverageOf(control);
    const known = Number(watches.find(({ kind }) => kind === 'Pod')?.resourceVersion ?? 0);
    note(`it knows ${known} of ${version}`);
    return known >= version ? true : null;
  });
}

/** Compacted: what happened meanwhile is gone, and only what is left can be listed. */
function watchCut(
  { watchCutMs }: ChurnScale,
  { control, kubelets, truth }: Disturbed,
  { isCompacted }: { isCompacted: boolean },
): Disturbance {
  const after = isCompacted ? ', then listed anew' : ', then taken up again';
  return {
    title: `every watch is cut for ${watchCutMs / 1000} s${after}`,
    happen: async (story) => {
      const cut = async (): Promise<void> => {
        const [from, before] = [Date.now(), await podLists(control)];
        await control.command({ answer: { status: 503, verb: 'watch' }, cutWatches: true });
        await delay(watchCutMs);
        if (isCompacted) await control.command({ compact: true });
        await control.command({ heal: true });
        await caughtUp(control, kubelets.version);
        // After some failures in a row the server lists everything anew, as it does when what happened meanwhile is gone.
        if ((await podLists(control)) > before) truth.blind.push({ from, until: Date.now() });
      };
      await (isCompacted ? story.whileCalm(cut) : cut());
    },
  };
}

/** How often the running server has listed all pods anew. */
async function podLists(control: ControlPlane): Promise<number> {
  const { watches } = await coverageOf(control);
  return watches.find(({ kind }) => kind === 'Pod')?.relists ?? 0;
}

function away({ awayMs, catchUpMs }: ChurnScale, { control, kubelets, truth }: Disturbed): Disturbance {
  return {
    title: `the API server is away for ${awayMs / 1000} s, kubelets catch up ${catchUpMs / 1000} s late`,
    happen: async (story) => {
      let back = 0;
      let from = 0;
      const before = await podLists(control);
      await story.whileCalm(async () => {
        from = Date.now();
        back = from + awayMs;
        for (const node of NODE_NAMES) kubelets.mute(node, back + catchUpMs);
        await control.command({ away: awayMs });
        await delay(awayMs);
        await control.apiServerUp();
      });
      await delay(Math.max(0, back + catchUpMs - Date.now()));
      await caughtUp(control, kubelets.version);
      if ((await podLists(control)) > before) truth.blind.push({ from, until: Date.now() });
    },
  };
}

function restart(
  { control, kubelets, truth, serverArgs }: Disturbed,
  signal: 'SIGTERM' | 'SIGKILL',
): Disturbance {
  return {
    title: `the server is ended by ${signal} and started again`,
    happen: async () => {
      const from = Date.now();
      await control.server.stop(signal);
      await control.startServer(serverArgs);
      await caughtUp(control, kubelets.version);
      truth.blind.push({ from, until: Date.now() });
    },
  };
}

/** Connections of the node are gone with its memory; its agent and its pods start anew. */
function reboot(
  { agents, kubelets, anchors, topology, control, nodes }: Disturbed,
  node: NodeName,
): Disturbance {
  return {
    title: `${node} reboots, and its pods get each other's addresses under their old uids`,
    happen: async (story) => {
      const agent = agents.find((each) => each.node === node);
      const before = nodes.find(({ metadata }) => metadata.name === node);
      if (agent === undefined || before === undefined) throw new Error(`no ${node}`);
      await story.whileDown(node, async () => {
        const wentDownAt = Date.now();
        kubelets.setDown(node, true);
        await agent.stop();
        runIn(topology.namespace(node), 'conntrack', ['-F']);
        await agent.start();
        await control.command({ put: rebootedNode(before, Date.now() + kubelets.clockMs(node)) });
        kubelets.setDown(node, false);
        anchors.restart(node, wentDownAt);
      });
    },
  };
}
