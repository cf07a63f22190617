// The traffic of one pod while it holds an address: it dials an anchor, an anchor dials it, and it may send datagrams from a fixed port. Every
// connection is written down with its ends and its time.
import { setTimeout as delay } from 'node:timers/promises';

import type { Places, Place } from './churn-places.ts';
import type { ChurnTruth, Dial } from './churn-truth.ts';
import { anchorOf, ANCHOR_PORTS, DATAGRAMS, otherNode, POD_PORTS, portFor } from './churn-world.ts';

/** Well below the ten seconds for which the lab's kernels remember a datagram. */
const DATAGRAM_EVERY_MS = 800;

/** Ports in turn, across all pods. */
let turn = 0;

export interface TrafficPlan {
  readonly place: Place;
  readonly ip: string;
  /** From one connection of a kind to the next; ms. */
  readonly everyMs: number;
  /** Whether this address has a sender of datagrams. */
  readonly sendsDatagrams: boolean;
}

export class PodTraffic {
  readonly #end = new AbortController();
  readonly #running: Promise<unknown>;

  /** Begins at once. */
  constructor(plan: TrafficPlan, places: Places, truth: ChurnTruth) {
    const { node } = plan.place;
    const streams = [
      this.#repeat(plan.everyMs, () => dial('client', plan, places, truth)),
      this.#repeat(plan.everyMs, () => dial('server', plan, places, truth)),
    ];
    if (plan.sendsDatagrams)
      streams.push(
        this.#repeat(DATAGRAM_EVERY_MS, async () => {
          const anchor = otherNode(node);
          const from = Date.now();
          await plan.place.peer.order({
            op: 'send',
            address: anchorOf(anchor).address,
            port: DATAGRAMS.port,
            from: DATAGRAMS.from,
          });
          const { workload } = plan.place;
          truth.datagrams.push({ ip: plan.ip, anchor, workload, from, until: Date.now() });
        }),
      );
    this.#running = Promise.all(streams);
  }

  /** Resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  async #repeat(everyMs: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      const began = Date.now();
      await work();
      // Aborted is how it ends.
      await delay(Math.max(0, began + everyMs - Date.now()), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** One connection, every other time to or from the anchor of the same node. */
async function dial(
  role: Dial['role'],
  { place, ip }: TrafficPlan,
  places: Places,
  truth: ChurnTruth,
): Promise<void> {
  const { node, workload } = place;
  turn += 1;
  const anchor = turn % 3 === 0 ? node : otherNode(node);
  const port = portFor(role === 'client' ? ANCHOR_PORTS : POD_PORTS, workload, Math.floor(turn / 2));
  const from = Date.now();
  const reply =
    role === 'client'
      ? await place.peer.order({ op: 'dial', address: anchorOf(anchor).address, port })
      : await places.anchor(anchor).order({ op: 'dial', address: ip, port });
  const isAnswered = reply.outcome === 'answered';
  truth.dials.push({ ip, role, node, anchor, port, workload, from, until: Date.now(), isAnswered });
}
