// The calls of the truth file's first part, to be made again with new connections.
import type { TruthLine } from '../../test/replay/truth.ts';
import { CLEANUP, dialledAddress, FEED, LONG_LIVED, ONE_WAY, ROUND, serverOf } from './calls.ts';
import type { Call } from './calls.ts';
import { questionsOf } from './enforce-dns.ts';
import type { EnforcedCluster } from './enforce-pods.ts';
import { linkOf, nodePlace, placeOf, podsOf } from './enforce-probe.ts';
import type { Caller, Dialled, Place, Probe } from './enforce-probe.ts';
import { API_SERVER_ADDRESS, serviceOf } from './services.ts';
import type { PeerCommand } from './peer-protocol.ts';
import { workloadOf } from './workloads.ts';
import { DNS_ADDRESS, NODES, OUTSIDE, STATSD_PORT } from './world.ts';
import type { NodeName } from './world.ts';

const CALLS: readonly Call[] = [...ROUND, LONG_LIVED, CLEANUP];
/** Where NodePorts are entered: not where the story did. */
const OTHER_NODE: NodeName = 'node-b';
/** What comes back from a datagram that nobody answers is a refusal, and that at once. */
const ONE_WAY_PATIENCE_MS = 300;

/** Every line as one or more probes. Throws for a line that it cannot make again. */
export function allowedProbes(lines: readonly TruthLine[], cluster: EnforcedCluster): Probe[] {
  return lines.flatMap((line) => {
    const probes = [
      ...CALLS.filter((call) => isOf(call, line)).flatMap((call) => probesOfCall(call, line, cluster)),
      ...kubeletProbes(line, cluster),
      ...questionsOf(line, cluster),
      ...unusual(line, cluster),
    ];
    if (probes.length === 0) throw new Error(`no way to make again: ${JSON.stringify(line)}`);
    return probes;
  });
}

function isOf(call: Call, { client, server, protocol, port }: TruthLine): boolean {
  const served = serverOf(call);
  return (
    call.outcome === 'answered' &&
    call.client === client &&
    served.server === server &&
    served.protocol === protocol &&
    served.port === port
  );
}

function probesOfCall(call: Call, line: TruthLine, cluster: EnforcedCluster): Probe[] {
  const { target } = call;
  const { server, port } = serverOf(call);
  const make = (dialled: Dialled, servers: readonly Place[], seenAs: string | null) =>
    callersOf(call.client, servers, cluster).map((caller): Probe => ({
      ...linkOf(line),
      process: caller.process,
      ...dialling(dialled),
      client: caller.place,
      seenAs,
      servers,
      port,
    }));
  switch (target.kind) {
    case 'service': {
      const address = dialledAddress(call) ?? '';
      const servers =
        serviceOf(target.service).workload === undefined
          ? [{ address: API_SERVER_ADDRESS, pod: null }]
          : podsOf(server, cluster).map((pod) => placeOf(pod, address));
      return servers.flatMap(() => make({ address, port: target.port }, servers, null));
    }
    case 'pods':
      return podsOf(server, cluster)
        .map((pod) => placeOf(pod, NODES[pod.node].ipv4))
        .flatMap((place) => make({ address: place.address, port }, [place], null));
    case 'address': {
      if (!isNodePort(call))
        return make(
          { address: target.address, port: target.port },
          [{ address: target.address, pod: null }],
          null,
        );
      const { ipv4 } = NODES[OTHER_NODE];
      const servers = podsOf(server, cluster).map((pod) => placeOf(pod, ipv4));
      return servers.flatMap(() => make({ address: ipv4, port: target.port }, servers, ipv4));
    }
    default:
      return target satisfies never;
  }
}

function isNodePort({ target }: Call): boolean {
  return target.kind === 'address' && target.port !== target.endPort;
}

function callersOf(client: string, servers: readonly Place[], cluster: EnforcedCluster): Caller[] {
  const towards = servers[0]?.address ?? '';
  const node = nodeNamed(client);
  if (client.startsWith('external:'))
    return [{ process: 'ext', place: { address: OUTSIDE.client, pod: null } }];
  // A node that dials a Service takes its own first address, wherever the server is.
  if (node !== undefined) return [{ process: node, place: { address: NODES[node].ipv4, pod: null } }];
  return podsOf(client, cluster).map((pod) => ({ process: pod.name, place: placeOf(pod, towards) }));
}

/** From a node to its own pods, as its kubelet does it. */
function kubeletProbes(line: TruthLine, cluster: EnforcedCluster): Probe[] {
  const node = nodeNamed(line.client);
  if (node === undefined || line.ownNode !== true || line.port === 'any') return [];
  const { port } = line;
  return podsOf(line.server, cluster)
    .filter((pod) => pod.node === node && workloadOf(pod.workload).probe === port)
    .map((pod) => {
      const client = nodePlace(node, pod);
      const server = placeOf(pod, client.address);
      return {
        ...linkOf(line),
        process: node,
        ...dialling({ address: server.address, port }),
        client,
        seenAs: null,
        servers: [server],
        port,
      };
    });
}

/** Datagrams that nobody answers, and the connection that no other call makes. */
function unusual(line: TruthLine, cluster: EnforcedCluster): Probe[] {
  const isOneWay = line.client === ONE_WAY.client && line.server === ONE_WAY.server;
  if (!isOneWay && (line.client !== FEED.client || line.server !== FEED.server)) return [];
  const port = isOneWay ? STATSD_PORT : Number(line.port);
  const servers = podsOf(line.server, cluster).map((pod) => placeOf(pod, DNS_ADDRESS));
  const [first] = servers;
  if (first === undefined) throw new Error(`${line.server} has no pod`);
  const address = isOneWay ? (serviceOf(line.server).addresses[0] ?? '') : first.address;
  const order: PeerCommand = isOneWay
    ? { op: 'attempt', protocol: 'udp', address, port, patienceMs: ONE_WAY_PATIENCE_MS }
    : { op: 'dial', address, port };
  const dialled = { address, port };
  return podsOf(line.client, cluster).map((pod) => ({
    ...linkOf(line),
    process: pod.name,
    order,
    dialled,
    client: placeOf(pod, address),
    seenAs: null,
    servers,
    port,
    isAnswered: !isOneWay,
  }));
}

function dialling(dialled: Dialled): Pick<Probe, 'order' | 'dialled'> {
  return { order: { op: 'dial', ...dialled }, dialled };
}

function nodeNamed(end: string): NodeName | undefined {
  return (Object.keys(NODES) as NodeName[]).find((name) => end === `node:${name}`);
}
