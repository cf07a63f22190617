// The truth file: what the world's declarative list says happened, what drafts must allow beyond it, and what they must not allow.
// It never looks at what conntrack recorded.
import { CLEANUP, LONG_LIVED, probedWorkloads, ROUND, serverOf } from './calls.ts';
import type { Call } from './calls.ts';
import type { Reuse } from './scenario.ts';
import { namedDenials } from './truth-denials.ts';
import type { TruthLine } from './truth-line.ts';
import { API_SERVER_ADDRESS } from './services.ts';
import {
  API_SERVER,
  CART_CLEANUP,
  DEBUG,
  NODES,
  OUTSIDE,
  WORKLOADS,
  workloadKey,
  workloadOf,
} from './world.ts';
import type { NodeName, WorkloadSpec } from './world.ts';

const DNS = 'kube-system/coredns';

/** What happened in a world: from it follow the edges, and what drafts must allow. */
export interface Story {
  /** Workloads whose pods run from before the story to its end. */
  readonly workloads: readonly WorkloadSpec[];
  readonly calls: readonly Call[];
  /** The node whose pods' questions to DNS are not tracked; absent when every node tracks them. */
  readonly cachedNode?: NodeName;
  /** What else happened, and must be allowed. */
  readonly edges: readonly TruthLine[];
  readonly allowances: readonly TruthLine[];
}

const RECORDED: Story = {
  workloads: WORKLOADS,
  calls: [...ROUND, LONG_LIVED, CLEANUP],
  edges: [],
  allowances: [],
};

/** The truth file of a story: JSON with one line of truth a line of text, so that a change of it can be reviewed. */
export function truthText(reuse: Reuse, story: Story = RECORDED): string {
  const rule = 'everything that is in neither edges nor allowances';
  return [
    '{',
    ` "edges": ${block(edges(story), 1)},`,
    ` "allowances": ${block(allowances(story), 1)},`,
    ' "denials": {',
    `  "rule": ${JSON.stringify(rule)},`,
    `  "named": ${block(namedDenials(), 2)}`,
    ' },',
    ` "refused": ${block(refused(story), 1)},`,
    ` "reusedAddress": ${JSON.stringify(reuse)}`,
    '}',
    '',
  ].join('\n');
}

function block(lines: readonly TruthLine[], depth: number): string {
  const indent = ' '.repeat(depth);
  return `[\n${lines.map((line) => `${indent} ${JSON.stringify(line)}`).join(',\n')}\n${indent}]`;
}

function edges(story: Story): TruthLine[] {
  const answered = story.calls.filter((call) => call.outcome === 'answered').map(edgeOf);
  return unique([...answered, ...dnsEdges(story), ...probeEdges(story), ...story.edges]);
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

function dnsEdges({ calls, cachedNode }: Story): TruthLine[] {
  const asked = calls
    .filter(
      (call) =>
        call.asks !== 'nothing' && workloadOf(call.client).places.some((place) => place !== cachedNode),
    )
    .map((call): TruthLine => ({
      client: call.client,
      server: DNS,
      protocol: call.asks === 'tcp' ? 'TCP' : 'UDP',
      port: 53,
    }));
  const upstream = `external:${OUTSIDE.nameServer}`;
  return [
    ...asked,
    { client: DNS, server: upstream, protocol: 'UDP', port: 53, note: 'names of the outside' },
  ];
}

function probeEdges({ workloads }: Story): TruthLine[] {
  return probedWorkloads(workloads).flatMap((workload) =>
    probingNodes(workloadKey(workload)).map((node): TruthLine => ({
      client: `node:${node}`,
      server: workloadKey(workload),
      protocol: 'TCP',
      port: workload.probe ?? 0,
      ownNode: true,
      note: 'kubelet probe',
    })),
  );
}

function probingNodes(server: string): NodeName[] {
  const late = server === 'shop/recommendationservice' ? CART_CLEANUP.places : [];
  return [...new Set([...workloadOf(server).places, ...late])];
}

function allowances(story: Story): TruthLine[] {
  const isolated = [...story.workloads, CART_CLEANUP, DEBUG].filter((one) => !one.hostNetwork);
  const askers = isolated.filter((one) => one.dnsPolicy === 'ClusterFirst').map(workloadKey);
  const protocols = ['UDP', 'TCP'] as const;
  const apiServer = `address:${API_SERVER_ADDRESS}`;
  return [
    {
      client: 'any-address',
      server: 'shop/frontend',
      protocol: 'TCP',
      port: 8080,
      side: 'ingress',
      note: 'outside in: NodePort and LoadBalancer',
    },
    ...protocols.flatMap((protocol) =>
      askers.map((client): TruthLine => ({
        client,
        server: DNS,
        protocol,
        port: 53,
        note: 'DNS by convention',
      })),
    ),
    ...protocols.map((protocol): TruthLine => ({
      client: 'any-pod',
      server: DNS,
      protocol,
      port: 53,
      side: 'ingress',
      note: 'DNS by convention',
    })),
    {
      client: 'shop/paymentservice',
      server: 'class:public',
      protocol: 'TCP',
      port: 443,
      side: 'egress',
      note: 'outside out: public addresses',
    },
    {
      client: 'shop/emailservice',
      server: `address:${OUTSIDE.smtpRelay}`,
      protocol: 'TCP',
      port: 587,
      side: 'egress',
      note: 'outside out: a private address stays exact',
    },
    {
      client: DNS,
      server: `address:${OUTSIDE.nameServer}`,
      protocol: 'UDP',
      port: 53,
      side: 'egress',
      note: 'outside out: a private address stays exact',
    },
    {
      client: DNS,
      server: apiServer,
      protocol: 'TCP',
      port: API_SERVER.port,
      side: 'egress',
      note: 'the API server by its endpoint',
    },
    ...Object.values(NODES).map((node): TruthLine => ({
      client: 'monitoring/prometheus',
      server: `address:${node.ipv4}`,
      protocol: 'TCP',
      port: 9100,
      side: 'egress',
      note: 'a node by its address',
    })),
    {
      client: `address:${NODES['node-a'].ipv4}`,
      server: 'shop/currencyservice',
      protocol: 'TCP',
      port: 7000,
      side: 'ingress',
      seenAs: NODES['node-a'].ipv4,
      note: 'node traffic by the address the server’s side saw',
    },
    {
      client: 'own-node',
      server: 'any-pod',
      protocol: 'any',
      port: 'any',
      side: 'ingress',
      note: 'a pod’s own node may always reach it',
    },
    ...story.allowances,
  ];
}

function refused({ calls }: Story): TruthLine[] {
  return calls
    .filter((call) => call.outcome === 'refused')
    .map((call) => ({
      client: call.client,
      ...serverOf(call),
    }));
}

function unique(lines: readonly TruthLine[]): TruthLine[] {
  const byKey = new Map<string, TruthLine>();
  for (const line of lines) {
    const key = [line.client, line.server, line.protocol, line.port].join(' ');
    if (!byKey.has(key)) byKey.set(key, line);
  }
  return [...byKey.values()];
}
