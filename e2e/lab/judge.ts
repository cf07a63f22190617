// The verdict: what the drafts allow, and the edges behind them, against the truth that the lab wrote. It never looks at conntrack.
import { intersectRanges } from '../../src/domain/port-range.ts';
import type { PortRange } from '../../src/domain/port-range.ts';
import { ip } from '../../src/domain/ip.ts';
import { scopeOf } from '../../src/domain/special-ranges.ts';
import { workloadTitle } from '../../src/domain/workload.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { allowedPorts } from '../../src/netpol/evaluate.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { End } from '../../src/netpol/world.ts';
import type { ClusterInfo, KnownPod } from '../../src/recommend/cluster.ts';
import type { EdgeJson } from '../../src/wire/edge-json.ts';
import { ALL_PROTOCOLS, Allowed } from '../../test/replay/truth.ts';
import type { ClassedAddress, Score, Truth } from '../../test/replay/truth.ts';
import { OTHER_EDGES } from './live-story.ts';
import { API_SERVER_ADDRESS } from './services.ts';
import { NODES, workloadOf } from './world.ts';
import type { NodeName } from './world.ts';

/**
 * Judges what `policies` allow between all pods, and between pods and `addresses`, protocol by protocol, port by port. Adds
 * to `score` and returns one sentence for each pair that differs.
 */
export function judgePolicies(
  policies: readonly NetworkPolicy[],
  cluster: ClusterInfo,
  by: { truth: Truth; addresses: readonly ClassedAddress[]; score: Score },
): string[] {
  const set = compilePolicies(policies, cluster);
  const pods = cluster.workloads.flatMap((workload) => workload.pods).filter((pod) => !pod.hostNetwork);
  const nodes = new Map(cluster.nodes.map((node) => [node.name, node.addresses]));
  const allowed = new Allowed(by.truth, nodes, API_SERVER_ADDRESS);
  const wrong: string[] = [];
  const judge = (what: string, got: PortRange[], wanted: PortRange[]): void => {
    by.score.add(got, wanted, intersectRanges(got, wanted));
    if (JSON.stringify(got) !== JSON.stringify(wanted))
      wrong.push(`${what}: ${JSON.stringify(got)}, truth ${JSON.stringify(wanted)}`);
  };
  for (const protocol of ALL_PROTOCOLS)
    for (const pod of pods) {
      const title = workloadTitle(pod.workload);
      for (const server of pods.filter((each) => each !== pod)) {
        const other = workloadTitle(server.workload);
        const got = allowedPorts(set, { client: podEnd(pod), server: podEnd(server), protocol });
        judge(`${title} -> ${other} ${protocol}`, got, allowed.between(title, other, protocol));
      }
      for (const address of by.addresses) {
        const outside: End = { kind: 'address', address: ip(address.address) };
        // A pod is never cut off from itself: nothing to judge (NETPOL rule 22).
        if (pod.ips.includes(outside.address) || scopeOf(outside.address) === 'loopback') continue;
        judge(
          `${title} -> ${address.address} ${protocol}`,
          allowedPorts(set, { client: podEnd(pod), server: outside, protocol }),
          allowed.egress(title, address, protocol),
        );
        judge(
          `${address.address} -> ${title} ${protocol}`,
          allowedPorts(set, { client: outside, server: podEnd(pod), protocol }),
          allowed.ingress(address, title, { protocol, ownNode: pod.node ?? '' }),
        );
      }
    }
  return wrong;
}

/** The edges of one client: how many it has by the truth, and what differs. */
export interface EdgeRow {
  readonly client: string;
  readonly expected: number;
  readonly found: number;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

/** Compares the needed edges with the truth, client by client, and adds to `score`. `quarantined` are the keys that the server holds back. */
export function judgeEdges(
  edges: readonly EdgeJson[],
  truth: Truth,
  by: { quarantined: readonly string[]; score: Score },
): EdgeRow[] {
  const found = new Set(
    edges.filter((edge) => isNeeded(edge) && !by.quarantined.includes(edge.key)).map(({ key }) => short(key)),
  );
  const expected = new Set(
    truth.edges.map(
      ({ client, server, protocol, port }) =>
        `${nameOf(client, server)} -> ${nameOf(server, client)}:${port}/${protocol.toLowerCase()}`,
    ),
  );
  const clients = new Set([...expected, ...found, ...OTHER_EDGES].map(clientOf));
  const rows = [...clients].toSorted().map((client) => {
    const own = [...expected].filter((edge) => clientOf(edge) === client);
    const seen = [...found].filter((edge) => clientOf(edge) === client);
    return {
      client,
      expected: own.length,
      found: own.filter((edge) => found.has(edge)).length,
      missing: own.filter((edge) => !found.has(edge)),
      extra: seen.filter((edge) => !expected.has(edge) && !OTHER_EDGES.includes(edge)),
    };
  });
  for (const row of rows) {
    by.score.allowed += row.found + row.extra.length;
    by.score.wanted += row.expected;
    by.score.both += row.found;
  }
  return rows;
}

/** An edge key with workloads as the truth names them: `shop/frontend -> shop/cartservice:7070/tcp`. */
export function short(key: string): string {
  return key.replace(/workload:(\S+?)\/\w+\/(\S+?)(?= |:)/g, '$1/$2');
}

function clientOf(edge: string): string {
  return edge.split(' -> ')[0] ?? '';
}

function podEnd(pod: KnownPod): End {
  return { kind: 'pod', pod };
}

function isNeeded(edge: EdgeJson): boolean {
  return edge.answered > 0 || edge.present > 0 || edge.protocol === 'udp';
}

/** As edge keys name an end of the truth; nodes by the address that the other end sees. */
function nameOf(end: string, other: string): string {
  if (end === 'apiserver') return `apiserver@${API_SERVER_ADDRESS}`;
  if (end.startsWith('external:')) return end.replace(':', '@');
  if (!end.startsWith('node:')) return end;
  const { ipv4, podRangeV4 } = NODES[end.slice('node:'.length) as NodeName];
  // A node talks to the pods of its bridge as the bridge's own address, the first of the pod range.
  const isOnBridge = other.includes('/') && workloadOf(other).wire === 'bridge';
  return `${end}@${isOnBridge ? podRangeV4.replace(/\.0\/24$/, '.1') : ipv4}`;
}
