/** Random small clusters, policies and connections: few names and few numbers, so that things meet often. */
import * as fc from 'fast-check';
import { ip } from '../../src/domain/ip.ts';
import type { IpAddress } from '../../src/domain/ip.ts';
import type { Connection } from '../../src/netpol/evaluate.ts';
import type {
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../../src/netpol/policy.ts';
import type { End, PolicyPod, PolicyWorld } from '../../src/netpol/world.ts';

export interface RandomCluster {
  readonly world: PolicyWorld;
  readonly pods: readonly PolicyPod[];
  readonly policies: readonly NetworkPolicy[];
  readonly connections: readonly Connection[];
  readonly ipBlockMatchesPods: boolean;
}

/** Most things are in `a`; `c` has no object. */
const NAMESPACES = ['a', 'a', 'a', 'b', 'c'] as const;
const PORTS = [53, 79, 80, 81, 443, 8080, 65_535];
const PORT_NAMES = ['web', 'dns'];
const NODES = [
  { name: 'n1', addresses: ['192.168.0.1', '10.0.1.1', 'fd00:1::1'].map(ip) },
  { name: 'n2', addresses: ['192.168.0.2', '10.0.2.1'].map(ip) },
];
const OUTSIDE = ['203.0.113.9', '203.0.113.200', '8.8.8.8', '2001:db8::9', '127.0.0.1'].map(ip);
const ADDRESSES = [
  ...OUTSIDE,
  ...NODES.flatMap(({ addresses }) => addresses),
  ip('10.0.1.10'),
  ip('10.0.1.11'),
];
const BLOCKS = [
  '0.0.0.0/0',
  '10.0.0.0/16',
  '10.0.1.0/24',
  '10.0.1.10/31',
  '10.0.9.9/8',
  '192.168.0.0/30',
  '203.0.113.0/24',
  '::/0',
  'fd00:1::/32',
  'fd00::1/16',
  'nonsense',
];

const label = fc.constantFrom('x', 'x', 'y', '');
const labels = fc.record({ app: label, tier: label, zone: label }, { requiredKeys: [] });
const mostly = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: usual, weight: 6 }, { arbitrary: rare, weight: 1 });
const nothing = fc.constantFrom(null, undefined);
const emptyList = fc.constant<never[]>([]);

const requirement = fc.record({
  key: fc.constantFrom('app', 'tier', 'zone'),
  operator: fc.constantFrom('In' as const, 'NotIn' as const, 'Exists' as const, 'DoesNotExist' as const),
  values: fc.oneof(fc.constant([]), fc.array(label, { minLength: 1, maxLength: 2 }), fc.constant(null)),
});
const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.constant({}),
  fc.constantFrom('app', 'tier').map((key) => ({ matchLabels: { [key]: 'x' } })),
  fc.record({ matchLabels: fc.record({ app: label, tier: label }, { requiredKeys: [] }) }),
  fc.record({
    matchExpressions: fc.array(requirement, { maxLength: 2 }),
    matchLabels: fc.constantFrom(null, { app: 'x' }),
  }),
);
const namespaceSelector: fc.Arbitrary<LabelSelector> = fc.oneof(
  selector,
  fc.constantFrom(...NAMESPACES).map((name) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })),
);

const ipBlock = fc.record({
  cidr: fc.constantFrom(...BLOCKS),
  except: mostly(
    nothing,
    fc.array(
      fc.constantFrom('10.0.1.0/25', '10.0.1.10/32', '203.0.113.128/25', 'fd00:1::/64', '10.0.0.0/8'),
      { maxLength: 2 },
    ),
  ),
});
const peer: fc.Arbitrary<NetworkPolicyPeer> = mostly(
  fc.oneof(
    fc.record({ podSelector: selector }),
    fc.record({ namespaceSelector }),
    fc.record({ podSelector: selector, namespaceSelector }),
    fc.record({ ipBlock }),
  ),
  fc.oneof(
    fc.constant({}),
    fc.record({ podSelector: fc.constant(null), ipBlock }),
    fc.record({ podSelector: selector, ipBlock }),
  ),
);
const peers = fc.oneof(
  { arbitrary: fc.array(peer, { minLength: 1, maxLength: 3 }), weight: 3 },
  { arbitrary: fc.oneof(nothing, emptyList), weight: 1 },
);

const port: fc.Arbitrary<NetworkPolicyPort> = fc.record(
  {
    protocol: fc.constantFrom('TCP' as const, 'TCP' as const, null, 'UDP' as const, 'SCTP' as const),
    port: fc.oneof(
      fc.constantFrom(...PORTS),
      fc.constantFrom(...PORTS),
      fc.constantFrom(...PORT_NAMES),
      fc.constantFrom(0, null),
    ),
    endPort: mostly(nothing, fc.constantFrom(80, 8080, 65_535, 65_537)),
  },
  { requiredKeys: [] },
);
const ports = mostly(fc.array(port, { minLength: 1, maxLength: 3 }), fc.oneof(nothing, emptyList));

const spec: fc.Arbitrary<NetworkPolicySpec> = fc.record({
  podSelector: mostly(selector, nothing),
  policyTypes: fc.oneof(
    fc.constantFrom(null, []),
    fc.subarray(['Ingress' as const, 'Egress' as const], { minLength: 1 }),
  ),
  ingress: mostly(
    fc.array(fc.record({ from: peers, ports }), { minLength: 1, maxLength: 3 }),
    fc.oneof(nothing, emptyList),
  ),
  egress: mostly(
    fc.array(fc.record({ to: peers, ports }), { minLength: 1, maxLength: 3 }),
    fc.oneof(nothing, emptyList),
  ),
});

const containerPort = fc.record({
  name: fc.constantFrom(...PORT_NAMES, null),
  protocol: fc.constantFrom('tcp' as const, 'tcp' as const, 'udp' as const, 'sctp' as const),
  port: fc.constantFrom(...PORTS),
});

function podArbitrary(index: number): fc.Arbitrary<PolicyPod> {
  const v4 = ip(`10.0.1.${10 + index}`);
  const v6 = ip(`fd00:1::${10 + index}`);
  return fc.record({
    namespace: fc.constantFrom(...NAMESPACES),
    name: fc.constant(`pod-${index}`),
    labels,
    // The last two are addresses of nodes, as pods on the host network have them.
    ips: mostly(
      fc.constant([v4]),
      fc.constantFrom([v4, v6], [v6, v4], [v6], [], [ip('192.168.0.1')], [ip('192.168.0.2')]),
    ),
    node: fc.constantFrom('n1', 'n2', 'unknown', null),
    hostNetwork: mostly(fc.constant(false), fc.constant(true)),
    ports: fc.array(containerPort, { maxLength: 3 }),
  });
}

const world: fc.Arbitrary<PolicyWorld> = fc.tuple(labels, labels).map(([a, b]) => ({
  namespaces: new Map([
    ['a', a],
    ['b', b],
  ]),
  nodes: NODES,
}));

function connectionArbitrary(pods: readonly PolicyPod[]): fc.Arbitrary<Connection> {
  const podEnd: fc.Arbitrary<End> = fc.constantFrom(...pods).map((pod) => ({ kind: 'pod', pod }));
  const addressEnd: fc.Arbitrary<End> = fc
    .constantFrom(...ADDRESSES)
    .map((address) => ({ kind: 'address', address }));
  const end = fc.oneof({ arbitrary: podEnd, weight: 3 }, { arbitrary: addressEnd, weight: 1 });
  const seenAs = mostly<IpAddress | null>(fc.constant(null), fc.constantFrom(...ADDRESSES));
  return fc
    .record({
      client: end,
      server: end,
      protocol: fc.constantFrom(
        'tcp' as const,
        'tcp' as const,
        'tcp' as const,
        'udp' as const,
        'sctp' as const,
      ),
      port: fc.constantFrom(...PORTS),
      seenAs,
    })
    .map(({ seenAs: seen, ...rest }) => (seen === null ? rest : { ...rest, seenAs: seen }));
}

/** The cluster's policies, changed: some changes mean nothing, some change little, some a lot. */
export function changedPolicies(policies: readonly NetworkPolicy[]): fc.Arbitrary<readonly NetworkPolicy[]> {
  const index = fc.nat(policies.length - 1);
  return fc.oneof(
    fc.constant(
      policies
        .toReversed()
        .map((one) => ({ ...one, metadata: { ...one.metadata, name: `x${one.metadata.name}` } })),
    ),
    fc.constant(policies.map((one) => ({ ...one, spec: inOtherWords(one.spec) }))),
    index.map((at) => policies.filter((_, each) => each !== at)),
    fc
      .tuple(index, spec)
      .map(([at, other]) => policies.map((one, each) => (each === at ? { ...one, spec: other } : one))),
  );
}

/** The same meaning: every number as a range of one port, rules in reverse. */
function inOtherWords(one: NetworkPolicySpec): NetworkPolicySpec {
  const ranged = (
    list: readonly NetworkPolicyPort[] | null | undefined,
  ): NetworkPolicyPort[] | null | undefined =>
    list?.map((each) =>
      typeof each.port === 'number' && (each.endPort ?? null) === null
        ? { ...each, endPort: each.port }
        : each,
    );
  return {
    ...one,
    ingress: one.ingress?.map((rule) => ({ ...rule, ports: ranged(rule.ports) })).toReversed(),
    egress: one.egress?.map((rule) => ({ ...rule, ports: ranged(rule.ports) })).toReversed(),
  };
}

export function randomCluster(): fc.Arbitrary<RandomCluster> {
  const namedPolicies = fc
    .array(fc.tuple(fc.constantFrom(...NAMESPACES), spec), { minLength: 1, maxLength: 7 })
    .map((list) =>
      list.map(([namespace, one], index): NetworkPolicy => ({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        // Names run against the order of the list.
        metadata: { namespace, name: `p${9 - index}` },
        spec: one,
      })),
    );
  const pods = fc.tuple(...[0, 1, 2, 3, 4, 5].map(podArbitrary));
  return fc
    .tuple(world, pods, namedPolicies, mostly(fc.constant(true), fc.constant(false)))
    .chain(([aWorld, somePods, policies, ipBlockMatchesPods]) =>
      fc.array(connectionArbitrary(somePods), { minLength: 16, maxLength: 16 }).map((connections) => ({
        world: aWorld,
        pods: somePods,
        policies,
        connections,
        ipBlockMatchesPods,
      })),
    );
}
