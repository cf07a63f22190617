/** What can go wrong with an API server, chosen by a test. All of it is off at first. */

/** Instead of serving, answer like this. */
export interface FaultyAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
  /** Only for this kind, and only for a list or a watch; every request when absent. */
  readonly kind?: string;
  readonly verb?: 'list' | 'watch';
  /** How many requests; until `answers` is emptied when absent. */
  times?: number;
}

/**
 * How an answer stops before its end: the connection is reset, or closed, or stays open and says nothing more; or the answer
 * ends in good order as HTTP counts, with half of what it should have said.
 */
export type BreakingOff = 'reset' | 'close' | 'stall' | 'end';

export interface BrokenList {
  readonly afterBytes: number;
  readonly how: BreakingOff;
}

export class Faults {
  answers: FaultyAnswer[] = [];
  /** So many lists and watches are not answered: their connection is reset. */
  resets = 0;
  /** Body bytes after which the n-th watch from now is cut; each is used once. */
  cutAfterBytes: number[] = [];
  /** How the n-th list from now is broken off; each is used once. Bytes are those of the wire, but of the document for `end`. */
  brokenLists: BrokenList[] = [];
  /** The greatest piece that watches and lists are written in; null for whole lines and bodies. */
  chunkBytes: number | null = null;
  /** Lists are zipped for who accepts it, as the real server does with long ones. */
  gzip = true;
  /** Ms before each piece of a list; a list without `chunkBytes` is one piece. */
  listPauseMs = 0;
  /** Ms by which events of a kind are kept back from watches. */
  readonly holdBackMs = new Map<string, number>();
  /** Connections stay open and nothing is said on them. */
  silent = false;
  /** Where a 410 for an old version appears: as the status, or in the stream as most servers do. */
  expiredIn: 'status' | 'stream' = 'stream';
  /**
   * `sendInitialEvents` is served, or refused as where the feature gate is off, or not understood: then a watch without a
   * version begins with what exists, and no bookmark says when that is over.
   */
  watchList: 'served' | 'refused' | 'ignored' = 'served';

  /** The answer this request must get, counted down; null when it is to be served. */
  answerTo(kind: string, verb: 'list' | 'watch'): FaultyAnswer | null {
    const found = this.answers.find(
      (each) => (each.kind ?? kind) === kind && (each.verb ?? verb) === verb && each.times !== 0,
    );
    if (found === undefined) return null;
    if (found.times !== undefined) found.times--;
    return found;
  }

  /** Whether this request's connection must be reset, counted down. */
  resetsNext(): boolean {
    if (this.resets === 0) return false;
    this.resets--;
    return true;
  }

  /** Takes everything back that hinders a request; what was done to open connections stays done. */
  heal(): void {
    this.answers = [];
    this.resets = 0;
    this.cutAfterBytes = [];
    this.brokenLists = [];
    this.chunkBytes = null;
    this.listPauseMs = 0;
    this.holdBackMs.clear();
    this.silent = false;
  }
}
