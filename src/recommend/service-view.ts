/**
 * The same needs before DNAT: a plugin that enforces there sees a Service's address and port, not the pod's
 * (NETPOL rule 25, AWS VPC CNI). The rules are added to those for pods, which such plugins need as well.
 */
import { cidrOf, formatCidr } from '../domain/cidr.ts';
import type { Edge } from '../domain/edge.ts';
import { compareIps } from '../domain/ip.ts';
import { compareText } from '../domain/text-order.ts';
import { targetPortsOf } from './backends.ts';
import type { ServiceInfo, ServicePort } from './cluster.ts';
import type { DnsService } from './dns.ts';
import type { Caveat } from './draft.ts';
import type { DraftingContext } from './drafting.ts';
import type { RuleDraft } from './rule-draft.ts';

const SERVICE_VIEW: Caveat = {
  code: 'service-view',
  sentence:
    'the Service address is named because the plugin enforces before it is resolved; it changes when the Service is made anew',
};

type ServiceContext = Pick<DraftingContext, 'services' | 'backends'>;

/** One rule per Service dialled, and per DNS Service. Headless Services have no address of their own. */
export function serviceViewRules(
  edges: readonly Edge[],
  dns: readonly DnsService[],
  context: ServiceContext,
): RuleDraft[] {
  const ports = new Map<ServiceInfo, Set<ServicePort>>();
  const add = (service: ServiceInfo, port: ServicePort): void => {
    ports.set(service, (ports.get(service) ?? new Set()).add(port));
  };
  for (const { service } of dns)
    for (const port of service.ports) if (port.port === DNS_PORT) add(service, port);
  for (const edge of edges) for (const { service, port } of dialledPorts(edge, context)) add(service, port);
  return [...ports]
    .filter(([service]) => service.clusterIps.length > 0)
    .toSorted(([a], [b]) => compareText(titleOf(a), titleOf(b)))
    .map(([service, own]) => ({
      order: 7,
      basis: 'configuration',
      title: `Service ${titleOf(service)}`,
      peers: service.clusterIps
        .toSorted(compareIps)
        .map((address) => ({ ipBlock: { cidr: formatCidr(cidrOf(address)) } })),
      ports: [...own].map(({ protocol, port }) => ({ protocol, port })),
      caveats: [SERVICE_VIEW],
      edges: [],
      services: [titleOf(service)],
    }));
}

const DNS_PORT = 53;

export interface DialledPort {
  readonly service: ServiceInfo;
  readonly port: ServicePort;
}

/** The Service ports by which an edge's connections were dialled: those that lead to its server port. */
export function dialledPorts(edge: Edge, { services, backends }: ServiceContext): DialledPort[] {
  return edge.services.flatMap((ref) => {
    const service = services.get(`${ref.namespace}/${ref.name}`);
    if (service === undefined) return [];
    const behind = backends.of(service);
    return service.ports
      .filter((port) => port.protocol === edge.protocol && targetPortsOf(port, behind).includes(edge.port))
      .map((port) => ({ service, port }));
  });
}

function titleOf({ namespace, name }: ServiceInfo): string {
  return `${namespace}/${name}`;
}
