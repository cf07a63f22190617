// Pods as the enforcement sees them: what the lab made, never what netscribe learnt of it.
import type { Protocol } from '../../src/domain/protocol.ts';
import type { Lab } from './lab.ts';
import type { NodeName } from './world.ts';

/** A pod that policies may govern. Pods on their node's network are none. */
export interface EnforcedPod {
  readonly namespace: string;
  /** Of the pod's object, and of its network namespace. */
  readonly name: string;
  /** "namespace/name" of its workload. */
  readonly workload: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Every address of it. */
  readonly addresses: readonly string[];
  readonly node: NodeName;
  readonly ports: readonly NamedPort[];
}

/** A port that a container declares. */
export interface NamedPort {
  readonly name: string | null;
  readonly protocol: Protocol;
  readonly port: number;
}

/** Everything that policies are about. */
export interface EnforcedCluster {
  readonly pods: readonly EnforcedPod[];
  /** Labels by namespace name. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** The lab as it is now. */
export function clusterOfLab(lab: Lab): EnforcedCluster {
  const pods = lab
    .pods()
    .filter(({ facts }) => !facts.workload.hostNetwork)
    .map(({ facts }): EnforcedPod => {
      const { namespace, name, ports } = facts.workload;
      return {
        namespace,
        name: facts.name,
        workload: `${namespace}/${name}`,
        labels: facts.labels,
        addresses: facts.addresses,
        node: facts.node,
        ports: ports.map((each) => ({
          name: each.name ?? null,
          protocol: each.protocol === 'UDP' ? 'udp' : 'tcp',
          port: each.port,
        })),
      };
    });
  const namespaces = lab.history
    .all('Namespace')
    .map(({ metadata }) => [metadata.name, metadata.labels ?? {}] as const);
  return { pods, namespaces: new Map(namespaces) };
}
