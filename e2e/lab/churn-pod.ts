// One pod of the churn from its creation to its end: the place it runs in, the address it holds, what its kubelet knows of it, and the truth of all that.
import type { Kubelets } from './churn-kubelets.ts';
import type { PodIntent, PodStatus } from './churn-objects.ts';
import type { Place, Places } from './churn-places.ts';
import { PodTraffic } from './churn-traffic.ts';
import type { ChurnTruth, Ending, Tenure } from './churn-truth.ts';
import { newUid } from './kube-object.ts';

/** What every pod of the churn has to do with. */
export interface ChurnParts {
  readonly places: Places;
  readonly kubelets: Kubelets;
  readonly truth: ChurnTruth;
  /** From one connection of a kind to the next; ms. */
  readonly everyMs: number;
  /** Addresses whose pods send datagrams from a fixed port. */
  readonly senders: ReadonlySet<string>;
}

let created = 0;

export class ChurnPod {
  readonly place: Place;
  readonly intent: PodIntent;
  readonly #parts: ChurnParts;
  #status: PodStatus | null = null;
  #traffic: PodTraffic | null = null;
  #tenure: Tenure | null = null;

  private constructor(place: Place, intent: PodIntent, parts: ChurnParts) {
    this.place = place;
    this.intent = intent;
    this.#parts = parts;
  }

  /** Made and bound to its node; it has no address yet. */
  static async create(place: Place, parts: ChurnParts): Promise<ChurnPod> {
    created += 1;
    const { workload, node } = place;
    const intent: PodIntent = {
      name: `${workload}-${created}`,
      uid: newUid(),
      workload,
      node,
      createdAt: Date.now(),
      deletedAt: null,
    };
    await parts.kubelets.create(intent);
    return new ChurnPod(place, intent, parts);
  }

  get tenure(): Tenure {
    if (this.#tenure === null) throw new Error(`${this.intent.name} holds no address`);
    return this.#tenure;
  }

  /** Its kubelet begins with it, and says so. */
  begin(lateMs: number): void {
    this.#know(
      {
        phase: 'Pending',
        ip: null,
        seenAt: Date.now(),
        sandboxReadyAt: null,
        startedAt: null,
        finishedAt: null,
        sandboxGoneAt: null,
        before: null,
      },
      lateMs,
    );
  }

  /** Gets the address, runs, and talks. */
  start(ip: string, lateMs: number): void {
    const { places } = this.#parts;
    const from = Date.now();
    places.give(this.place, ip);
    this.#hold(ip, { from, possibleFrom: this.#known.seenAt });
    const { startedAt } = this.tenure;
    this.#know({ ...this.#known, phase: 'Running', ip, sandboxReadyAt: startedAt, startedAt }, lateMs);
  }

  /** Talks no more; resolves when nothing of it is under way. */
  async fallSilent(): Promise<void> {
    await this.#traffic?.stop();
    this.#traffic = null;
  }

  /** Its process has ended: the address is taken away. What its kubelet knows then follows from `ending`. */
  end(ending: Ending, lateMs: number): void {
    const { places, kubelets } = this.#parts;
    const { tenure } = this;
    const finishedAt = Date.now();
    places.release(this.place, tenure.ip);
    tenure.finishedAt = finishedAt;
    tenure.until = Date.now();
    tenure.ending = ending;
    const known = { ...this.#known, finishedAt };
    switch (ending.kind) {
      case 'graceful':
        this.#know({ ...known, sandboxGoneAt: tenure.until }, lateMs);
        kubelets.finish(this.intent.uid, (at) => (tenure.removedAt = at));
        return;
      case 'succeeded':
        this.#know(
          { ...known, phase: 'Succeeded', sandboxGoneAt: ending.isSaid ? tenure.until : null },
          lateMs,
        );
        return;
      case 'forced':
        return;
      case 'rebooted':
        throw new Error('a reboot ends no pod');
      default:
        ending satisfies never;
    }
  }

  /** Talks again, with the address it has. */
  resume(): void {
    const { places, truth, everyMs, senders } = this.#parts;
    const { ip } = this.tenure;
    this.#traffic = new PodTraffic(
      { place: this.place, ip, everyMs, sendsDatagrams: senders.has(ip) },
      places,
      truth,
    );
  }

  /** Its node went down, and with it the address. It talks no more. */
  crash(): void {
    const { tenure } = this;
    tenure.finishedAt = Date.now();
    this.#parts.places.take(this.place, tenure.ip);
    tenure.until = Date.now();
    tenure.ending = { kind: 'rebooted' };
  }

  /** The same pod in a new sandbox with another address, after a reboot. */
  restart(ip: string): void {
    const crashed = this.tenure;
    const from = Date.now();
    this.#parts.places.give(this.place, ip);
    this.#hold(ip, { from, possibleFrom: crashed.finishedAt });
    const before = { startedAt: crashed.startedAt, finishedAt: crashed.finishedAt };
    const { startedAt } = this.tenure;
    this.#know({ ...this.#known, ip, sandboxReadyAt: startedAt, startedAt, before }, 0);
  }

  #hold(ip: string, { from, possibleFrom }: { from: number; possibleFrom: number }): void {
    const { place, intent } = this;
    const { node, workload } = place;
    this.#tenure = {
      ip,
      node,
      workload,
      pod: intent.name,
      possibleFrom,
      from,
      startedAt: Date.now(),
      finishedAt: Number.POSITIVE_INFINITY,
      until: Number.POSITIVE_INFINITY,
      removedAt: null,
      ending: null,
    };
    this.#parts.truth.tenures.push(this.#tenure);
    this.resume();
  }

  get #known(): PodStatus {
    if (this.#status === null) throw new Error(`${this.intent.name} was not begun`);
    return this.#status;
  }

  #know(status: PodStatus, lateMs: number): void {
    this.#status = status;
    this.#parts.kubelets.learn(this.intent.uid, status, lateMs);
  }
}
