// What happens in the live world, and when. It decides nothing about the processes that watch it.
import { makeCalls, probeAll, scan, useLongLived } from './caller.ts';
import type { Lab, LabPod } from './lab.ts';
import { DROPPED, FEED, LIVE_CLUSTER, LIVE_ROUND, STATSD_SENDER } from './live-story.ts';
import { DROPPED_PORT, FEED_PORT, STATSD_PORT } from './live-world.ts';
import { mustAnswer } from './peer-process.ts';
import {
  delayUntil,
  prepare,
  REUSE_GAP_MS,
  reuseOf,
  runCleanup,
  scaleRecommendations,
  startDebug,
} from './scenario.ts';
import type { Reuse } from './scenario.ts';
import { serviceOf } from './services.ts';
import { runIn } from './shell.ts';
import { NODES } from './world.ts';

/** Longer than an answer takes, shorter than the second after which a SYN is sent again. */
const KNOCK_PATIENCE_MS = 500;
const DATAGRAMS = 3;

/** Builds the world, with two connections that are older than any agent; the feed's entries are already of mid-stream. */
export async function prepareLive(lab: Lab): Promise<void> {
  await prepare(lab, LIVE_CLUSTER);
  const [address = ''] = onlyPod(lab, FEED.server).facts.addresses;
  const order = { op: 'hold', address, port: FEED_PORT } as const;
  await mustAnswer(onlyPod(lab, FEED.client).peer, 'the feed', order);
  await pickUpMidStream(lab);
}

/** The story, twice over what every workload does, with everything else once in between. */
export async function playLive(lab: Lab): Promise<Reuse> {
  await probeAll(lab, LIVE_CLUSTER.workloads);
  await makeCalls(lab, LIVE_ROUND);
  const first = await runCleanup(lab);
  await useLongLived(lab);
  await startDebug(lab);
  await sendDatagrams(lab);
  await dialDropped(lab);
  await pickUpMidStream(lab);
  await delayUntil(first.finishedAt.getTime() + REUSE_GAP_MS);
  const successor = await scaleRecommendations(lab, first);
  await probeAll(lab, LIVE_CLUSTER.workloads);
  await makeCalls(lab, LIVE_ROUND);
  await scan(lab);
  await useLongLived(lab);
  return reuseOf(first, successor);
}

/** The one running pod of a workload. */
export function onlyPod(lab: Lab, workload: string): LabPod {
  const [pod] = lab.podsOf(workload);
  if (pod === undefined) throw new Error(`${workload} has no running pod`);
  return pod;
}

/** Takes the feed's entry out of both nodes' tables while nothing flows; then its server speaks first. */
async function pickUpMidStream(lab: Lab): Promise<void> {
  const [from = ''] = onlyPod(lab, FEED.client).facts.addresses;
  const filter = ['-p', 'tcp', '--dport', String(FEED_PORT)];
  for (const node of Object.keys(NODES))
    // The tool fails when no entry matches; an entry of mid-stream has the server as its source.
    for (const ends of [
      ['-s', from, ...filter],
      ['-d', from, '-p', 'tcp', '--sport', String(FEED_PORT)],
    ])
      deleteEntries(lab.topology.namespace(node), ends);
  const heard = mustAnswer(onlyPod(lab, FEED.client).peer, 'the feed’s reader', { op: 'hear' });
  await mustAnswer(onlyPod(lab, FEED.server).peer, 'the feed', { op: 'push', port: FEED_PORT });
  await heard;
}

function deleteEntries(namespace: string, filter: readonly string[]): void {
  const listed = runIn(namespace, 'conntrack', ['-L', ...filter]);
  if (listed.trim() !== '') runIn(namespace, 'conntrack', ['-D', ...filter]);
}

async function sendDatagrams(lab: Lab): Promise<void> {
  const [address = ''] = serviceOf('monitoring/statsd').addresses;
  for (let sent = 0; sent < DATAGRAMS; sent += 1)
    await mustAnswer(onlyPod(lab, STATSD_SENDER).peer, 'statsd', { op: 'send', address, port: STATSD_PORT });
}

async function dialDropped(lab: Lab): Promise<void> {
  const [address = ''] = onlyPod(lab, DROPPED.server).facts.addresses;
  await mustAnswer(onlyPod(lab, DROPPED.client).peer, 'what is dropped', {
    op: 'knock',
    address,
    port: DROPPED_PORT,
    patienceMs: KNOCK_PATIENCE_MS,
  });
}
