// What no ordinary call shows: an entry taken out of the kernel's table, datagrams without an answer, packets that are dropped.
import { DROPPED, FEED, ONE_WAY } from './calls.ts';
import type { Lab } from './lab.ts';
import { mustAnswer } from './peer-process.ts';
import { serviceOf } from './services.ts';
import { runIn } from './shell.ts';
import { DROPPED_PORT, FEED_PORT, NODES, STATSD_PORT } from './world.ts';

/** The edge of the pod with two entries: a connection in each round, and no more. */
export const ZONED_EDGE = 'data/zoned-client -> data/zoned-server:8088/tcp';

/** Longer than an answer takes, shorter than the second after which a SYN is sent again. */
const KNOCK_PATIENCE_MS = 500;
const DATAGRAMS = 3;

/** Opens the connection whose entry will be lost. */
export async function openFeed(lab: Lab): Promise<void> {
  const [address = ''] = lab.onlyPod(FEED.server).facts.addresses;
  const order = { op: 'hold', address, port: FEED_PORT } as const;
  await mustAnswer(lab.onlyPod(FEED.client).peer, 'the feed', order);
}

/** Takes the feed's entry out of both nodes' tables while nothing flows; then its server speaks first. */
export async function pickUpMidStream(lab: Lab): Promise<void> {
  const [from = ''] = lab.onlyPod(FEED.client).facts.addresses;
  const filter = ['-p', 'tcp', '--dport', String(FEED_PORT)];
  for (const node of Object.keys(NODES))
    // The tool fails when no entry matches; an entry of mid-stream has the server as its source.
    for (const ends of [
      ['-s', from, ...filter],
      ['-d', from, '-p', 'tcp', '--sport', String(FEED_PORT)],
    ])
      deleteEntries(lab.topology.namespace(node), ends);
  const heard = mustAnswer(lab.onlyPod(FEED.client).peer, 'the feed’s reader', { op: 'hear' });
  await mustAnswer(lab.onlyPod(FEED.server).peer, 'the feed', { op: 'push', port: FEED_PORT });
  await heard;
}

/** Datagrams to a Service whose pods never answer. */
export async function sendDatagrams(lab: Lab): Promise<void> {
  const [address = ''] = serviceOf(ONE_WAY.server).addresses;
  for (let sent = 0; sent < DATAGRAMS; sent += 1)
    await mustAnswer(lab.onlyPod(ONE_WAY.client).peer, 'what nobody answers', {
      op: 'send',
      address,
      port: STATSD_PORT,
    });
}

/** One SYN to a port whose packets every node drops. */
export async function dialDropped(lab: Lab): Promise<void> {
  const [address = ''] = lab.onlyPod(DROPPED.server).facts.addresses;
  await mustAnswer(lab.onlyPod(DROPPED.client).peer, 'what is dropped', {
    op: 'knock',
    address,
    port: DROPPED_PORT,
    patienceMs: KNOCK_PATIENCE_MS,
  });
}

function deleteEntries(namespace: string, filter: readonly string[]): void {
  const listed = runIn(namespace, 'conntrack', ['-L', ...filter]);
  if (listed.trim() !== '') runIn(namespace, 'conntrack', ['-D', ...filter]);
}
