// What happens, and when: the world before it is looked at, and the story. It knows nothing of the processes that watch.
import { setTimeout as delay } from 'node:timers/promises';

import { CLEANUP, ROUND } from './calls.ts';
import { makeCalls, openLongLived, probeAll, scan, useLongLived } from './caller.ts';
import { controllerOf, createCluster, createCronJob, startJob } from './controllers.ts';
import type { Lab, LabPod } from './lab.ts';
import { dialDropped, openFeed, pickUpMidStream, sendDatagrams } from './unusual-traffic.ts';
import { CART_CLEANUP, DEBUG, WORKLOADS, workloadKey, workloadOf } from './workloads.ts';

/** Between the end of the pod that had an address and the start of the pod that gets it next. API times have one-second grain. */
const REUSE_GAP_MS = 6000;
/** How long the world stands before anybody looks at it: its API times, of one-second grain, are then surely in the past. */
const SETTLE_MS = 2000;
const CLEANUP_STEP_MS = 1200;

/** The address that two workloads held, one after the other, and their pods. */
export interface Reuse {
  readonly addresses: readonly string[];
  readonly first: { readonly workload: string; readonly pod: string; readonly finishedAt: Date };
  readonly second: { readonly workload: string; readonly pod: string; readonly startedAt: Date };
}

/**
 * Builds everything that is there before anybody looks: nodes, workloads, Services, and two connections that stay open. The
 * entries of one of them, the feed, are already of mid-stream.
 */
export async function prepare(lab: Lab): Promise<void> {
  const at = new Date();
  await lab.up();
  createCluster(lab.history, at);
  createCronJob(lab.history, CART_CLEANUP, at);
  const pods: LabPod[] = [];
  for (const workload of WORKLOADS) {
    const mould = controllerOf(lab.history, workload, {
      replicas: workload.places.length,
      ready: workload.places.length,
      at,
    });
    for (const [number, node] of workload.places.entries())
      pods.push(await lab.startPod({ workload, mould, number, node, createdAt: new Date() }));
  }
  lab.announce(pods);
  await openLongLived(lab);
  await delay(SETTLE_MS);
  await openFeed(lab);
  await pickUpMidStream(lab);
}

/**
 * The story: what every workload does, twice (ROUNDS), with everything else in between. Returns what it learnt about the
 * address that changed hands.
 */
export async function play(lab: Lab): Promise<Reuse> {
  await probeAll(lab);
  await makeCalls(lab, ROUND);
  const first = await runCleanup(lab);
  await useLongLived(lab);
  await startDebug(lab);
  await sendDatagrams(lab);
  await dialDropped(lab);
  await pickUpMidStream(lab);
  await delay(Math.max(0, first.finishedAt.getTime() + REUSE_GAP_MS - Date.now()));
  const successor = await scaleRecommendations(lab, first);
  await probeAll(lab);
  await makeCalls(lab, ROUND);
  await scan(lab);
  await useLongLived(lab);
  return reuseOf(first, successor);
}

/** The CronJob's pod: it calls before the API knows its address, lives a few seconds, and stays listed as Succeeded. */
async function runCleanup(lab: Lab): Promise<{ pod: LabPod; finishedAt: Date }> {
  const createdAt = new Date();
  const job = startJob(lab.history, CART_CLEANUP, createdAt);
  const pod = await lab.startPod({
    workload: CART_CLEANUP,
    mould: job.mould,
    number: 0,
    node: 'node-a',
    createdAt,
  });
  await makeCalls(lab, [CLEANUP]);
  lab.announce([pod]);
  for (let step = 0; step < 2; step += 1) {
    await delay(CLEANUP_STEP_MS);
    await makeCalls(lab, [CLEANUP]);
  }
  const finishedAt = await lab.finishPod(pod);
  job.complete(new Date());
  return { pod, finishedAt };
}

async function startDebug(lab: Lab): Promise<void> {
  const at = new Date();
  const mould = controllerOf(lab.history, DEBUG, { replicas: 1, ready: 0, at });
  lab.announce([await lab.startPod({ workload: DEBUG, mould, number: 0, node: 'node-a', createdAt: at })]);
}

/** A second recommendationservice pod, on the node and with the addresses of the pod that ended. */
async function scaleRecommendations(lab: Lab, former: { pod: LabPod }): Promise<LabPod> {
  const at = new Date();
  const workload = workloadOf('shop/recommendationservice');
  const [ipv4 = '', ipv6 = ''] = former.pod.facts.addresses;
  const pod = await lab.startPod({
    workload,
    mould: controllerOf(lab.history, workload, { replicas: 2, ready: 1, at }),
    number: 1,
    node: former.pod.facts.node,
    createdAt: at,
    addresses: { ipv4, ipv6 },
  });
  lab.announce([pod]);
  controllerOf(lab.history, workload, { replicas: 2, ready: 2, at });
  return pod;
}

/** What is remembered of the address that `first` had and `successor` got. */
function reuseOf(first: { pod: LabPod; finishedAt: Date }, successor: LabPod): Reuse {
  return {
    addresses: first.pod.facts.addresses,
    first: {
      workload: workloadKey(CART_CLEANUP),
      pod: first.pod.facts.name,
      finishedAt: first.finishedAt,
    },
    second: {
      workload: workloadKey(successor.facts.workload),
      pod: successor.facts.name,
      startedAt: successor.startedAt,
    },
  };
}
