/** What a server hears of the adversary's kubelets: that they are alive, and that a node booted anew. How far it trusts them by that is the product's. */
import { Frontier } from '../../src/server/frontier.ts';
import type { AdversaryCluster } from './adversary-cluster.ts';
import type { Cut } from './adversary-watch.ts';

/** Usual delay, lag of the watch, and the time to the first report of a sandbox. */
const SLACK_MS = 4500;
const TIMING = { slackMs: SLACK_MS, deadAfterMs: 3 * SLACK_MS, settleMs: SLACK_MS };

const RENEW_EVERY_MS = 1000;
/** So long before the end they are heard: since before there was a pod. */
const HEARD_MS = 100_000;

export class HeardKubelets {
  readonly #cut: Cut | null;
  readonly #frontier = new Frontier(TIMING);
  /** Not yet heard, the next last. */
  readonly #renewals: { readonly at: number; readonly node: string }[];
  readonly #last = new Map<string, number>();
  #isCutTold = false;

  constructor(cluster: AdversaryCluster, cut: Cut | null) {
    this.#cut = cut;
    const ticks = Array.from(
      { length: HEARD_MS / RENEW_EVERY_MS + 1 },
      (_, index) => cluster.end - HEARD_MS + index * RENEW_EVERY_MS,
    );
    this.#renewals = cluster.nodes
      .flatMap(({ name, down }) =>
        [...ticks, ...down.map(({ until }) => until)]
          .filter((at) => cluster.isUp(name, at))
          .map((at) => ({ at, node: name })),
      )
      .toSorted((a, b) => b.at - a.at);
  }

  /** Everything until now, but for what comes only when the cut is over. */
  hear(now: number): void {
    const cut = this.#cut;
    if (cut !== null && now >= cut.from && now < cut.until) return;
    for (
      let next = this.#renewals.at(-1);
      next !== undefined && next.at <= now;
      next = this.#renewals.at(-1)
    ) {
      this.#renewals.pop();
      this.#frontier.renewed(next.node, next.at);
      this.#last.set(next.node, next.at);
    }
    if (cut === null || now < cut.until || this.#isCutTold) return;
    this.#isCutTold = true;
    this.#frontier.outage(cut.from, cut.until);
  }

  rebooted(node: string, now: number): void {
    this.#frontier.rebooted(node, now);
  }

  frontierOf(node: string, now: number): number {
    return this.#frontier.of(node, now);
  }

  /** As of a server that knows of no silence and no boot before the last renewal. */
  frontierByLast(node: string, now: number): number {
    const frontier = new Frontier(TIMING);
    frontier.renewed(node, this.#last.get(node) ?? Number.NEGATIVE_INFINITY);
    if (this.#cut !== null && this.#isCutTold) frontier.outage(this.#cut.from, this.#cut.until);
    return frontier.of(node, now);
  }
}
