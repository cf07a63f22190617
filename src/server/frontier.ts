/**
 * How far back the cluster's word can be trusted: a node's frontier is its kubelet's last sign of life (its Lease in
 * kube-node-lease) less a slack, and stands still while the API was away and for a while after (DESIGN section 4).
 */
export interface FrontierTiming {
  /** How late a live kubelet may report what its pods did; ms. */
  readonly slackMs: number;
  /** A node whose Lease is older than this is taken for dead and holds nobody up; ms. */
  readonly deadAfterMs: number;
  /** After the API was away, kubelets need this long to catch up; ms. */
  readonly settleMs: number;
}

export class Frontier {
  readonly #timing: FrontierTiming;
  readonly #renewed = new Map<string, number>();
  #outage: { from: number; until: number } | null = null;

  constructor(timing: FrontierTiming) {
    this.#timing = timing;
  }

  /** A node's Lease was renewed at this time (unix ms). */
  renewed(node: string, at: number): void {
    this.#renewed.set(node, Math.max(at, this.#renewed.get(node) ?? 0));
  }

  /** Whether the node's kubelet was alive at `at`, unix ms. */
  isAlive(node: string, at: number): boolean {
    const renewed = this.#renewed.get(node);
    return renewed !== undefined && at - renewed < this.#timing.deadAfterMs;
  }

  /** Nothing could be read or watched in between. */
  outage(from: number, until: number): void {
    this.#outage = { from: Math.min(from, this.#outage?.from ?? from), until };
  }

  /** Unix ms up to which the node's kubelet is known to have reported; negative infinity when it never did. */
  of(node: string, now: number): number {
    const renewed = this.#renewed.get(node);
    if (renewed === undefined) return Number.NEGATIVE_INFINITY;
    return Math.min(renewed, this.#standstill(now)) - this.#timing.slackMs;
  }

  /** The least frontier of all living nodes: everything before it is known. */
  reached(now: number): number {
    const alive = [...this.#renewed]
      .filter(([, at]) => now - at < this.#timing.deadAfterMs)
      .map(([node]) => this.of(node, now));
    return alive.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...alive);
  }

  #standstill(now: number): number {
    const outage = this.#outage;
    if (outage === null) return Number.POSITIVE_INFINITY;
    if (now < outage.until + this.#timing.settleMs) return outage.from;
    this.#outage = null;
    return Number.POSITIVE_INFINITY;
  }
}
