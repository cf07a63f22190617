/** Services and the API server's own endpoints. */
import { z } from 'zod';
import { parseIp } from '../domain/ip.ts';
import type { Endpoint } from '../domain/flow.ts';
import type { IpAddress } from '../domain/ip.ts';
import { parseProtocol } from '../domain/protocol.ts';
import { OUR_CLOCKS } from '../identity/fact-clock.ts';
import type { ClockReading } from '../identity/fact-clock.ts';
import type { ServiceFact } from '../identity/facts.ts';
import type { ServiceInfo } from '../recommend/cluster.ts';
import { objectMeta, portNumber, protocolName, timeOf } from './object.ts';

export const serviceObject = z.object({
  metadata: objectMeta,
  spec: z.object({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).default('ClusterIP'),
    clusterIP: z.string().nullish(),
    clusterIPs: z.array(z.string()).nullish(),
    externalIPs: z.array(z.string()).nullish(),
    selector: z.record(z.string(), z.string()).nullish(),
    ports: z
      .array(
        z.object({
          protocol: protocolName.nullish(),
          port: portNumber,
          targetPort: z.union([z.number(), z.string()]).nullish(),
          nodePort: z.number().nullish(),
        }),
      )
      .nullish(),
  }),
  status: z
    .object({
      loadBalancer: z
        .object({ ingress: z.array(z.object({ ip: z.string().nullish() })).nullish() })
        .nullish(),
    })
    .nullish(),
});
export type ServiceObject = z.infer<typeof serviceObject>;

export function serviceInfoOf(service: ServiceObject): ServiceInfo {
  const { metadata, spec, status } = service;
  const balancers = (status?.loadBalancer?.ingress ?? []).map((each) => each.ip ?? '');
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    labels: metadata.labels ?? {},
    type: spec.type,
    selector: spec.selector ?? null,
    // A headless Service has the word "None" where the address would be.
    clusterIps: addresses(spec.clusterIPs ?? [spec.clusterIP ?? '']),
    externalIps: addresses([...(spec.externalIPs ?? []), ...balancers]),
    ports: (spec.ports ?? []).map((port) => ({
      protocol: parseProtocol(port.protocol ?? 'TCP') ?? 'tcp',
      port: port.port,
      targetPort: port.targetPort === 0 ? port.port : (port.targetPort ?? port.port),
      nodePort: port.nodePort ?? null,
    })),
  };
}

/** `clock` is the API server's. */
export function serviceFactOf(service: ServiceObject, clock: ClockReading = OUR_CLOCKS.api): ServiceFact {
  const info = serviceInfoOf(service);
  return {
    namespace: info.namespace,
    name: info.name,
    uid: service.metadata.uid,
    createdAt: timeOf(service.metadata.creationTimestamp) + clock.offsetMs,
    ips: [...info.clusterIps, ...info.externalIps],
    ports: info.ports.map(({ protocol, port }) => ({ protocol, port })),
    ...(clock.uncertaintyMs > 0 && { doubt: { apiMs: clock.uncertaintyMs, nodeMs: 0 } }),
    nodePorts: info.ports.flatMap(({ protocol, nodePort }) =>
      nodePort === null ? [] : [{ protocol, port: nodePort }],
    ),
  };
}

export const endpointSliceObject = z.object({
  metadata: objectMeta,
  endpoints: z.array(z.object({ addresses: z.array(z.string()).nullish() })).nullish(),
  ports: z.array(z.object({ port: z.number().nullish(), protocol: protocolName.nullish() })).nullish(),
});
export type EndpointSliceObject = z.infer<typeof endpointSliceObject>;

/** The API server's endpoints when this is a slice of Service default/kubernetes, else null. */
export function apiServerEndpointsOf(slice: EndpointSliceObject): Endpoint[] | null {
  const service = slice.metadata.labels?.['kubernetes.io/service-name'] ?? slice.metadata.name;
  if (slice.metadata.namespace !== 'default' || service !== 'kubernetes') return null;
  const ips = addresses((slice.endpoints ?? []).flatMap((each) => each.addresses ?? []));
  const ports = (slice.ports ?? []).map((each) => each.port ?? 0).filter((port) => port > 0);
  return ips.flatMap((ip) => ports.map((port) => ({ ip, port })));
}

function addresses(texts: readonly string[]): IpAddress[] {
  return texts.map(parseIp).filter((ip) => ip !== null);
}
