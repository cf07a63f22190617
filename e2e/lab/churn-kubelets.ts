// The kubelets of the churn and what the API server writes by itself. A kubelet may be late with one pod or with all of them; it tells of each
// pod the latest it knows, as a real one does, renews its Lease all the while, and loses nothing while the API server is away.
import { setTimeout as delay } from 'node:timers/promises';

import { leaseObject } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { podObject } from './churn-objects.ts';
import type { PodIntent, PodStatus } from './churn-objects.ts';
import { NAMESPACE, NODE_NAMES } from './churn-world.ts';
import { newUid } from './kube-object.ts';
import type { NodeName } from './world.ts';

const RENEW_EVERY_MS = 1000;
const RETRY_MS = 200;

interface Told {
  intent: PodIntent;
  /** What the kubelet has told, and what it knows. */
  said: PodStatus | null;
  known: PodStatus | null;
  isGone: boolean;
  /** Told when the API server has removed it on its kubelet's word; unix ms. */
  removed: (at: number) => void;
  /** Unix ms before which the kubelet does not speak of it. */
  dueAt: number;
  pump: Promise<void>;
}

export class Kubelets {
  readonly #control: ControlPlane;
  readonly #clockMs: Readonly<Record<NodeName, number>>;
  readonly #pods = new Map<string, Told>();
  readonly #mutedUntil = new Map<NodeName, number>();
  readonly #leases = NODE_NAMES.map((node) => ({ node, uid: newUid(), createdAt: new Date() }));
  readonly #down = new Set<NodeName>();
  #renewal: NodeJS.Timeout | undefined;
  #isRenewing = false;
  #version = 0;
  #trouble: unknown = null;
  #isClosed = false;

  /** `clockMs`: how far each node's clock is ahead of the lab's. */
  constructor(control: ControlPlane, clockMs: Readonly<Record<NodeName, number>>) {
    this.#control = control;
    this.#clockMs = clockMs;
  }

  /** The version of the last thing that was told of a pod. */
  get version(): number {
    return this.#version;
  }

  /** How far a node's clock is ahead of the lab's. */
  clockMs(node: NodeName): number {
    return this.#clockMs[node];
  }

  async begin(): Promise<void> {
    await this.#renew();
    this.#renewal = setInterval(() => void this.#renew(), RENEW_EVERY_MS);
  }

  /** A pod is bound to its node. */
  async create(intent: PodIntent): Promise<void> {
    const told: Told = {
      intent,
      said: null,
      known: null,
      isGone: false,
      removed: () => undefined,
      dueAt: 0,
      pump: Promise.resolve(),
    };
    this.#pods.set(intent.uid, told);
    await this.#put(told);
  }

  /** Somebody asks for a graceful deletion. */
  async requestDeletion(uid: string): Promise<void> {
    const told = this.#told(uid);
    told.intent = { ...told.intent, deletedAt: Date.now() };
    await this.#put(told);
  }

  /** Somebody removes the object without waiting for its kubelet, who never hears of it. */
  async removeByForce(uid: string): Promise<void> {
    const told = this.#told(uid);
    await told.pump;
    this.#pods.delete(uid);
    await this.#send({ remove: { kind: 'Pod', namespace: NAMESPACE, name: told.intent.name } });
  }

  /** The kubelet knows more of a pod, and will tell it no sooner than `lateMs` from now. */
  learn(uid: string, known: PodStatus, lateMs: number): void {
    const told = this.#told(uid);
    told.known = known;
    told.dueAt = Math.max(told.dueAt, Date.now() + lateMs);
    this.#pump(told);
  }

  /** The kubelet has ended a pod whose deletion was asked for; it removes the object once it has told the rest, which `removed` hears. */
  finish(uid: string, removed: (at: number) => void): void {
    const told = this.#told(uid);
    told.isGone = true;
    told.removed = removed;
    this.#pump(told);
  }

  /** The kubelet tells nothing of any pod before this time; its Lease is renewed all the same. */
  mute(node: NodeName, until: number): void {
    this.#mutedUntil.set(node, until);
  }

  /** While a node is down its Lease is not renewed. */
  setDown(node: NodeName, isDown: boolean): void {
    if (isDown) this.#down.add(node);
    else this.#down.delete(node);
  }

  /** Resolves when everything has been told. Throws what the API server refused. */
  async drained(): Promise<void> {
    await Promise.all([...this.#pods.values()].map(({ pump }) => pump));
    if (this.#trouble !== null) throw this.#trouble;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#renewal);
  }

  #pump(told: Told): void {
    told.pump = told.pump
      .then(() => this.#tellLatest(told))
      .catch((error: unknown) => {
        this.#trouble ??= error;
      });
  }

  async #tellLatest(told: Told): Promise<void> {
    const { node, uid, name } = told.intent;
    for (;;) {
      const wait = Math.max(told.dueAt, this.#mutedUntil.get(node) ?? 0) - Date.now();
      if (wait <= 0 || this.#isClosed) break;
      await delay(Math.min(wait, RETRY_MS));
    }
    if (told.known !== told.said) {
      told.said = told.known;
      await this.#put(told);
    }
    if (!told.isGone || !this.#pods.has(uid)) return;
    this.#pods.delete(uid);
    await this.#send({ remove: { kind: 'Pod', namespace: NAMESPACE, name } });
    told.removed(Date.now());
  }

  async #put(told: Told): Promise<void> {
    await this.#send({ put: podObject(told.intent, told.said, this.#clockMs[told.intent.node]) });
  }

  /** Until the API server takes it. */
  async #send(body: object): Promise<void> {
    while (!this.#isClosed) {
      const version = await this.#control.command(body);
      if (version !== null) {
        this.#version = Math.max(this.#version, version);
        return;
      }
      await delay(RETRY_MS);
    }
  }

  async #renew(): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      const leases = this.#leases.filter(({ node }) => !this.#down.has(node));
      // A Lease that cannot be renewed is renewed the next time.
      await this.#control.command({
        put: leases.map((lease) => leaseObject(lease, new Date(Date.now() + this.#clockMs[lease.node]))),
      });
    } catch (error) {
      this.#trouble ??= error;
    } finally {
      this.#isRenewing = false;
    }
  }

  #told(uid: string): Told {
    const told = this.#pods.get(uid);
    if (told === undefined) throw new Error(`no pod ${uid}`);
    return told;
  }
}
