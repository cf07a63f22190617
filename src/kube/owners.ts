/**
 * From a pod up its controller references to the workload people know: Pod -> ReplicaSet -> Deployment, Pod -> Job -> CronJob
 * (NETPOL 4.3). What an operator's custom resource owns stays a workload of its own: one such resource may own many.
 */
import type { WorkloadRef } from '../domain/workload.ts';
import type { ObjectMeta } from './object.ts';

interface OwnerLink {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** One more than any chain of these kinds: an owner may be named in a circle. */
const MAX_DEPTH = 8;

/**
 * Kinds that are made anew per revision or per run, so that whoever controls them is the workload: a Deployment, a CronJob,
 * or what stands for one (Argo's Rollout, OpenShift's DeploymentConfig, KEDA's ScaledJob).
 */
const LINKS: ReadonlySet<string> = new Set(['ReplicaSet', 'ReplicationController', 'Job']);

export class OwnerIndex {
  readonly #controllerOf = new Map<string, OwnerLink>();
  readonly #seen = new Set<string>();
  /** Unix ms, by uid. */
  readonly #goneAt = new Map<string, number>();

  /** Remembers who controls an object. The link never changes for a uid, so it is kept for a while after the object went. */
  learn(meta: ObjectMeta): void {
    this.#seen.add(meta.uid);
    this.#goneAt.delete(meta.uid);
    const link = controllerReference(meta);
    if (link !== null) this.#controllerOf.set(meta.uid, link);
  }

  /** The object went at `at` (unix ms). */
  gone(uid: string, at: number): void {
    if (this.#seen.has(uid)) this.#goneAt.set(uid, at);
  }

  /** Forgets objects that went before `time` (unix ms): of what they controlled nobody speaks any more. */
  forgetBefore(time: number): void {
    for (const [uid, at] of this.#goneAt) {
      if (at >= time) continue;
      this.#goneAt.delete(uid);
      this.#seen.delete(uid);
      this.#controllerOf.delete(uid);
    }
  }

  /**
   * The first controller above a pod that is no mere link; the pod itself when it has none, or when its node made it (a static
   * pod's mirror).
   */
  workloadOf(pod: ObjectMeta): WorkloadRef {
    let top = controllerReference(pod);
    if (top === null || top.kind === 'Node') return { namespace: pod.namespace, kind: 'Pod', name: pod.name };
    for (let depth = 0; depth < MAX_DEPTH && LINKS.has(top.kind); depth++) {
      const above = this.#controllerOf.get(top.uid);
      if (above === undefined) break;
      top = above;
    }
    return { namespace: pod.namespace, kind: top.kind, name: top.name };
  }

  /**
   * The uid of the first owner up the chain that has not been seen and may itself be controlled, or null. Its object may
   * come after the pod's: each kind is watched by itself.
   */
  unseenOwnerOf(pod: ObjectMeta): string | null {
    let top = controllerReference(pod);
    for (let depth = 0; top !== null && depth < MAX_DEPTH; depth++) {
      if (!LINKS.has(top.kind)) return null;
      if (!this.#seen.has(top.uid)) return top.uid;
      top = this.#controllerOf.get(top.uid) ?? null;
    }
    return null;
  }

  /** Whether an object of this kind only stands between its pods and their workload, so that it is none itself. */
  isLink(kind: string, meta: ObjectMeta): boolean {
    return LINKS.has(kind) && controllerReference(meta) !== null;
  }
}

function controllerReference(meta: ObjectMeta): OwnerLink | null {
  const found = meta.ownerReferences?.find((reference) => reference.controller === true);
  return found === undefined || found.kind === '' || found.name === ''
    ? null
    : { kind: found.kind, name: found.name, uid: found.uid };
}
