/** What was wrong with the input, by place: all of it is told at once, and none of it is skipped in silence. */
import { ProblemError } from '../domain/problem.ts';

/** Problems told one by one; the rest is a count. */
const MAX_TOLD = 10;

export class InputProblems {
  readonly #told: string[] = [];
  #count = 0;

  /** `where` is `file:line` or `file: item 3`. */
  add(where: string, what: string): void {
    this.#count++;
    if (this.#told.length < MAX_TOLD) this.#told.push(`${where}: ${what}`);
  }

  get count(): number {
    return this.#count;
  }

  lines(): readonly string[] {
    const rest = this.#count - this.#told.length;
    return rest > 0 ? [...this.#told, `and ${rest} more`] : this.#told;
  }

  /** Throws a ProblemError when there were any: what is missing from the input is missing from every draft. */
  throwIfAny(): void {
    if (this.#count === 0) return;
    throw new ProblemError(
      'bad-input',
      `the capture has ${this.#count} broken ${this.#count === 1 ? 'record' : 'records'}, nothing was drafted:\n  ${this.lines().join('\n  ')}`,
      {
        hint: 'mend or remove them, or pass --skip-bad-input to draft without them',
      },
    );
  }
}
