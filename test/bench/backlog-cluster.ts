/** A cluster of the size that the design names, and what the agents of its nodes say of it, window by window. */
import { formatIp, ip } from '../../src/domain/ip.ts';
import type { IpAddress } from '../../src/domain/ip.ts';
import type { Flow } from '../../src/domain/flow.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import type { Batch } from '../../src/wire/batch.ts';

export const NODES = 5_000;
export const PODS = 150_000;
export const WORKLOADS = 10_000;
/** 200,000 edges. */
export const SERVERS_OF_A_WORKLOAD = 20;
export const WINDOW_MS = 10_000;
/** 50,000 flow records a second, over all nodes and in windows of 10 s. */
export const FLOWS_OF_A_WINDOW = 100;
/** Start of an hour, unix ms. */
export const START = 1_700_002_800_000;

const PODS_OF_A_NODE = PODS / NODES;
const PODS_OF_A_WORKLOAD = PODS / WORKLOADS;
const OUTSIDE = ['93.184.216.34', '151.101.1.69', '2606:4700::6810:84e5'].map(ip);
/** One connection of so many goes out of the cluster. */
const OUTSIDE_ONE_IN = 20;

export function clusterBook(): LeaseBook {
  const book = new LeaseBook();
  const createdAt = START - 3_600_000;
  for (let pod = 0; pod < PODS; pod++) {
    const name = `web-${pod % WORKLOADS}`;
    const uid = `${pod.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
    book.observePod(
      {
        namespace: `team-${pod % 40}`,
        name: `${name}-${pod}`,
        uid,
        node: nodeName(nodeOf(pod)),
        workload: { namespace: `team-${pod % 40}`, kind: 'Deployment', name },
        hostNetwork: false,
        ips: [podIp(pod)],
        phase: 'Running',
        createdAt,
        startedAt: createdAt,
        sandboxReadyAt: createdAt + 1000,
        sandboxGoneAt: null,
        firstContainerStart: createdAt + 1000,
        lastContainerFinish: null,
        deletion: null,
      },
      createdAt + 3000,
    );
  }
  for (let workload = 0; workload < WORKLOADS; workload++)
    book.observeService(
      {
        namespace: `team-${workload % 40}`,
        name: `web-${workload}`,
        uid: `service-${workload}`,
        createdAt,
        ips: [serviceIp(workload)],
        ports: [{ protocol: 'tcp', port: 80 }],
        nodePorts: [],
      },
      createdAt,
    );
  book.takeChanged();
  book.takeRevised();
  return book;
}

/** What the agent of a node says of a window: half of its connections begin at its pods, half end there. */
export function batchOf(node: number, window: number): Batch {
  const windowStart = START + window * WINDOW_MS;
  return {
    version: 1,
    nodeName: nodeName(node),
    nodeUid: `uid-${node}`,
    bootId: '',
    epoch: 'e'.repeat(32),
    sequence: window + 1,
    windowStart,
    windowEnd: windowStart + WINDOW_MS,
    sentAt: windowStart + WINDOW_MS,
    readLagMs: 250,
    source: { kind: 'netlink', accounting: false, timestamps: false },
    losses: { dropped: 0, skipped: {} },
    flows: Array.from({ length: FLOWS_OF_A_WINDOW }, (_, index) =>
      flowOf(node, index, windowStart / 1000 + (index % 10)),
    ),
  };
}

export function nodeName(node: number): string {
  return `node-${node}`;
}

function flowOf(node: number, index: number, second: number): Flow {
  const here = node * PODS_OF_A_NODE + (index % PODS_OF_A_NODE);
  const edge = Math.floor(index / PODS_OF_A_NODE) * 5 + (index % 5);
  const isOutgoing = index % 2 === 0;
  const client = isOutgoing ? here : podOf(clientOf(here % WORKLOADS, edge), node);
  const server = isOutgoing ? podOf(serverOf(here % WORKLOADS, edge), node) : here;
  const seconds = [{ second, opened: 1 + (index % 3), answered: 1 }];
  const isOutside = index % OUTSIDE_ONE_IN === 0;
  const to = OUTSIDE[index % OUTSIDE.length];
  if (isOutside && to !== undefined)
    return {
      protocol: 'tcp',
      client: podIp(client),
      server: to,
      serverPort: 443,
      orientation: 'seen',
      seconds,
    };
  return {
    protocol: 'tcp',
    client: podIp(client),
    server: podIp(server),
    serverPort: 8080,
    ...(isOutgoing && { dialled: { ip: serviceIp(server % WORKLOADS), port: 80 } }),
    orientation: 'seen',
    seconds,
  };
}

/** The workloads that one calls are those that stand this far behind it; so it is called by those as far before it. */
function serverOf(workload: number, edge: number): number {
  return (workload + 1 + edge * 487) % WORKLOADS;
}

function clientOf(workload: number, edge: number): number {
  return (workload - 1 - edge * 487 + SERVERS_OF_A_WORKLOAD * WORKLOADS) % WORKLOADS;
}

/** One of the workload's pods: another one for each node that speaks of it. */
function podOf(workload: number, node: number): number {
  return workload + WORKLOADS * (node % PODS_OF_A_WORKLOAD);
}

function nodeOf(pod: number): number {
  return Math.floor(pod / PODS_OF_A_NODE);
}

function podIp(pod: number): IpAddress {
  return formatIp(4, 0x0a_00_00_00n + BigInt(pod));
}

function serviceIp(workload: number): IpAddress {
  return formatIp(4, 0xac_14_00_00n + BigInt(workload));
}
