// What must be dropped and has a name: the denials of the truth file that a mistake would most likely let through.
import { parseProtocol } from '../../src/domain/protocol.ts';
import type { ClassedAddress, Truth, TruthLine } from '../../test/replay/truth.ts';
import type { EnforcedCluster } from './enforce-pods.ts';
import { deniedProbe, placeOf, podsOf, servedBy } from './enforce-probe.ts';
import type { Caller, Place, Probe } from './enforce-probe.ts';
import { SERVICES } from './services.ts';
import { NODES } from './world.ts';
import type { NodeName } from './world.ts';

/** What denials are taken from. */
export interface DrawnFrom {
  readonly cluster: EnforcedCluster;
  readonly truth: Truth;
  readonly addresses: readonly ClassedAddress[];
}

/** The named denials that packets can show, and how many cannot: a Service's address is never what policies judge. */
export function namedDenials({ cluster, truth }: DrawnFrom): { probes: Probe[]; unmakeable: number } {
  const lines = truth.denials.named;
  const makeable = lines.filter((line) => !isService(line));
  return {
    probes: makeable.flatMap((line) => probesOfLine(line, cluster)),
    unmakeable: lines.length - makeable.length,
  };
}

function probesOfLine(line: TruthLine, cluster: EnforcedCluster): Probe[] {
  const protocol = parseProtocol(line.protocol);
  if (protocol === null || protocol === 'sctp' || line.port === 'any')
    throw new Error(`no call: ${JSON.stringify(line)}`);
  const { port } = line;
  const servers = line.server.startsWith('address:')
    ? [{ address: line.server.slice('address:'.length), pod: null }]
    : podsOf(line.server, cluster).map((pod) => placeOf(pod, NODES['node-a'].ipv4));
  return servers.flatMap((server) =>
    callersOf(line.client, server, cluster).map((caller) =>
      deniedProbe(caller, { address: server.address, port }, servedBy([server], protocol, port)),
    ),
  );
}

/** Of a workload its first pod. A node is only asked for pods that are not its own, which it may always reach. */
function callersOf(client: string, server: Place, cluster: EnforcedCluster): Caller[] {
  if (!client.startsWith('address:'))
    return podsOf(client, cluster)
      .slice(0, 1)
      .map((pod) => ({ process: pod.name, place: placeOf(pod, server.address) }));
  const address = client.slice('address:'.length);
  const place = { address, pod: null };
  const node = (Object.keys(NODES) as NodeName[]).find((name) => NODES[name].ipv4 === address);
  if (node === undefined) return [{ process: 'ext', place, from: address }];
  return server.pod?.node === node ? [] : [{ process: node, place }];
}

function isService({ server, port }: TruthLine): boolean {
  return SERVICES.some(
    ({ addresses, ports }) =>
      addresses.some((each) => server === `address:${each}`) && ports.some((each) => each.port === port),
  );
}
