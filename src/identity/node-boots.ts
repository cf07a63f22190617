/** Which boot each node runs on, as it printed itself, and when one of them began. */
import { API_TIME_GRAIN_MS } from './facts.ts';
import type { NodeFact } from './facts.ts';

interface Boot {
  readonly id: string;
  /** The latest time that the node printed of this boot; unix ms. */
  readonly word: number;
}

/** That a node booted anew; unix ms by our clock. */
export interface Reboot {
  /** The latest time that it printed of the boot before; negative infinity when it printed none. */
  readonly beforeAt: number;
  /** It ran on the new one by then. */
  readonly sinceAt: number;
}

export class NodeBoots {
  readonly #boots = new Map<string, Boot>();
  #rebooted: string[] = [];

  /** A node as it was told at `observedAt` (unix ms). Null while it is on the boot that was known, or is heard of first. */
  observe(fact: NodeFact, observedAt: number): Reboot | null {
    if (fact.bootId === undefined) return null;
    const doubt = fact.doubt?.nodeMs ?? 0;
    const before = this.#boots.get(fact.name);
    const printed = fact.reportedAt === undefined ? Number.NEGATIVE_INFINITY : fact.reportedAt - doubt;
    const isSame = before?.id === fact.bootId;
    const word = isSame ? Math.max(before.word, printed) : printed;
    this.#boots.set(fact.name, { id: fact.bootId, word });
    if (before === undefined || isSame) return null;
    this.#rebooted.push(fact.name);
    const since = fact.reportedAt === undefined ? observedAt : fact.reportedAt + API_TIME_GRAIN_MS + doubt;
    return { beforeAt: before.word, sinceAt: Math.min(since, observedAt) };
  }

  /** The names of nodes of which a new boot was told since the last call. */
  takeRebooted(): string[] {
    return this.#rebooted.splice(0);
  }
}
