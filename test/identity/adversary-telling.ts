/**
 * What the API server is told of an adversary's cluster: by kubelets, each in order and sooner or later, and by those who take
 * objects away.
 */
import type { IpAddress } from '../../src/domain/ip.ts';
import type { PodObject } from '../../src/kube/pod.ts';
import type { Dice } from './adversary-dice.ts';
import { podObjectOf } from './adversary-objects.ts';
import type { Container, PrintedPod } from './adversary-objects.ts';

/** A stretch of time in which a pod truly has an address; ms, end excluded. */
export interface Sandbox {
  readonly uid: string;
  readonly node: string;
  readonly ip: IpAddress;
  readonly from: number;
  until: number;
  /** When the API server first knew of it; infinite before. */
  toldAt: number;
  /** When the API server first knew of a later one of the pod that shows that there was this one; infinite before. */
  shownAt: number;
}

/** What the API server has of a pod from `at` on: its object, or null when it is gone. */
export interface PodVersion {
  readonly at: number;
  readonly uid: string;
  readonly object: PodObject | null;
  readonly sandbox: Sandbox | null;
}

export interface NodeVersion {
  readonly at: number;
  readonly node: string;
  readonly bootId: string;
  /** As printed, by the node's clock. */
  readonly heartbeat: number;
}

export interface Node {
  readonly name: string;
  /** Ms that its clock is ahead of the truth. */
  readonly skewMs: number;
  readonly ips: readonly IpAddress[];
  boot: number;
  lastToldAt: number;
  /** Times in which it is down. */
  readonly down: { readonly from: number; readonly until: number }[];
}

export interface Pod extends PrintedPod {
  readonly node: Node;
  readonly containers: Container[];
  sandbox: Sandbox | null;
  ready: { is: boolean; at: number };
  shownIp: IpAddress | null;
  phase: 'Pending' | 'Running' | 'Succeeded';
  deletion: { at: number; graceS: number } | null;
  /** Former ones of which nothing was told, as long as a container that ran in one of them is remembered. */
  unheard: Sandbox[];
  /** No sandbox follows the present one. */
  isLeaving: boolean;
  lastToldAt: number;
}

/** How late kubelets tell; ms. */
export interface Lateness {
  readonly usualMs: number;
  readonly worstMs: number;
}

export class AdversaryTelling {
  readonly versions: PodVersion[] = [];
  readonly nodeVersions: NodeVersion[] = [];
  readonly #dice: Dice;
  readonly #lateness: Lateness;
  readonly #apiSkewMs: number;

  constructor(dice: Dice, lateness: Lateness, apiSkewMs: number) {
    this.#dice = dice;
    this.#lateness = lateness;
    this.#apiSkewMs = apiSkewMs;
  }

  /** The pod was made, and no kubelet has spoken of it. */
  created(pod: Pod): void {
    const object = podObjectOf(pod, this.#apiSkewMs);
    this.versions.push({ at: pod.createdAt, uid: pod.uid, object, sandbox: null });
  }

  /** The kubelet tells the API server how the pod is now; in order, sooner or later. */
  tell(pod: Pod, now: number, what: { about?: Sandbox | null; delayMs?: number } = {}): void {
    const { about = pod.sandbox, delayMs = this.#delay() } = what;
    const isReady = pod.sandbox !== null;
    if (pod.ready.is !== isReady) pod.ready = { is: isReady, at: now };
    pod.shownIp = about?.ip ?? pod.shownIp;
    const at = Math.max(pod.lastToldAt, now + delayMs);
    pod.lastToldAt = at;
    if (about !== null) {
      about.toldAt = Math.min(about.toldAt, at);
      for (const former of pod.unheard) if (former !== about) former.shownAt = Math.min(former.shownAt, at);
    }
    this.versions.push({ at, uid: pod.uid, object: podObjectOf(pod, this.#apiSkewMs), sandbox: about });
  }

  #delay(): number {
    const { usualMs, worstMs } = this.#lateness;
    return this.#dice.between(0, this.#dice.chance(0.15) ? worstMs : usualMs);
  }

  /** The object goes; what the kubelet had still to say of it is never said. */
  takeAway(pod: Pod, at: number): void {
    for (let index = this.versions.length - 1; index >= 0; index--) {
      const version = this.versions[index];
      if (version?.uid === pod.uid && version.at > at) this.versions.splice(index, 1);
    }
    pod.lastToldAt = Number.POSITIVE_INFINITY;
    this.versions.push({ at, uid: pod.uid, object: null, sandbox: null });
  }

  tellNode(node: Node, now: number): void {
    node.lastToldAt = Math.max(node.lastToldAt, now + this.#delay());
    this.nodeVersions.push({
      at: node.lastToldAt,
      node: node.name,
      bootId: `boot-${node.boot}`,
      heartbeat: now + node.skewMs,
    });
  }
}
