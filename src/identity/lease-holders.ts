/** Who holds the leases of the book: each holder once, however many leases it has, and given up with its last one. */
import type { Holder } from '../domain/lease.ts';
import type { WorkloadRef } from '../domain/workload.ts';

export type PodHolder = Extract<Holder, { kind: 'pod' }>;

export class LeaseHolders {
  /** Pods by their index, apart from the others so that none must be read to know that it is one. */
  readonly #pods: (PodHolder | undefined)[] = [];
  readonly #others = new Map<number, Holder>();
  /** How many leases those have that have more than one. */
  readonly #leases = new Map<number, number>();
  /** Those without a lease, which are not there for long. */
  readonly #idle = new Set<number>();
  /** First words of the ids of all but pods, whose uid says it. */
  readonly #owners = new Map<number, string>();
  readonly #free: number[] = [];
  /** Names of nodes and workloads that many pods share; as many as a cluster has, and never forgotten. */
  readonly #nodes = new Map<string, string>();
  readonly #workloads = new Map<string, WorkloadRef[]>();

  /** `owner` begins the ids of its leases; null for a pod. */
  add(holder: Holder, owner: string | null): number {
    const index = this.#free.pop() ?? this.#pods.length;
    this.replace(index, holder);
    this.#idle.add(index);
    if (owner !== null) this.#owners.set(index, owner);
    return index;
  }

  at(index: number): Holder | undefined {
    return this.#pods[index] ?? this.#others.get(index);
  }

  /** Undefined when it is no pod. */
  podAt(index: number): PodHolder | undefined {
    return this.#pods[index];
  }

  replace(index: number, holder: Holder): void {
    const isPod = holder.kind === 'pod';
    this.#pods[index] = isPod ? this.#shared(holder) : undefined;
    if (isPod) this.#others.delete(index);
    else this.#others.set(index, holder);
  }

  isPod(index: number): boolean {
    return this.#pods[index] !== undefined;
  }

  kindOf(index: number): Holder['kind'] | undefined {
    return this.isPod(index) ? 'pod' : this.#others.get(index)?.kind;
  }

  /** A pod is told by its uid, and the mirror of a static pod by the hash of its manifest. */
  ownerOf(index: number): string {
    const pod = this.#pods[index];
    return pod === undefined ? (this.#owners.get(index) ?? '') : `pod:${pod.mirrorOf ?? pod.uid}`;
  }

  /** Whether their leases begin with the same words. */
  haveOneOwner(one: number, other: number): boolean {
    if (one === other) return true;
    const [a, b] = [this.at(one), this.at(other)];
    return a?.kind === 'pod' && b?.kind === 'pod'
      ? (a.mirrorOf ?? a.uid) === (b.mirrorOf ?? b.uid)
      : a?.kind === b?.kind && this.ownerOf(one) === this.ownerOf(other);
  }

  hold(index: number): void {
    if (!this.#idle.delete(index)) this.#leases.set(index, (this.#leases.get(index) ?? 1) + 1);
  }

  /** One lease less; the holder goes with its last one. */
  release(index: number): void {
    const left = (this.#leases.get(index) ?? 1) - 1;
    if (left > 1) this.#leases.set(index, left);
    else this.#leases.delete(index);
    if (left > 0) return;
    this.#pods[index] = undefined;
    this.#others.delete(index);
    this.#owners.delete(index);
    this.#free.push(index);
  }

  #shared(pod: PodHolder): PodHolder {
    const workload = this.#sharedWorkload(pod.workload);
    const node = this.#nodes.get(pod.node) ?? pod.node;
    this.#nodes.set(node, node);
    const { kind, name, uid, mirrorOf } = pod;
    const namespace = pod.namespace === workload.namespace ? workload.namespace : pod.namespace;
    const shared = { kind, namespace, name, uid, node, workload };
    return mirrorOf === undefined ? shared : { ...shared, mirrorOf };
  }

  #sharedWorkload(workload: WorkloadRef): WorkloadRef {
    const { namespace, kind, name } = workload;
    const named = this.#workloads.get(name) ?? [];
    const known = named.find((each) => each.namespace === namespace && each.kind === kind);
    if (known === undefined) this.#workloads.set(name, [...named, workload]);
    return known ?? workload;
  }
}
