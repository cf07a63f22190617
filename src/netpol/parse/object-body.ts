/** One document of a manifest file before anyone asks what it is. */

export interface BodyProblem {
  /** From 1; null where it is not known. */
  readonly line: number | null;
  readonly field: string | null;
  readonly message: string;
}

export interface ObjectBody {
  /** Plain JSON values; undefined when the text could not be read. */
  readonly value: unknown;
  /** Of the document's first content. */
  readonly line: number | null;
  /** Of the elements of its field `items`; empty where they are not known. */
  readonly itemLines: readonly (number | null)[];
  readonly problems: readonly BodyProblem[];
}

/** A document that could not be read. */
export function unreadable(problem: BodyProblem): ObjectBody {
  return { value: undefined, line: problem.line, itemLines: [], problems: [problem] };
}
