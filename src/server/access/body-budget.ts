/**
 * How much of batches is in memory at a time: bytes of bodies that are arriving or being read, whoever sends them, and how
 * many of one node.
 */
import { ProblemError } from '../../domain/problem.ts';

/** Bodies of all nodes together. 500 batches a second of 100 KB that take 50 ms each are 2.5 MB. */
const MAX_BYTES = 128 << 20;
/** An agent sends one batch at a time; a second one may be left over from a connection that broke. */
const MAX_OF_ONE_NODE = 4;

/** A share of the budget, held while a body is in memory. */
export interface Reservation {
  /** The body has become so large. Throws a ProblemError `queue-full`. */
  grow(bytes: number): void;
  /** Gives all of it back; a second time changes nothing. */
  release(): void;
}

export class BodyBudget {
  readonly #byNode = new Map<string, number>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing at first. `node` is null for a sender that nobody knows. Throws a ProblemError `too-many-requests`. */
  reserve(node: string | null): Reservation {
    const own = node === null ? 0 : (this.#byNode.get(node) ?? 0);
    if (own >= MAX_OF_ONE_NODE)
      throw new ProblemError(
        'too-many-requests',
        `${MAX_OF_ONE_NODE} batches of this node are under way already.`,
      );
    if (node !== null) this.#byNode.set(node, own + 1);
    let held = 0;
    let isHeld = true;
    return {
      grow: (whole) => {
        const more = isHeld ? Math.max(0, whole - held) : 0;
        this.#take(more);
        held += more;
      },
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#bytes -= held;
        if (node !== null) this.#oneLess(node);
      },
    };
  }

  #oneLess(node: string): void {
    const left = (this.#byNode.get(node) ?? 1) - 1;
    if (left === 0) this.#byNode.delete(node);
    else this.#byNode.set(node, left);
  }

  #take(bytes: number): void {
    if (this.#bytes + bytes > MAX_BYTES)
      throw new ProblemError(
        'queue-full',
        `Batches of ${MAX_BYTES >> 20} MiB are under way; try again shortly.`,
      );
    this.#bytes += bytes;
  }
}
