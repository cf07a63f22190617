/**
 * The truth that the book is judged by: a cluster that knows at each millisecond which pod has which address, and what its kubelets
 * and its API server would print of it. It plays every trick that DESIGN section 4 names; what it says it says with skewed clocks and
 * whole seconds.
 */
import { ip } from '../../src/domain/ip.ts';
import type { Dice } from './adversary-dice.ts';
import { AdversaryTelling } from './adversary-telling.ts';
import type { Lateness, Node, NodeVersion, Pod, PodVersion, Sandbox } from './adversary-telling.ts';

const HORIZON_MS = 90_000;
/** Far from 0, so that no time means "never". */
const START_MS = 1_000_000;

export class AdversaryCluster {
  readonly nodes: readonly Node[];
  readonly apiSkewMs: number;
  /** Those of which the API server ever knew, or that it could know there had been. */
  readonly sandboxes: readonly Sandbox[];
  readonly end = START_MS + HORIZON_MS;
  readonly #all: Sandbox[] = [];
  readonly #dice: Dice;
  readonly #telling: AdversaryTelling;
  readonly #agenda: { at: number; act: () => void }[] = [];
  readonly #pods: Pod[] = [];
  #now = START_MS;

  constructor(dice: Dice, lateness: Lateness) {
    this.#dice = dice;
    this.apiSkewMs = dice.between(-3000, 3000);
    this.#telling = new AdversaryTelling(dice, lateness, this.apiSkewMs);
    this.nodes = [1, 2].map((number) => ({
      name: `node-${number}`,
      skewMs: dice.between(-3000, 3000),
      ips: [1, 2, 3].map((host) => ip(`10.244.${number}.${host}`)),
      boot: 0,
      lastToldAt: START_MS,
      down: [],
    }));
    for (const node of this.nodes) {
      this.#tellNode(node);
      this.#often(3000, 9000, () => this.#tellNode(node));
    }
    this.#often(300, 4000, () => this.#create(dice.pick(this.nodes)));
    this.#often(1500, 8000, () => this.#meddle());
    if (dice.chance(0.5)) {
      const [node, afterMs] = [dice.pick(this.nodes), dice.between(10_000, 70_000)];
      this.#at(afterMs, () => this.#reboot(node));
      // Once more before kubelets have said much.
      if (dice.chance(0.5)) this.#at(afterMs + dice.between(1000, 9000), () => this.#reboot(node));
    }
    while (this.#agenda.length > 0) this.#step();
    for (const sandbox of this.#all) sandbox.until = Math.min(sandbox.until, this.end);
    // What began just before the end was never told of.
    this.sandboxes = this.#all.filter(({ toldAt, shownAt }) => Number.isFinite(Math.min(toldAt, shownAt)));
    this.#telling.versions.sort((a, b) => a.at - b.at);
  }

  /** By time. */
  get versions(): readonly PodVersion[] {
    return this.#telling.versions;
  }

  get nodeVersions(): readonly NodeVersion[] {
    return this.#telling.nodeVersions;
  }

  /** Whether the node runs at this time. */
  isUp(name: string, at: number): boolean {
    const node = this.nodes.find((each) => each.name === name);
    return node?.down.every(({ from, until }) => at < from || at >= until) ?? false;
  }

  #step(): void {
    const next = this.#agenda.reduce((first, each) => (each.at < first.at ? each : first));
    this.#agenda.splice(this.#agenda.indexOf(next), 1);
    if (next.at >= this.end) return;
    this.#now = next.at;
    next.act();
  }

  #at(afterMs: number, act: () => void): void {
    this.#agenda.push({ at: this.#now + afterMs, act });
  }

  #often(leastMs: number, mostMs: number, act: () => void): void {
    const again = (): void => {
      act();
      this.#at(this.#dice.between(leastMs, mostMs), again);
    };
    this.#at(this.#dice.between(leastMs, mostMs), again);
  }

  #create(node: Node): void {
    if (!this.isUp(node.name, this.#now)) return;
    const createdAt = this.#now;
    const startedAt = createdAt + this.#dice.between(0, 300);
    const pod: Pod = {
      uid: `pod-${this.#pods.length}`,
      node,
      createdAt,
      startedAt,
      containers: Array.from({ length: this.#dice.between(1, 2) }, () => ({
        startedAt: null,
        finishedAt: null,
        last: null,
      })),
      sandbox: null,
      ready: { is: false, at: startedAt },
      shownIp: null,
      phase: 'Pending',
      deletion: null,
      unheard: [],
      isLeaving: false,
      lastToldAt: createdAt,
    };
    this.#pods.push(pod);
    this.#telling.created(pod);
    this.#at(startedAt - createdAt + this.#dice.between(0, 3000), () => this.#start(pod));
  }

  /** Gives the pod a sandbox, on the address that was freed last if it can. */
  #start(pod: Pod): void {
    if (pod.isLeaving || pod.sandbox !== null || !this.isUp(pod.node.name, this.#now)) return;
    const taken = new Set(this.#pods.map((each) => each.sandbox?.ip ?? null));
    const freed = this.#all
      .filter((each) => each.node === pod.node.name)
      .toSorted((a, b) => b.until - a.until)
      .map((each) => each.ip);
    const free = [...(this.#dice.chance(0.8) ? freed : []), ...this.#dice.shuffled(pod.node.ips)].find(
      (address) => !taken.has(address),
    );
    if (free === undefined) return;
    const sandbox: Sandbox = {
      uid: pod.uid,
      node: pod.node.name,
      ip: free,
      from: this.#now,
      until: Number.POSITIVE_INFINITY,
      toldAt: Number.POSITIVE_INFINITY,
      shownAt: Number.POSITIVE_INFINITY,
    };
    this.#all.push(sandbox);
    pod.sandbox = sandbox;
    pod.phase = 'Running';
    for (const container of pod.containers) {
      if (container.startedAt !== null && container.finishedAt !== null)
        container.last = { startedAt: container.startedAt, finishedAt: container.finishedAt };
      container.startedAt = this.#now + this.#dice.between(0, 40);
      container.finishedAt = null;
    }
    this.#at(this.#dice.between(50, 900), () => this.#tellIfIn(pod, sandbox));
    if (this.#dice.chance(0.4)) this.#at(this.#dice.between(200, 12_000), () => this.#finish(pod, sandbox));
    if (this.#dice.chance(0.2)) this.#at(this.#dice.between(1000, 9000), () => this.#crash(pod, sandbox));
  }

  #tellIfIn(pod: Pod, sandbox: Sandbox): void {
    if (pod.sandbox === sandbox) this.#telling.tell(pod, this.#now);
  }

  /** A container ends and is started again in the same sandbox. */
  #crash(pod: Pod, sandbox: Sandbox): void {
    const container = this.#dice.pick(pod.containers);
    if (pod.sandbox !== sandbox || container.startedAt === null || container.finishedAt !== null) return;
    container.last = { startedAt: container.startedAt, finishedAt: this.#now };
    container.startedAt = this.#now + 20;
    this.#at(this.#dice.between(30, 300), () => this.#tellIfIn(pod, sandbox));
  }

  /** The pod ends by itself and stays listed. */
  #finish(pod: Pod, sandbox: Sandbox): void {
    if (pod.sandbox !== sandbox || pod.isLeaving) return;
    pod.isLeaving = true;
    this.#endContainers(pod);
    pod.phase = 'Succeeded';
    this.#telling.tell(pod, this.#now, { about: sandbox });
    this.#at(this.#dice.between(0, 2000), () => {
      this.#endSandbox(pod, sandbox);
      if (this.#dice.chance(0.7))
        this.#at(this.#dice.between(0, 500), () => this.#telling.tell(pod, this.#now, { about: sandbox }));
      // The API server takes finished pods away at once when it is asked.
      if (this.#dice.chance(0.5))
        this.#at(this.#dice.between(500, 20_000), () =>
          this.#telling.takeAway(pod, Math.max(this.#now, sandbox.toldAt)),
        );
    });
  }

  /** Someone deletes a pod: gracefully, or by force, so that it lives on unseen. */
  #meddle(): void {
    const living = this.#pods.filter((pod) => pod.sandbox !== null && !pod.isLeaving);
    const pod = living.length === 0 ? undefined : this.#dice.pick(living);
    const sandbox = pod?.sandbox;
    if (pod === undefined || sandbox === undefined || sandbox === null) return;
    if (this.#dice.chance(0.3)) {
      if (sandbox.toldAt === Number.POSITIVE_INFINITY) return;
      pod.isLeaving = true;
      this.#telling.takeAway(pod, Math.max(this.#now, sandbox.toldAt));
      this.#at(this.#dice.between(100, 20_000), () => this.#endSandbox(pod, sandbox));
      return;
    }
    pod.isLeaving = true;
    const graceS = this.#dice.between(1, 3);
    pod.deletion = { at: this.#now + graceS * 1000, graceS };
    this.#telling.tell(pod, this.#now, { about: sandbox, delayMs: 0 });
    // A kubelet may take longer than the grace period.
    this.#at(this.#dice.between(100, 8000), () => {
      if (pod.sandbox !== sandbox) return;
      this.#endContainers(pod);
      this.#at(this.#dice.between(0, 600), () => {
        this.#endSandbox(pod, sandbox);
        this.#at(this.#dice.between(10, 400), () => {
          this.#telling.tell(pod, this.#now, { about: sandbox });
          this.#telling.takeAway(pod, pod.lastToldAt + this.#dice.between(1, 300));
        });
      });
    });
  }

  /** All sandboxes of the node end; after a while its pods are there again, under their uids, with each other's addresses. */
  #reboot(node: Node): void {
    if (!this.isUp(node.name, this.#now)) return;
    const until = this.#now + this.#dice.between(500, 6000);
    node.down.push({ from: this.#now, until });
    for (const pod of this.#pods.filter((each) => each.node === node && each.sandbox !== null)) {
      const { sandbox } = pod;
      if (sandbox === null) continue;
      // What a runtime says of containers that a reboot ended is that they ended when it found them, or nothing.
      const isLost = this.#dice.chance(0.4);
      // What nothing is ever said of nobody can know: each sandbox is told once, however late, or a container that ran in it is.
      if (sandbox.toldAt === Number.POSITIVE_INFINITY) {
        const isSilent = !isLost && !pod.isLeaving && this.#dice.chance(0.6);
        if (isSilent) pod.unheard = [sandbox];
        else this.#telling.tell(pod, this.#now, { about: sandbox });
      }
      this.#endSandbox(pod, sandbox);
      for (const container of pod.containers) {
        container.finishedAt ??= until;
        if (!isLost) continue;
        container.startedAt = null;
        container.last = null;
      }
      if (!pod.isLeaving) this.#at(until - this.#now + this.#dice.between(10, 2500), () => this.#start(pod));
    }
    this.#at(until - this.#now + 5, () => {
      node.boot += 1;
      this.#tellNode(node);
    });
  }

  #endContainers(pod: Pod): void {
    for (const container of pod.containers) container.finishedAt ??= this.#now;
  }

  #endSandbox(pod: Pod, sandbox: Sandbox): void {
    if (pod.sandbox !== sandbox) return;
    sandbox.until = this.#now;
    pod.sandbox = null;
  }

  #tellNode(node: Node): void {
    if (this.isUp(node.name, this.#now)) this.#telling.tellNode(node, this.#now);
  }
}
