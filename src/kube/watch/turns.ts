/** Lets other work have its turn during long work: parsing and telling a list of many objects must not stall a process. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** What else waits is held up this long at most, and by the one piece of work that is under way; ms. */
const TURN_MS = 8;

export class Turns {
  #since = performance.now();

  /** Called between two pieces of work; resolves at once unless it is the others' turn. */
  async pass(): Promise<void> {
    if (performance.now() - this.#since < TURN_MS) return;
    await nextTurn();
    this.#since = performance.now();
  }
}
