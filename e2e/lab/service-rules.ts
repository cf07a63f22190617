// What kube-proxy and a CNI would program on a node, as one nftables ruleset made from Service and EndpointSlice objects. Pure.
import { POD_RANGES, NODES } from './world.ts';
import type { NodeName } from './world.ts';

/** The fields of a Service that decide where packets go. */
export interface RoutedService {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: {
    readonly clusterIPs: readonly string[];
    readonly ports: readonly {
      readonly name: string;
      readonly port: number;
      readonly protocol: string;
      readonly nodePort?: number;
    }[];
  };
}

/** The fields of an EndpointSlice that decide where packets go. */
export interface RoutedSlice {
  readonly metadata: {
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly addressType: string;
  readonly endpoints: readonly { readonly addresses: readonly string[] }[];
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
}

/** kube-proxy's mark for packets that must leave with the node's own address (KUBE-MARK-MASQ). */
const MASQUERADE_MARK = '0x4000';

type Family = 'ip' | 'ip6';

/** A node's Services; the text empties the ruleset first, so that loading it replaces the one before in one transaction. */
export function serviceRules(
  node: NodeName,
  services: readonly RoutedService[],
  slices: readonly RoutedSlice[],
): string {
  const { podRangeV4, podRangeV6 } = NODES[node];
  return [
    'flush ruleset',
    ...familyTable('ip', { services, slices, podRange: podRangeV4, allPods: POD_RANGES.ipv4 }),
    ...familyTable('ip6', { services, slices, podRange: podRangeV6, allPods: POD_RANGES.ipv6 }),
    '',
  ].join('\n');
}

interface FamilyInput {
  readonly services: readonly RoutedService[];
  readonly slices: readonly RoutedSlice[];
  readonly podRange: string;
  readonly allPods: string;
}

function familyTable(family: Family, input: FamilyInput): string[] {
  const chains: string[] = [];
  const clusterRules: string[] = [];
  const nodePortRules: string[] = [];
  for (const service of input.services) {
    const address = service.spec.clusterIPs.find((one) => one.includes(':') === (family === 'ip6'));
    if (address === undefined) continue;
    for (const port of service.spec.ports) {
      const backends = backendsOf(service, port.name, { slices: input.slices, family });
      if (backends.length === 0) continue;
      const protocol = port.protocol.toLowerCase();
      const name = `${service.metadata.namespace}_${service.metadata.name}_${port.name}`.replaceAll('-', '_');
      chains.push(...balancingChains(family, name, { protocol, backends }));
      clusterRules.push(`${family} daddr ${address} ${protocol} dport ${port.port} goto svc_${name}`);
      if (port.nodePort !== undefined)
        nodePortRules.push(
          `fib daddr type local ${protocol} dport ${port.nodePort} meta mark set meta mark or ${MASQUERADE_MARK} goto svc_${name}`,
        );
    }
  }
  return [
    `table ${family} services {`,
    ...chains,
    ...chain('services', [...clusterRules, ...nodePortRules]),
    ...chain('prerouting', ['type nat hook prerouting priority -100', 'jump services']),
    ...chain('output', ['type nat hook output priority -100', 'jump services']),
    ...chain('postrouting', [
      'type nat hook postrouting priority 100',
      `meta mark & ${MASQUERADE_MARK} == ${MASQUERADE_MARK} masquerade fully-random`,
      `${family} saddr ${input.podRange} ${family} daddr != ${input.allPods} masquerade`,
    ]),
    // A rule that reads the connection's state is what makes the kernel track packets that no NAT rule touches.
    ...chain('forward', ['type filter hook forward priority 0', 'ct state established,related accept']),
    '}',
  ];
}

/** One chain per backend (it marks a pod's call to itself for masquerade) and one that deals them out in turn. */
function balancingChains(
  family: Family,
  name: string,
  { protocol, backends }: { protocol: string; backends: readonly Backend[] },
): string[] {
  const perBackend = backends.flatMap(({ address, port }, index) =>
    chain(`ep_${name}_${index}`, [
      `${family} saddr ${address} meta mark set meta mark or ${MASQUERADE_MARK}`,
      `meta l4proto ${protocol} dnat to ${family === 'ip6' ? `[${address}]` : address}:${port}`,
    ]),
  );
  const choices = backends.map((_, index) => `${index} : goto ep_${name}_${index}`).join(', ');
  return [...perBackend, ...chain(`svc_${name}`, [`numgen inc mod ${backends.length} vmap { ${choices} }`])];
}

interface Backend {
  readonly address: string;
  readonly port: number;
}

function backendsOf(
  service: RoutedService,
  portName: string,
  { slices, family }: { slices: readonly RoutedSlice[]; family: Family },
): Backend[] {
  return slices
    .filter(
      (slice) =>
        slice.metadata.namespace === service.metadata.namespace &&
        slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name &&
        slice.addressType === (family === 'ip6' ? 'IPv6' : 'IPv4'),
    )
    .flatMap((slice) =>
      slice.ports
        .filter((port) => port.name === portName)
        .flatMap(({ port }) =>
          slice.endpoints.flatMap(({ addresses }) => addresses.map((address) => ({ address, port }))),
        ),
    );
}

function chain(name: string, rules: readonly string[]): string[] {
  return [`  chain ${name} {`, ...rules.map((rule) => `    ${rule}`), '  }'];
}
