/**
 * Times in which a pod of a node may have had a sandbox of whose address nobody was told: its kubelet spoke of the sandbox before it and of
 * the one after it, or of none before. Any address of the node may have been that one's.
 */
import { joined } from './revised-spans.ts';
import type { Span } from './revised-spans.ts';

const NONE: readonly Span[] = [];

export class UnheardSandboxes {
  readonly #byNode = new Map<string, readonly Span[]>();
  #added: { readonly node: string; readonly span: Span }[] = [];

  add(node: string, span: Span): void {
    if (span.from >= span.until) return;
    this.restore(node, span);
    this.#added.push({ node, span });
  }

  /** In order and disjoint. */
  on(node: string): readonly Span[] {
    return this.#byNode.get(node) ?? NONE;
  }

  get isEmpty(): boolean {
    return this.#byNode.size === 0;
  }

  /** Those of all nodes. */
  all(): { readonly node: string; readonly span: Span }[] {
    return [...this.#byNode].flatMap(([node, spans]) => spans.map((span) => ({ node, span })));
  }

  /** Takes back what was persisted. */
  restore(node: string, span: Span): void {
    this.#byNode.set(node, joined([...this.on(node), span]));
  }

  /** Those that were added since the last call. */
  takeAdded(): { readonly node: string; readonly span: Span }[] {
    const added = this.#added;
    this.#added = [];
    return added;
  }

  forgetBefore(time: number): void {
    for (const [node, spans] of this.#byNode) {
      const kept = spans.filter(({ until }) => until >= time);
      if (kept.length === 0) this.#byNode.delete(node);
      else this.#byNode.set(node, kept);
    }
  }
}
