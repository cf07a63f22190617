// What happens in the churn: on every address replacement after replacement, each in another way, and over all of them, one after the other,
// what goes wrong in a cluster. It ends when there was enough of everything.
import { setTimeout as delay } from 'node:timers/promises';

import { ChurnAddress } from './churn-address.ts';
import type { Replacement } from './churn-address.ts';
import type { ChurnParts } from './churn-pod.ts';
import { churnedAddresses, NODE_NAMES } from './churn-world.ts';
import type { Disturbance } from './churn-disturbances.ts';
import type { NodeName } from './world.ts';

/** How much of everything, and how long; ms. */
export interface ChurnScale {
  readonly replacements: number;
  readonly connections: number;
  /** How long a pod has its address, at least. */
  readonly holdMs: number;
  readonly everyMs: number;
  readonly lateMs: number;
  readonly veryLateMs: number;
  /** So often is a kubelet late, or very late, at most: much of what goes wrong waits until all has been told. */
  readonly mostLate: number;
  readonly mostVeryLate: number;
  readonly watchCutMs: number;
  readonly awayMs: number;
  readonly catchUpMs: number;
  /** How long the server waits for facts: longer than any is late, so that nothing is given up while one is still to come. */
  readonly deadlineMs: number;
  readonly reboots: number;
  /** Whether one run has everything that goes wrong, or two runs share it. */
  readonly isWhole: boolean;
}

interface StoryFrame {
  /** Waits until what happened up to now is attributed: of what is lost in two disturbances at once nobody could say what was to be known. */
  readonly settled: () => Promise<unknown>;
  readonly say: (line: string) => void;
}

const BY_ITSELF: Replacement = { kind: 'still-listed', isSaid: true };

export class ChurnStory {
  readonly #scale: ChurnScale;
  readonly #parts: ChurnParts;
  readonly #addresses: readonly ChurnAddress[];
  readonly #ways: readonly Replacement[];
  #isOver = false;
  #isPaused = false;
  /** Pods only end by themselves, and their kubelets are prompt. */
  #isCalm = false;

  constructor(scale: ChurnScale, parts: ChurnParts) {
    this.#scale = scale;
    this.#parts = parts;
    this.#addresses = NODE_NAMES.flatMap((node) =>
      churnedAddresses(node).map((ip) => new ChurnAddress(ip, node, parts)),
    );
    const { lateMs, veryLateMs } = scale;
    this.#ways = [
      { kind: 'at-once' },
      { kind: 'late', lateMs },
      { kind: 'still-listed', isSaid: true },
      { kind: 'forced', livesOnMs: 1500 },
      { kind: 'at-once' },
      ...(scale.isWhole ? [{ kind: 'successor-late', lateMs } as const] : []),
      { kind: 'late', lateMs: veryLateMs },
      { kind: 'still-listed', isSaid: false },
      { kind: 'graceful', gapMs: 1500 },
    ];
  }

  /** `disturbances` come in order, each when the replacements have gone on for a while after the last. */
  async play(disturbances: readonly Disturbance[], { settled, say }: StoryFrame): Promise<void> {
    for (const address of this.#addresses) await address.begin();
    const replacing = this.#addresses.map((address, index) => this.#replaceOnAndOn(address, index));
    const failed = Promise.all(replacing);
    const told = this.#tell(disturbances, { settled, say }).finally(() => (this.#isOver = true));
    await Promise.all([failed, told]);
    await Promise.all(this.#addresses.map(({ pod }) => pod.fallSilent()));
  }

  async #tell(disturbances: readonly Disturbance[], { settled, say }: StoryFrame): Promise<void> {
    const { truth } = this.#parts;
    const share = Math.floor(this.#scale.replacements / (disturbances.length + 1));
    for (const [index, each] of disturbances.entries()) {
      await this.#until(() => this.#done >= share * (index + 1));
      say(`churn: ${each.title} (after ${this.#done} replacements, ${truth.dials.length} connections)`);
      await each.happen(this);
      if (index < disturbances.length - 1) await settled();
    }
    const { replacements, connections } = this.#scale;
    await this.#until(() => this.#done >= replacements && truth.dials.length >= connections);
  }

  /**
   * While this runs pods only end by themselves, and no kubelet holds anything back: nobody can be deleted while the API server
   * is away, and who held an address and was gone before anybody was told cannot be known.
   */
  async whileCalm(work: () => Promise<void>): Promise<void> {
    this.#isCalm = true;
    await this.#until(() => this.#busy === 0);
    await this.#parts.kubelets.drained();
    await work();
    this.#isCalm = false;
  }

  /** Nobody is replaced and nobody talks while `reboot` runs; pods of `node` get each other's addresses when it is done. */
  async whileDown(node: NodeName, reboot: () => Promise<void>): Promise<void> {
    this.#isPaused = true;
    await this.#until(() => this.#busy === 0);
    await this.#parts.kubelets.drained();
    await Promise.all(this.#addresses.map(({ pod }) => pod.fallSilent()));
    const own = this.#addresses.filter((each) => each.node === node);
    for (const { pod } of own) pod.crash();
    await reboot();
    for (let index = 0; index + 1 < own.length; index += 2) {
      const [one, other] = own.slice(index, index + 2);
      if (one === undefined || other === undefined) break;
      ChurnAddress.swap(one, other);
      this.#parts.truth.count('swapped by a reboot');
      this.#parts.truth.count('swapped by a reboot');
      this.#done += 2;
    }
    for (const { pod } of this.#addresses.filter((each) => each.node !== node)) pod.resume();
    this.#isPaused = false;
  }

  #late = 0;
  #veryLate = 0;
  #done = 0;
  #busy = 0;

  async #replaceOnAndOn(address: ChurnAddress, index: number): Promise<void> {
    for (let turn = index; !this.#isOver; turn += 1) {
      // Spread, so that not all addresses pass at once.
      await delay(this.#scale.holdMs * (1 + (turn % 3) / 2));
      await this.#until(() => !this.#isPaused || this.#isOver);
      if (this.#isOver) return;
      this.#busy += 1;
      const way = this.#isCalm ? BY_ITSELF : this.#patient(this.#ways[turn % this.#ways.length] ?? BY_ITSELF);
      await address.replace(way);
      this.#done += 1;
      this.#busy -= 1;
    }
  }

  /** The same way, but less late once there was enough of that. */
  #patient(way: Replacement): Replacement {
    if (way.kind !== 'late' && way.kind !== 'successor-late') return way;
    const { lateMs, mostLate, mostVeryLate } = this.#scale;
    if (this.#late >= mostLate) return { kind: 'graceful', gapMs: 0 };
    this.#late += 1;
    if (way.lateMs === lateMs) return way;
    this.#veryLate += 1;
    return this.#veryLate > mostVeryLate ? { ...way, lateMs } : way;
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await delay(50);
  }
}
