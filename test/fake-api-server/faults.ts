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

export class Faults {
  answers: FaultyAnswer[] = [];
  /** Body bytes after which the n-th watch from now is cut; each is used once. */
  cutAfterBytes: number[] = [];
  /** The greatest piece that watches and lists are written in; null for whole lines. */
  chunkBytes: number | null = null;
  /** Ms by which events of a kind are kept back from watches. */
  readonly holdBackMs = new Map<string, number>();
  /** Connections stay open and nothing is said on them. */
  silent = false;
  /** Where a 410 for an old version appears: as the status, or in the stream as most servers do. */
  expiredIn: 'status' | 'stream' = 'stream';

  /** The answer this request must get, counted down; null when it is to be served. */
  answerTo(kind: string, verb: 'list' | 'watch'): FaultyAnswer | null {
    const found = this.answers.find(
      (each) => (each.kind ?? kind) === kind && (each.verb ?? verb) === verb && each.times !== 0,
    );
    if (found === undefined) return null;
    if (found.times !== undefined) found.times--;
    return found;
  }
}
