// Questions to DNS under enforced policies: those of the truth file, and those that every workload may ask.
import type { TruthLine } from '../../test/replay/truth.ts';
import type { EnforcedCluster, EnforcedPod } from './enforce-pods.ts';
import { linkOf, placeOf, podsOf } from './enforce-probe.ts';
import type { Probe } from './enforce-probe.ts';
import { EVERY_WORKLOAD, workloadKey } from './workloads.ts';
import { CACHED_NODE, DNS_ADDRESS, NODES, OUTSIDE, UPSTREAM_DNS_ADDRESS } from './world.ts';

const DNS = 'kube-system/coredns';
const DNS_PORT = 53;
const INSIDE_NAME = 'frontend.shop.svc.cluster.local';
const OUTSIDE_NAME = 'relay.mail.example';

/** Every pod that uses the cluster's DNS asks it, over both transports. */
export function dnsProbes(cluster: EnforcedCluster): Probe[] {
  return EVERY_WORKLOAD.filter((one) => !one.hostNetwork && one.dnsPolicy === 'ClusterFirst').flatMap((one) =>
    (['udp', 'tcp'] as const).flatMap((transport) =>
      podsOf(workloadKey(one), cluster).map((pod) => question(pod, transport, cluster)),
    ),
  );
}

/** What the line says of DNS: pods that ask where a kernel sees it, the cache that asks on, and the cluster's DNS that asks outside. */
export function questionsOf(line: TruthLine, cluster: EnforcedCluster): Probe[] {
  if (line.port !== DNS_PORT) return [];
  const servers = podsOf(DNS, cluster).map((pod) => placeOf(pod, DNS_ADDRESS));
  const common = { ...linkOf(line), seenAs: null, port: DNS_PORT };
  if (line.client === DNS)
    return podsOf(DNS, cluster).map((pod) => ({
      ...common,
      process: pod.name,
      ...asking(OUTSIDE.nameServer, 'udp', OUTSIDE_NAME),
      client: placeOf(pod, OUTSIDE.nameServer),
      servers: [{ address: OUTSIDE.nameServer, pod: null }],
    }));
  if (line.client === `node:${CACHED_NODE}`)
    return servers.map(() => ({
      ...common,
      process: CACHED_NODE,
      ...asking(UPSTREAM_DNS_ADDRESS, 'tcp', INSIDE_NAME),
      client: { address: NODES[CACHED_NODE].ipv4, pod: null },
      servers,
    }));
  return podsOf(line.client, cluster)
    .filter((pod) => pod.node !== CACHED_NODE)
    .map((pod) => question(pod, line.protocol === 'TCP' ? 'tcp' : 'udp', cluster));
}

/** On the node with the cache nobody but the cache gets the question, at the address that was asked. */
function question(pod: EnforcedPod, transport: 'udp' | 'tcp', cluster: EnforcedCluster): Probe {
  const servers =
    pod.node === CACHED_NODE
      ? [{ address: DNS_ADDRESS, pod: null }]
      : podsOf(DNS, cluster).map((each) => placeOf(each, DNS_ADDRESS));
  return {
    line: `${pod.workload} -> ${DNS}:${DNS_PORT}/${transport}`,
    expected: 'allowed',
    process: pod.name,
    ...asking(DNS_ADDRESS, transport, INSIDE_NAME),
    client: placeOf(pod, DNS_ADDRESS),
    seenAs: null,
    servers,
    protocol: transport,
    port: DNS_PORT,
    isAnswered: true,
  };
}

function asking(server: string, transport: 'udp' | 'tcp', name: string): Pick<Probe, 'order' | 'dialled'> {
  const order = { op: 'ask', server, transport, name, type: 'A' } as const;
  return { order, dialled: { address: server, port: DNS_PORT } };
}
