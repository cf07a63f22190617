/** Finds the pods and workloads of manifests by the names people give them. A name that fits two is refused, never guessed. */
import { parseIp } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import { ProblemError } from '../domain/problem.ts';
import { workloadKey, workloadTitle } from '../domain/workload.ts';
import type { ReachGroup } from '../netpol/reach.ts';
import type { PolicyPod } from '../netpol/world.ts';
import { editDistance, nearestNames } from '../runtime/nearest-names.ts';
import type { ManifestCluster, ManifestWorkload } from './manifest-cluster.ts';

/** One end of a connection as a person named it. */
export type NamedEnd =
  | { readonly kind: 'pods'; readonly title: string; readonly pods: readonly PolicyPod[] }
  | { readonly kind: 'address'; readonly title: string; readonly address: IpAddress };

/** `workload` keeps the pods of a workload together, `pod` keeps them apart. */
export type Grouping = 'workload' | 'pod';

export function groupsOf(workloads: readonly ManifestWorkload[], by: Grouping): readonly ReachGroup[] {
  if (by === 'workload') return workloads.map(({ title, pods }) => ({ title, pods }));
  // A template of one pod has its workload's name, and that may be a pod's too.
  const all = workloads.flatMap(({ ref, pods, isTemplate }) =>
    pods.map((pod) => ({
      pod,
      key: isTemplate ? workloadKey({ ...ref, name: pod.name }) : `${pod.namespace}/Pod/${pod.name}`,
    })),
  );
  const byName = Map.groupBy(all, ({ pod }) => podTitle(pod));
  return all.map(({ pod, key }) => ({
    title: byName.get(podTitle(pod))?.length === 1 ? podTitle(pod) : key,
    pods: [pod],
  }));
}

export interface ManifestDirectory {
  /**
   * A workload `shop/web` or `shop/Deployment/web`, a pod `shop/web-1` or `shop/Pod/web-1`, or an IP address; a pod's
   * own address means the pod. Throws a ProblemError `unknown-name` or `ambiguous-name`.
   */
  end(text: string): NamedEnd;
  /** Throws a ProblemError `unknown-namespace` when nothing is in it. */
  requireNamespace(name: string): void;
}

type Candidate = Extract<NamedEnd, { kind: 'pods' }>;

/** `namespaces` are names besides those of the cluster's own, such as those that only policies are in. */
export function openDirectory(cluster: ManifestCluster, namespaces: readonly string[]): ManifestDirectory {
  const byName = new Map<string, Candidate[]>();
  const add = (name: string, candidate: Candidate) =>
    byName.set(name, [...(byName.get(name) ?? []), candidate]);
  const byAddress = new Map<IpAddress, PolicyPod[]>();
  for (const { ref, title, pods, isTemplate } of cluster.workloads) {
    const workload: Candidate = { kind: 'pods', title, pods };
    add(workloadTitle(ref), workload);
    add(workloadKey(ref), workload);
    for (const pod of pods) {
      const isNamedApart = pods.length > 1 || pod.name !== ref.name;
      const one: Candidate = { kind: 'pods', title: podTitle(pod), pods: [pod] };
      if (isNamedApart) add(podTitle(pod), one);
      if (!isTemplate && ref.kind !== 'Pod') add(`${pod.namespace}/Pod/${pod.name}`, one);
      // An address of a pod on its node's network is the node's.
      if (!pod.hostNetwork) for (const ip of pod.ips) byAddress.set(ip, [...(byAddress.get(ip) ?? []), pod]);
    }
  }
  return {
    end: (text) => addressEnd(text, byAddress) ?? namedEnd(text, byName),
    requireNamespace(name) {
      const known = new Set([
        ...cluster.world.namespaces.keys(),
        ...namespaces,
        ...cluster.workloads.map(({ ref }) => ref.namespace),
      ]);
      if (known.has(name)) return;
      throw new ProblemError(
        'unknown-namespace',
        `There is no namespace ${JSON.stringify(name)} in these manifests.`,
        hintOf(name, [...known]),
      );
    },
  };
}

function addressEnd(text: string, byAddress: ReadonlyMap<IpAddress, readonly PolicyPod[]>): NamedEnd | null {
  const address = parseIp(text.replace(/^\[(.*)\]$/, '$1'));
  if (address === null) return null;
  const [pod, ...others] = byAddress.get(address) ?? [];
  if (pod === undefined) return { kind: 'address', title: address, address };
  if (others.length === 0) return { kind: 'pods', title: podTitle(pod), pods: [pod] };
  const names = [pod, ...others].map(podTitle).join(', ');
  throw new ProblemError('ambiguous-name', `${address} is the address of several pods: ${names}.`, {
    hint: 'Name the pod instead of its address.',
  });
}

function namedEnd(text: string, byName: ReadonlyMap<string, readonly Candidate[]>): NamedEnd {
  const [found, ...others] = byName.get(text) ?? [];
  if (found === undefined) {
    const what = text.includes('/')
      ? 'no workload or pod'
      : 'no address, and a workload or pod is named NAMESPACE/NAME;';
    throw new ProblemError(
      'unknown-name',
      `There is ${what} ${JSON.stringify(text)} in these manifests.`,
      hintOf(text, [...byName.keys()]),
    );
  }
  if (others.length === 0) return found;
  const keys = [...byName]
    .filter(([key, each]) => key !== text && each.some((one) => one === found || others.includes(one)))
    .map(([key]) => key);
  throw new ProblemError('ambiguous-name', `${JSON.stringify(text)} is the name of several things here.`, {
    hint: `Say which: ${keys.toSorted().join(', ')}.`,
  });
}

/** Names far from what was written help nobody. */
function hintOf(name: string, known: readonly string[]): { hint?: string } {
  const near = nearestNames(name, known).filter(
    (each) => editDistance(name, each) <= Math.max(2, name.length / 3),
  );
  return near.length === 0 ? {} : { hint: `Nearest: ${near.join(', ')}.` };
}

function podTitle(pod: PolicyPod): string {
  return `${pod.namespace}/${pod.name}`;
}
