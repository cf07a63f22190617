/** Which node a batch is from: the name must be one the watch knows. A node may be newer than our watch, for a while. */
import { ProblemError } from '../domain/problem.ts';
import type { Batch } from '../wire/batch.ts';

/** How long an agent of a node that nobody knows is asked to come back. */
const PATIENCE_MS = 10 * 60_000;
/** Names remembered at most; whoever sends more made-up names than this is refused at once. */
const MAX_STRANGERS = 1_000;

export class KnownNodes {
  readonly #uidOf: (name: string) => string | null;
  readonly #strangers = new Map<string, number>();

  constructor(uidOf: (name: string) => string | null) {
    this.#uidOf = uidOf;
  }

  /**
   * The batch with its node's uid. `nodeIs` says who told it: a node that a reviewed token names anew was replaced under its
   * name and is newer than our watch. Throws a ProblemError: `unknown-node` (try again), `node-refused`, `wrong-node`.
   */
  identify(batch: Batch, now: number, nodeIs: 'claimed' | 'reviewed' = 'claimed'): Batch {
    const uid = this.#uidOf(batch.nodeName);
    const isOther = uid !== null && batch.nodeUid !== '' && batch.nodeUid !== uid;
    if (uid === null || (isOther && nodeIs === 'reviewed')) throw this.#stranger(batch.nodeName, now);
    this.#strangers.delete(batch.nodeName);
    if (isOther)
      throw new ProblemError('wrong-node', `node ${batch.nodeName} is ${uid}, not ${batch.nodeUid}`, {
        hint: 'the node was replaced under its name; restart its agent',
      });
    return { ...batch, nodeUid: uid };
  }

  #stranger(name: string, now: number): ProblemError {
    const since = this.#strangers.get(name) ?? now;
    if (!this.#strangers.has(name) && this.#strangers.size < MAX_STRANGERS) this.#strangers.set(name, now);
    const isPatient = now - since < PATIENCE_MS && this.#strangers.has(name);
    if (isPatient) return new ProblemError('unknown-node', `node ${name} is not known yet`);
    return new ProblemError('node-refused', `node ${name} is not known to the cluster`, {
      hint: '--node-name must be the name of the Node object',
    });
  }
}
