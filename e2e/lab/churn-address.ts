// One address of the churn, and the pods of different workloads that follow each other on it.
import { setTimeout as delay } from 'node:timers/promises';

import { ChurnPod } from './churn-pod.ts';
import type { ChurnParts } from './churn-pod.ts';
import type { NodeName } from './world.ts';

/** How a successor follows. `gapMs`: how long nobody has the address. */
export type Replacement =
  | { readonly kind: 'graceful'; readonly gapMs: number }
  /** The successor waits for the address, and has it at once. */
  | { readonly kind: 'at-once' }
  | { readonly kind: 'still-listed'; readonly isSaid: boolean }
  /** The kubelet is late with both pods, or only with the successor. */
  | { readonly kind: 'late'; readonly lateMs: number }
  | { readonly kind: 'successor-late'; readonly lateMs: number }
  /** Its object is removed, and it lives on for so long. */
  | { readonly kind: 'forced'; readonly livesOnMs: number };

/** Between the request and the process's end. */
const TERMINATES_MS = 300;

export class ChurnAddress {
  readonly ip: string;
  readonly node: NodeName;
  readonly #parts: ChurnParts;
  #pod: ChurnPod | null = null;
  #next: ChurnPod | null = null;

  constructor(ip: string, node: NodeName, parts: ChurnParts) {
    this.ip = ip;
    this.node = node;
    this.#parts = parts;
  }

  get pod(): ChurnPod {
    if (this.#pod === null) throw new Error(`nobody holds ${this.ip}`);
    return this.#pod;
  }

  /** The first pod, and the creation of the second. */
  async begin(): Promise<void> {
    this.#pod = await this.#create([]);
    this.#pod.begin(0);
    this.#pod.start(this.ip, 0);
    this.#next = await this.#create([this.#pod.place.workload]);
  }

  /** One pod ends and the next one, of another workload, gets the address. */
  async replace(how: Replacement): Promise<void> {
    const { kubelets, truth } = this.#parts;
    const { pod } = this;
    const next = this.#next ?? (await this.#create([pod.place.workload]));
    const { uid } = pod.intent;
    switch (how.kind) {
      case 'graceful':
        await kubelets.requestDeletion(uid);
        await delay(TERMINATES_MS);
        await pod.fallSilent();
        pod.end({ kind: 'graceful' }, 0);
        await delay(how.gapMs);
        next.begin(0);
        break;
      case 'at-once':
        await kubelets.requestDeletion(uid);
        await delay(TERMINATES_MS);
        next.begin(0);
        await pod.fallSilent();
        pod.end({ kind: 'graceful' }, 0);
        break;
      case 'still-listed':
        next.begin(0);
        await pod.fallSilent();
        pod.end({ kind: 'succeeded', isSaid: how.isSaid }, 0);
        break;
      case 'late':
      case 'successor-late':
        await kubelets.requestDeletion(uid);
        await delay(TERMINATES_MS);
        next.begin(how.lateMs);
        await pod.fallSilent();
        pod.end({ kind: 'graceful' }, how.kind === 'late' ? how.lateMs : 0);
        break;
      case 'forced': {
        await kubelets.removeByForce(uid);
        const removedAt = Date.now();
        await delay(how.livesOnMs);
        next.begin(0);
        await pod.fallSilent();
        pod.end({ kind: 'forced', removedAt }, 0);
        break;
      }
      default:
        how satisfies never;
    }
    next.start(this.ip, how.kind === 'late' || how.kind === 'successor-late' ? how.lateMs : 0);
    truth.count(how.kind);
    this.#pod = next;
    this.#next = await this.#create([next.place.workload]);
  }

  /** After a crash of both: each pod gets the other's address, and with it the successor that waits there. */
  static swap(one: ChurnAddress, other: ChurnAddress): void {
    const { pod, next } = { pod: one.pod, next: one.#next };
    one.#pod = other.pod;
    one.#next = other.#next;
    other.#pod = pod;
    other.#next = next;
    for (const each of [one, other]) each.pod.restart(each.ip);
  }

  async #create(unlike: readonly string[]): Promise<ChurnPod> {
    return ChurnPod.create(this.#parts.places.reserve(this.node, unlike), this.#parts);
  }
}
