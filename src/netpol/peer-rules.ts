/** Rules by the pods that they name. Most sets are small and asked seldom, so nothing is built before it pays. */
import type { CompiledRule } from './isolation.ts';
import type { PodPeer } from './pod-peers.ts';

/** Most peers stand in one rule. */
export type NamedRules = CompiledRule | readonly CompiledRule[];

/** Fewer rules than this are looked at one by one, for fewer peers than FEW: that costs less than an index. */
const SMALL = 64;
const FEW = 5;

export class PeerRules {
  /** As they were added; a peer that stands in several rules is listed with each. */
  readonly #peers: PodPeer[] = [];
  readonly #rules: CompiledRule[] = [];
  #index: Map<PodPeer, CompiledRule | CompiledRule[]> | null = null;

  add(peer: PodPeer, rule: CompiledRule): void {
    this.#peers.push(peer);
    this.#rules.push(rule);
    this.#index = null;
  }

  /** Distinct peers. */
  peers(): ReadonlySet<PodPeer> {
    return new Set(this.#peers);
  }

  /** Calls `found` with the rules of each of the given peers. */
  of(peers: ReadonlySet<PodPeer>, found: (rules: NamedRules) => void): void {
    if (this.#peers.length < SMALL && peers.size < FEW) {
      for (const peer of peers) this.#scan(peer, found);
      return;
    }
    const index = (this.#index ??= this.#indexed());
    if (peers.size <= index.size) {
      for (const peer of peers) {
        const rules = index.get(peer);
        if (rules !== undefined) found(rules);
      }
    } else {
      for (const [peer, rules] of index) if (peers.has(peer)) found(rules);
    }
  }

  #scan(peer: PodPeer, found: (rules: NamedRules) => void): void {
    const all = this.#peers;
    for (let place = 0; place < all.length; place++) {
      const rule = all[place] === peer ? this.#rules[place] : undefined;
      if (rule !== undefined) found(rule);
    }
  }

  #indexed(): Map<PodPeer, CompiledRule | CompiledRule[]> {
    const index = new Map<PodPeer, CompiledRule | CompiledRule[]>();
    for (const [place, peer] of this.#peers.entries()) {
      const rule = this.#rules[place];
      if (rule === undefined) continue;
      const known = index.get(peer);
      if (known === undefined) index.set(peer, rule);
      else if ('rule' in known) index.set(peer, [known, rule]);
      else known.push(rule);
    }
    return index;
  }
}
