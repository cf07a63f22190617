// Looks for every line of a capture's truth in the raw text of every node that must have seen it.
// It shares no code with the product's scanner: a mistake in one is not hidden by the same mistake in the other.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TruthLine } from './truth-line.ts';
import { NODES, OUTSIDE } from './world.ts';

/** What of the truth a capture lacks, one sentence each; empty when it shows all of it. */
export function missingFrom(folder: string): string[] {
  const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as CheckedTruth;
  const places = placesOf(folder);
  const texts = new Map(
    Object.keys(NODES).map((node) => [node, connectionsOf(join(folder, 'nodes', node))] as const),
  );
  const scanned = truth.denials.named.filter((line) => line.note?.startsWith('scanned'));
  return [...truth.edges, ...truth.refused, ...scanned].flatMap((line) => {
    const clients = places.get(line.client) ?? [];
    const servers = places.get(line.server) ?? [];
    const isSeen = clients.some((client) =>
      servers.some((server) =>
        [client.node, server.node]
          .filter((node) => node !== undefined)
          .every((node) => sees(texts.get(node) ?? [], line, { client, server })),
      ),
    );
    return isSeen ? [] : [`${line.client} -> ${line.server}:${line.port}/${line.protocol}`];
  });
}

interface CheckedTruth {
  readonly edges: readonly TruthLine[];
  readonly refused: readonly TruthLine[];
  readonly denials: { readonly named: readonly TruthLine[] };
}

/** An address of an end, and the node on which its connections must show; absent outside the cluster. */
interface Place {
  readonly address: string;
  readonly node?: string;
}

/** The two ends of an entry, the one that its original tuple begins with first. */
interface Connection {
  readonly protocol: string;
  readonly from: string;
  readonly fromPort: string;
  readonly to: string;
  readonly toPort: string;
}

function sees(
  connections: readonly Connection[],
  line: TruthLine,
  { client, server }: { client: Place; server: Place },
): boolean {
  const node = NODES[client.node as keyof typeof NODES];
  const clients = new Set([client.address, line.seenAs, node?.ipv4]);
  const port = String(line.port);
  return connections.some(
    ({ protocol, from, fromPort, to, toPort }) =>
      protocol === line.protocol.toLowerCase() &&
      ((to === server.address && toPort === port && clients.has(from)) ||
        // An entry that was made mid-stream begins with whoever spoke first.
        (from === server.address && fromPort === port && clients.has(to))),
  );
}

/** Every connection of every file of a node: the original tuple's source, and who answered. */
function connectionsOf(folder: string): Connection[] {
  const tuple = /\b(tcp|udp)\b.*?src=(\S+) dst=\S+ sport=(\d+) dport=\d+.*?src=(\S+) dst=\S+ sport=(\d+)/;
  return readdirSync(folder)
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .flatMap((text) => {
      const found = tuple.exec(text);
      if (found === null) return [];
      const [, protocol = '', from = '', fromPort = '', to = '', toPort = ''] = found;
      return [{ protocol, from, fromPort, to, toPort }];
    });
}

/** Every address each end of the truth ever had, from the cluster's history. */
function placesOf(folder: string): Map<string, Place[]> {
  const places = new Map<string, Place[]>();
  const add = (end: string, place: Place): void => {
    places.set(end, [...(places.get(end) ?? []), place]);
  };
  for (const [node, { ipv4 }] of Object.entries(NODES)) add(`node:${node}`, { address: ipv4, node });
  for (const text of readFileSync(join(folder, 'cluster', 'watch.jsonl'), 'utf8')
    .trim()
    .split('\n')) {
    const { object } = JSON.parse(text) as { object: WatchedPod };
    if (object.kind !== 'Pod') continue;
    const { name, namespace } = object.metadata;
    for (const { ip } of object.status?.podIPs ?? []) {
      const place = { address: ip, ...(object.spec === undefined ? {} : { node: object.spec.nodeName }) };
      if (name.startsWith('kube-apiserver')) add('apiserver', place);
      else add(`${namespace}/${workloadName(object)}`, place);
    }
  }
  for (const address of [...OUTSIDE.addresses, OUTSIDE.publicAddress])
    add(`external:${address}`, { address });
  return places;
}

interface WatchedPod {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly nodeName: string };
  readonly status?: { readonly podIPs?: readonly { readonly ip: string }[] };
}

function workloadName({ metadata }: WatchedPod): string {
  const labels = metadata.labels ?? {};
  if (labels['k8s-app'] === 'kube-dns') return 'coredns';
  return labels['app'] ?? labels['app.kubernetes.io/name'] ?? metadata.name;
}
