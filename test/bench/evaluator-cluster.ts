/**
 * A made cluster for benches of the evaluator: namespaces of workloads with one policy for some of them, as teams write
 * them: by app label, from named neighbours and other namespaces, with ports, named ports and address blocks.
 */
import { ip } from '../../src/domain/ip.ts';
import type { Connection } from '../../src/netpol/evaluate.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../src/netpol/policy.ts';
import type { ReachGroup } from '../../src/netpol/reach.ts';
import type { PolicyPod, PolicyWorld } from '../../src/netpol/world.ts';

export interface BenchCluster {
  readonly world: PolicyWorld;
  readonly groups: readonly ReachGroup[];
  readonly policies: readonly NetworkPolicy[];
}

export interface BenchSizes {
  readonly namespaces: number;
  readonly workloads: number;
  /** Pods of each workload. */
  readonly replicas: number;
  readonly policies: number;
}

const NODES = 20;
const PORTS = [5432, 6379, 8080, 8443, 9090];

export function benchCluster({ namespaces, workloads, replicas, policies }: BenchSizes): BenchCluster {
  const nodes = Array.from({ length: NODES }, (_, index) => ({
    name: `node-${index}`,
    addresses: [ip(`192.168.1.${index + 1}`), ip(`10.${index}.0.1`)],
  }));
  const namespaceOf = (workload: number): string => `ns-${workload % namespaces}`;
  let pods = 0;
  const groups = Array.from({ length: workloads }, (_, workload): ReachGroup => {
    const members = Array.from({ length: replicas }, (__, replica): PolicyPod => {
      const index = pods++;
      return {
        namespace: namespaceOf(workload),
        name: `app-${workload}-${replica}`,
        labels: {
          app: `app-${workload}`,
          tier: workload % 3 === 0 ? 'front' : 'back',
          team: `t-${workload % 7}`,
        },
        ips: [ip(`10.${index % NODES}.${1 + ((index / NODES) >> 8)}.${Math.floor(index / NODES) & 255}`)],
        node: `node-${index % NODES}`,
        hostNetwork: false,
        ports: [{ name: 'http', protocol: 'tcp', port: 8080 + (workload % 3) }],
      };
    });
    return { title: `${namespaceOf(workload)}/app-${workload}`, pods: members };
  });
  return {
    world: {
      namespaces: new Map(
        Array.from({ length: namespaces }, (_, index) => [
          `ns-${index}`,
          { stage: index % 4 === 0 ? 'prod' : 'test' },
        ]),
      ),
      nodes,
    },
    groups,
    policies: Array.from({ length: policies }, (_, index) =>
      policyOf(index, { namespaces, workloads, namespaceOf }),
    ),
  };
}

/** Connections between pods of the cluster, mostly within a namespace, some from or to addresses outside. */
export function benchConnections(cluster: BenchCluster, count: number): Connection[] {
  const pods = cluster.groups.flatMap(({ pods: members }) => members);
  const byNamespace = [...Map.groupBy(pods, ({ namespace }) => namespace).values()];
  const next = generator();
  const pick = <T>(items: readonly T[]): T => items[next(items.length)] as T;
  return Array.from({ length: count }, (): Connection => {
    const near = pick(byNamespace);
    const client = pick(near);
    const server = next(3) === 0 ? pick(pods) : pick(near);
    const outside = { kind: 'address', address: ip(`203.0.${next(256)}.${next(256)}`) } as const;
    const where = next(20);
    return {
      client: where === 0 ? outside : { kind: 'pod', pod: client },
      server: where === 1 ? outside : { kind: 'pod', pod: server },
      protocol: next(10) === 0 ? 'udp' : 'tcp',
      port: pick(PORTS),
    };
  });
}

/** A linear congruential generator (Numerical Recipes): the same numbers in every run. */
export function generator(): (below: number) => number {
  let state = 42;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

function policyOf(
  index: number,
  {
    namespaces,
    workloads,
    namespaceOf,
  }: { namespaces: number; workloads: number; namespaceOf: (workload: number) => string },
): NetworkPolicy {
  const guarded = index % workloads;
  const neighbour = (step: number): string => `app-${(guarded + step * namespaces) % workloads}`;
  const metadata = { namespace: namespaceOf(guarded), name: `policy-${index}` };
  const base = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata } as const;
  // A namespace's default, now and then; the others guard one workload, or all of the back tier.
  if (index % 10 === 0) return { ...base, spec: { podSelector: {}, policyTypes: ['Ingress'] } };
  const port = (number: number): NetworkPolicyPort => ({ protocol: 'TCP', port: number });
  const app = (step: number): NetworkPolicyPeer => ({
    podSelector: { matchLabels: { app: neighbour(step) } },
  });
  const elsewhere: NetworkPolicyPeer = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': `ns-${(index * 7) % namespaces}` } },
    podSelector: { matchLabels: { tier: 'front' } },
  };
  const world: NetworkPolicyPeer = {
    ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '192.168.0.0/16', `203.0.${index % 256}.0/24`] },
  };
  return {
    ...base,
    spec: {
      podSelector:
        index % 4 === 0 ? { matchLabels: { tier: 'back' } } : { matchLabels: { app: neighbour(0) } },
      policyTypes: index % 3 === 0 ? ['Ingress', 'Egress'] : ['Ingress'],
      ingress: [
        { from: [app(1), app(2), app(3)], ports: [port(8080), { port: 'http' }] },
        { from: [elsewhere], ports: [port(9090), { protocol: 'TCP', port: 8000, endPort: 8999 }] },
        ...(index % 5 === 0 ? [{ from: [world], ports: [port(8443)] }] : []),
        ...(index % 7 === 0 ? [{ from: [{ namespaceSelector: { matchLabels: { stage: 'prod' } } }] }] : []),
      ],
      egress: [
        { to: [app(1), app(4)], ports: [port(5432), { port: 'http' }] },
        { to: [elsewhere, world], ports: [port(8443)] },
        { to: [{ namespaceSelector: {} }], ports: [{ protocol: 'UDP', port: 53 }] },
      ],
    },
  };
}
