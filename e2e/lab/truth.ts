// The truth file: what the world's declarative list says happened, what drafts must allow beyond it, and what they must not allow.
// It never looks at what conntrack recorded.
import { CLEANUP, FEED, LONG_LIVED, ONE_WAY, probedWorkloads, ROUND, serverOf } from './calls.ts';
import type { Call } from './calls.ts';
import { bridgeAddress } from './node-wires.ts';
import type { Reuse } from './scenario.ts';
import { allowances } from './truth-allowances.ts';
import { namedDenials } from './truth-denials.ts';
import type { TruthLine } from './truth-line.ts';
import { CART_CLEANUP, workloadKey, workloadOf } from './workloads.ts';
import { API_SERVER, CACHED_NODE, CONTROL, FEED_PORT, NODES, OUTSIDE, STATSD_PORT } from './world.ts';
import type { NodeName } from './world.ts';

const DNS = 'kube-system/coredns';
const CALLS: readonly Call[] = [...ROUND, LONG_LIVED, CLEANUP];

/** The truth file: JSON with one line of truth a line of text, so that a change of it can be reviewed. */
export function truthText(reuse: Reuse): string {
  const rule = 'everything that is in neither edges nor allowances';
  return [
    '{',
    ` "edges": ${block(edges(), 1)},`,
    ` "allowances": ${block(allowances(), 1)},`,
    ' "denials": {',
    `  "rule": ${JSON.stringify(rule)},`,
    `  "named": ${block(namedDenials(), 2)}`,
    ' },',
    ` "refused": ${block(refused(), 1)},`,
    ` "otherViews": ${block(otherViews(), 1)},`,
    ` "reusedAddress": ${JSON.stringify(reuse)}`,
    '}',
    '',
  ].join('\n');
}

function block(lines: readonly TruthLine[], depth: number): string {
  const indent = ' '.repeat(depth);
  return `[\n${lines.map((line) => `${indent} ${JSON.stringify(line)}`).join(',\n')}\n${indent}]`;
}

function edges(): TruthLine[] {
  const answered = CALLS.filter((call) => call.outcome === 'answered').map(edgeOf);
  return unique([...answered, ...dnsEdges(), ...probeEdges(), ...unusualEdges()]);
}

function edgeOf(call: Call): TruthLine {
  const line = { client: call.client, ...serverOf(call) };
  const note = call.note === undefined ? {} : { note: call.note };
  if (call.client.startsWith('external:')) return { ...line, seenAs: NODES['node-a'].ipv4, ...note };
  if (!call.client.startsWith('node:')) return { ...line, ...note };
  const node = call.client.slice('node:'.length) as NodeName;
  const isOwn = workloadOf(line.server).places.every((place) => place === node);
  return { ...line, ...(isOwn ? { ownNode: true } : { seenAs: NODES[node].ipv4 }), ...note };
}

/** Who asks the cluster's DNS where a kernel sees it: pods that are not on the node with the cache, and the cache itself. */
function dnsEdges(): TruthLine[] {
  const asked = CALLS.filter(
    (call) =>
      call.asks !== 'nothing' && workloadOf(call.client).places.some((place) => place !== CACHED_NODE),
  ).map((call): TruthLine => ({
    client: call.client,
    server: DNS,
    protocol: call.asks === 'tcp' ? 'TCP' : 'UDP',
    port: 53,
  }));
  const upstream = `external:${OUTSIDE.nameServer}`;
  return [
    ...asked,
    { client: DNS, server: upstream, protocol: 'UDP', port: 53, note: 'names of the outside' },
    {
      client: `node:${CACHED_NODE}`,
      server: DNS,
      protocol: 'TCP',
      port: 53,
      seenAs: NODES[CACHED_NODE].ipv4,
      note: 'the node-local cache asks on',
    },
  ];
}

/** A node talks to the pods of its bridge as the bridge. */
function probeEdges(): TruthLine[] {
  return probedWorkloads().flatMap((workload) =>
    probingNodes(workloadKey(workload)).map((node): TruthLine => ({
      client: `node:${node}`,
      server: workloadKey(workload),
      protocol: 'TCP',
      port: workload.probe ?? 0,
      ownNode: true,
      ...(workload.wire === 'bridge' ? { seenAs: bridgeAddress(node) } : {}),
      note: 'kubelet probe',
    })),
  );
}

function probingNodes(server: string): NodeName[] {
  const late = server === 'shop/recommendationservice' ? CART_CLEANUP.places : [];
  return [...new Set([...workloadOf(server).places, ...late])];
}

function unusualEdges(): TruthLine[] {
  return [
    { ...ONE_WAY, protocol: 'UDP', port: STATSD_PORT, note: 'one way: never answered' },
    {
      ...FEED,
      protocol: 'TCP',
      port: FEED_PORT,
      note: 'one connection; its entries were made by a packet of the server',
    },
  ];
}

function refused(): TruthLine[] {
  return CALLS.filter((call) => call.outcome === 'refused').map((call) => ({
    client: call.client,
    ...serverOf(call),
  }));
}

/** What nodes show beside the edges, and what is no workload's: second views of masqueraded connections, and the agents' own reports. */
function otherViews(): TruthLine[] {
  return [
    masqueraded('node-b', 'apiserver', API_SERVER.port),
    masqueraded('node-b', 'node:node-a', 9100),
    masqueraded('node-a', 'shop/frontend', 8080),
    ...Object.keys(NODES).map((node): TruthLine => ({
      client: `node:${node}`,
      server: `external:${CONTROL.address}`,
      protocol: 'TCP',
      port: CONTROL.ingestPort,
      note: 'netscribe’s own agent',
    })),
  ];
}

function masqueraded(node: NodeName, server: string, port: number): TruthLine {
  return { client: `node:${node}`, server, protocol: 'TCP', port, note: 'masqueraded by its node' };
}

function unique(lines: readonly TruthLine[]): TruthLine[] {
  const byKey = new Map<string, TruthLine>();
  for (const line of lines) {
    const key = [line.client, line.server, line.protocol, line.port].join(' ');
    if (!byKey.has(key)) byKey.set(key, line);
  }
  return [...byKey.values()];
}
