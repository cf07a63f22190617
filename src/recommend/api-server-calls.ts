/**
 * Ports that the API server itself calls: admission webhooks, aggregated APIs and conversions. They are known from
 * configuration, so they are open before the first call: whoever cuts one off stops requests to the cluster.
 */
import { workloadKey } from '../domain/workload.ts';
import { targetPortsOf } from './backends.ts';
import type { Backends } from './backends.ts';
import type { ClusterInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import { portKey } from './rule-draft.ts';
import type { PortNeed } from './rule-draft.ts';

export interface CalledPort extends PortNeed {
  /** One for each object that makes the API server call it. */
  readonly caveats: readonly Caveat[];
  /** Through which it is called, `namespace/name`. */
  readonly services: readonly string[];
}

/** Called ports of each workload, by workload key. */
export function apiServerCalls(
  { webhooks = [], services }: Pick<ClusterInfo, 'webhooks' | 'services'>,
  backends: Backends,
): ReadonlyMap<string, readonly CalledPort[]> {
  const byName = new Map(services.map((service) => [`${service.namespace}/${service.name}`, service]));
  const called = new Map<string, Map<string, CalledPort>>();
  for (const { kind, name, service: target } of webhooks) {
    const title = `${target.namespace}/${target.name}`;
    const service = byName.get(title);
    if (service === undefined) continue;
    const caveat = {
      code: 'called-by-api-server',
      sentence: `${kind} ${name} makes the API server call it through Service ${title}; cutting that off stops requests to the cluster`,
    };
    for (const port of service.ports.filter((each) => each.protocol === 'tcp' && each.port === target.port)) {
      for (const backend of backends.of(service)) {
        const ports = called.get(workloadKey(backend.ref)) ?? new Map<string, CalledPort>();
        called.set(workloadKey(backend.ref), ports);
        for (const number of targetPortsOf(port, [backend])) {
          const need = { protocol: port.protocol, port: number };
          const known = ports.get(portKey(need));
          ports.set(portKey(need), {
            ...need,
            caveats: [...(known?.caveats ?? []), caveat],
            services: [...new Set([...(known?.services ?? []), title])],
          });
        }
      }
    }
  }
  return new Map([...called].map(([key, ports]) => [key, [...ports.values()]]));
}
