/** Rules by the pods that they name. Most sets are small and asked seldom, so nothing is built before it pays. */
import type { CompiledRule } from './isolation.ts';
import type { PodPeer } from './pod-peers.ts';

/** Most peers stand in one rule. */
type NamedRules = CompiledRule | readonly CompiledRule[];

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

  /** The rules of the given peers, in no promised order; one that names two of them stands there twice. */
  of(peers: ReadonlySet<PodPeer>): CompiledRule[] {
    const found: CompiledRule[] = [];
    this.some(peers, (rule) => {
      found.push(rule);
      return false;
    });
    return found;
  }

  /** Whether the test passes for a rule of one of the given peers. */
  some(peers: ReadonlySet<PodPeer>, test: (rule: CompiledRule) => boolean): boolean {
    if (this.#peers.length < SMALL && peers.size < FEW) {
      for (const peer of peers) if (this.#scan(peer, test)) return true;
      return false;
    }
    const index = (this.#index ??= this.#indexed());
    if (peers.size <= index.size) {
      for (const peer of peers) if (passes(index.get(peer), test)) return true;
    } else {
      for (const [peer, rules] of index) if (peers.has(peer) && passes(rules, test)) return true;
    }
    return false;
  }

  #scan(peer: PodPeer, test: (rule: CompiledRule) => boolean): boolean {
    const all = this.#peers;
    for (let place = 0; place < all.length; place++) {
      const rule = all[place] === peer ? this.#rules[place] : undefined;
      if (rule !== undefined && test(rule)) return true;
    }
    return false;
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

function passes(rules: NamedRules | undefined, test: (rule: CompiledRule) => boolean): boolean {
  if (rules === undefined) return false;
  return 'rule' in rules ? test(rules) : rules.some(test);
}
