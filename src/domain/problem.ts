/** A failure that a person can act on: what and where in `message`, what to do in `hint`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  /** Stable, kebab-case, for programs. */
  readonly code: string;
  readonly hint: string | null;

  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? null;
  }
}
