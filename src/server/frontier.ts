/**
 * How far back the cluster's word can be trusted: a node's frontier is its kubelet's last sign of life (its Lease in
 * kube-node-lease) less a slack. It stands still while the kubelet is silent and for the slack after its return, because what it had
 * not told before it tells only then, and while the API was away and for a while after (DESIGN section 4).
 */
export interface FrontierTiming {
  /** How late a live kubelet may report what its pods did; ms. */
  readonly slackMs: number;
  /** A node whose Lease is older than this is taken for dead, and holds nobody up until it has caught up; ms. */
  readonly deadAfterMs: number;
  /** After the API was away, kubelets need this long to catch up; ms. */
  readonly settleMs: number;
}

/** What was heard of a kubelet; unix ms. */
interface Kubelet {
  readonly renewed: number;
  /** Its last silence: from its last sign of life before to a time at which it was surely back. Null before the first one. */
  readonly silence: { readonly from: number; readonly until: number } | null;
}

export class Frontier {
  readonly #timing: FrontierTiming;
  readonly #kubelets = new Map<string, Kubelet>();
  #outage: { from: number; until: number } | null = null;

  constructor(timing: FrontierTiming) {
    this.#timing = timing;
  }

  /** A node's Lease was renewed at this time (unix ms). After more than the slack since the last time it was silent. */
  renewed(node: string, at: number): void {
    const before = this.#kubelets.get(node);
    if (before === undefined) this.#kubelets.set(node, { renewed: at, silence: null });
    else if (at > before.renewed) {
      const { silence } = at - before.renewed > this.#timing.slackMs ? this.#silent(before, at) : before;
      this.#kubelets.set(node, { renewed: at, silence });
    }
  }

  /** The node told at `at` (unix ms) that it booted anew: its kubelet was silent, however short. */
  rebooted(node: string, at: number): void {
    const kubelet = this.#kubelets.get(node);
    if (kubelet !== undefined) this.#kubelets.set(node, this.#silent(kubelet, at));
  }

  /** Whether the node's kubelet was alive at `at`, unix ms. */
  isAlive(node: string, at: number): boolean {
    const kubelet = this.#kubelets.get(node);
    return kubelet !== undefined && at - kubelet.renewed < this.#timing.deadAfterMs;
  }

  /** Nothing could be read or watched in between. */
  outage(from: number, until: number): void {
    this.#outage = { from: Math.min(from, this.#outage?.from ?? from), until };
  }

  /** Unix ms up to which the node's kubelet is known to have reported; negative infinity when it never did. */
  of(node: string, now: number): number {
    const kubelet = this.#kubelets.get(node);
    if (kubelet === undefined) return Number.NEGATIVE_INFINITY;
    return Math.min(this.#heard(kubelet), this.#standstill(now)) - this.#timing.slackMs;
  }

  /** The least frontier of all living nodes: everything before it is known. */
  reached(now: number): number {
    const alive = [...this.#kubelets]
      .filter(([, kubelet]) => now - this.#heard(kubelet) < this.#timing.deadAfterMs)
      .map(([node]) => this.of(node, now));
    return alive.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...alive);
  }

  /** Its last sign of life that counts: of one that came back less than the slack ago, that before its silence. */
  #heard({ renewed, silence }: Kubelet): number {
    return silence === null || renewed >= silence.until + this.#timing.slackMs ? renewed : silence.from;
  }

  /** Silences so close to each other that it had not caught up between are one. */
  #silent(kubelet: Kubelet, until: number): Kubelet {
    const back = Math.max(until, kubelet.silence?.until ?? until);
    return { ...kubelet, silence: { from: this.#heard(kubelet), until: back } };
  }

  #standstill(now: number): number {
    const outage = this.#outage;
    if (outage === null) return Number.POSITIVE_INFINITY;
    if (now < outage.until + this.#timing.settleMs) return outage.from;
    this.#outage = null;
    return Number.POSITIVE_INFINITY;
  }
}
