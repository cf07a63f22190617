// What happens in the live world beside the recorded calls, and what of it drafts must and must not allow.
import { CLEANUP, LONG_LIVED, ROUND, toService } from './calls.ts';
import type { Call } from './calls.ts';
import type { ClusterPlan } from './controllers.ts';
import {
  CACHED_NODE,
  CONTROL,
  FEED_PORT,
  LIVE_SERVICES,
  LIVE_WORKLOADS,
  LOCAL_DNS_ADDRESS,
  STATSD_PORT,
} from './live-world.ts';
import { DNS_ADDRESS, SERVICES } from './services.ts';
import type { Story } from './truth.ts';
import type { TruthLine } from './truth-line.ts';
import { CART_CLEANUP, DEBUG, NODES, WORKLOADS, workloadKey } from './world.ts';

/** The recorded cluster and what only the live one has. */
export const LIVE_CLUSTER: ClusterPlan = {
  workloads: [...WORKLOADS, ...LIVE_WORKLOADS],
  services: [...SERVICES, ...LIVE_SERVICES],
};

/** The pair on one bridge, by Service and by address; a bridged and a routed pod, both ways; the pod with two entries. */
const LIVE_CALLS: readonly Call[] = [
  toService('data/ledger-writer', 'data/ledger', 5432),
  {
    client: 'data/ledger-writer',
    target: { kind: 'pods', workload: 'data/ledger', port: 5432 },
    outcome: 'answered',
    asks: 'nothing',
    note: 'both on one bridge',
  },
  toService('data/ledger-writer', 'shop/paymentservice', 50_051),
  toService('shop/frontend', 'data/ledger', 5432),
  { ...toService('data/zoned-client', 'data/zoned-server', 8088), note: 'two entries on node-b' },
];

/** Every call of a round of the live world. */
export const LIVE_ROUND: readonly Call[] = [...ROUND, ...LIVE_CALLS];

/** How often the story makes every call of a round. */
export const LIVE_ROUNDS = 2;

/** Who sends datagrams that nobody answers, and whose connection loses its entry. */
export const STATSD_SENDER = 'shop/adservice';
export const FEED = { client: 'data/feed-reader', server: 'data/feed' } as const;
/** Who dials what every node drops. */
export const DROPPED = { client: STATSD_SENDER, server: 'shop/currencyservice' } as const;

const DNS = 'kube-system/coredns';

export const LIVE_STORY: Story = {
  workloads: LIVE_CLUSTER.workloads,
  calls: [...LIVE_ROUND, LONG_LIVED, CLEANUP],
  cachedNode: CACHED_NODE,
  edges: [
    {
      client: STATSD_SENDER,
      server: 'monitoring/statsd',
      protocol: 'UDP',
      port: STATSD_PORT,
      note: 'one way: never answered',
    },
    {
      ...FEED,
      protocol: 'TCP',
      port: FEED_PORT,
      note: 'one connection; its entries were made by a packet of the server',
    },
    {
      client: `node:${CACHED_NODE}`,
      server: DNS,
      protocol: 'TCP',
      port: 53,
      seenAs: NODES[CACHED_NODE].ipv4,
      note: 'the node-local cache asks on',
    },
  ],
  allowances: cacheAllowances(),
};

/**
 * Edges that are second views of others, or no workload's: what the other node shows of a masqueraded connection, and the
 * agents' own reports.
 */
export const OTHER_EDGES: readonly string[] = [
  'node:node-b@192.168.100.2 -> apiserver@192.168.100.1:6443/tcp',
  'node:node-b@192.168.100.2 -> node:node-a@192.168.100.1:9100/tcp',
  'node:node-a@192.168.100.1 -> shop/frontend:8080/tcp',
  ...Object.entries(NODES).map(
    ([name, { ipv4 }]) => `node:${name}@${ipv4} -> external@${CONTROL.address}:${CONTROL.ingestPort}/tcp`,
  ),
];

/** Every draft that isolates egress names the cache: its link-local address, and that of the DNS Service, which it takes over. */
function cacheAllowances(): TruthLine[] {
  return [...LIVE_CLUSTER.workloads, CART_CLEANUP, DEBUG]
    .filter((one) => !one.hostNetwork && one.dnsPolicy === 'ClusterFirst')
    .flatMap((one) =>
      [LOCAL_DNS_ADDRESS, DNS_ADDRESS].flatMap((address) =>
        (['UDP', 'TCP'] as const).map((protocol): TruthLine => ({
          client: workloadKey(one),
          server: `address:${address}`,
          protocol,
          port: 53,
          side: 'egress',
          note: 'the node-local DNS cache, which conntrack never shows',
        })),
      ),
    );
}
