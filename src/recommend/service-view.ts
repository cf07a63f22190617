/**
 * The same needs before DNAT: a plugin that enforces there sees a Service's address and port, not the pod's
 * (NETPOL rule 25, AWS VPC CNI). The rules are added to those for pods, which such plugins need as well.
 */
import { cidrOf, formatCidr } from '../domain/cidr.ts';
import type { Edge } from '../domain/edge.ts';
import { compareIps } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Protocol } from '../domain/protocol.ts';
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
const ANY_OF_ITS_PORTS: Caveat = {
  code: 'service-view-ports',
  sentence:
    'which port of the Service was dialled is not known; all of the protocol that may lead where the connections went are named',
};

type ServiceContext = Pick<DraftingContext, 'services' | 'backends'>;

/** One rule per Service dialled, and per DNS Service. Headless Services have no address of their own, and no view. */
export function serviceViewRules(
  edges: readonly Edge[],
  dns: readonly DnsService[],
  context: ServiceContext,
): RuleDraft[] {
  const views = new Map<ServiceInfo, View>();
  const viewOf = (service: ServiceInfo): View => {
    const view = views.get(service) ?? { ports: new Set(), caveats: new Set([SERVICE_VIEW]) };
    views.set(service, view);
    return view;
  };
  for (const { service } of dns)
    for (const port of service.ports) if (port.port === DNS_PORT) viewOf(service).ports.add(port);
  for (const edge of edges) {
    for (const { service, ports, isGuess } of dialled(edge, context)) {
      const view = viewOf(service);
      for (const port of ports) view.ports.add(port);
      if (isGuess) view.caveats.add(ANY_OF_ITS_PORTS);
    }
  }
  return [...views]
    .filter(([service, { ports }]) => addressesOf(service).length > 0 && ports.size > 0)
    .toSorted(([a], [b]) => compareText(titleOf(a), titleOf(b)))
    .map(([service, { ports, caveats }]) => ({
      order: 7,
      basis: 'configuration',
      title: `Service ${titleOf(service)}`,
      peers: addressesOf(service).map((address) => ({ ipBlock: { cidr: formatCidr(cidrOf(address)) } })),
      ports: [...ports].map(({ protocol, port }) => ({ protocol, port })),
      caveats: [...caveats],
      edges: [],
      services: [titleOf(service)],
    }));
}

interface View {
  readonly ports: Set<ServicePort>;
  readonly caveats: Set<Caveat>;
}

const DNS_PORT = 53;

/** Where a connection was dialled, or may have been. */
export interface DialledPort {
  readonly address: IpAddress;
  readonly protocol: Protocol;
  readonly port: number;
}

/** Every address and port of the Services by which an edge's connections were dialled. */
export function dialledPorts(edge: Edge, context: ServiceContext): DialledPort[] {
  return dialled(edge, context).flatMap(({ service, ports }) =>
    addressesOf(service).flatMap((address) =>
      ports.map(({ protocol, port }) => ({ address, protocol, port })),
    ),
  );
}

interface Dialled {
  readonly service: ServiceInfo;
  readonly ports: readonly ServicePort[];
  /** There are several, and not all of them need have been dialled. */
  readonly isGuess: boolean;
}

/** Of the Services of an edge those that are there: nobody dials one that is gone. */
function dialled(edge: Edge, context: ServiceContext): Dialled[] {
  return edge.services.flatMap((ref) => {
    const service = context.services.get(titleOf(ref));
    return service === undefined ? [] : [dialledAt(service, edge, context)];
  });
}

/**
 * Those that lead to the edge's server port, and those by a name that nobody is known to have. Without a selector the endpoints are
 * written by hand and targetPort says nothing; with one it may have been changed since: where none leads there, any did.
 */
function dialledAt(service: ServiceInfo, edge: Edge, { backends }: ServiceContext): Dialled {
  const own = service.ports.filter(({ protocol }) => protocol === edge.protocol);
  const { selector } = service;
  const isByHand = selector === null || Object.keys(selector).length === 0;
  const targets = own.map((port) => ({
    port,
    numbers:
      typeof port.targetPort === 'number' ? [port.targetPort] : targetPortsOf(port, backends.of(service)),
  }));
  const leading = isByHand ? [] : targets.filter(({ numbers }) => numbers.includes(edge.port));
  if (leading.length === 0) return { service, ports: own, isGuess: own.length > 1 };
  const unknown = targets.filter(({ numbers }) => numbers.length === 0);
  return {
    service,
    ports: [...leading, ...unknown].map(({ port }) => port),
    isGuess: unknown.length > 0,
  };
}

/** Which of them was dialled is not told: from a pod the load balancer's own are resolved on its node too. */
function addressesOf({ clusterIps, externalIps }: ServiceInfo): IpAddress[] {
  return [...new Set([...clusterIps, ...externalIps])].toSorted(compareIps);
}

function titleOf({ namespace, name }: Pick<ServiceInfo, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}
