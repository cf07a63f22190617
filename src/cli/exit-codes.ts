/** What every command's exit code means (DESIGN.md section 10). */
export const EXIT = {
  fine: 0,
  /** The answer is no: it would break, it differs, it was denied, or something was left out. */
  no: 1,
  /** A wrong argument or input. */
  usage: 2,
  /** No server answered, or `--strict` and something that was not judged may decide. */
  unreachable: 3,
} as const;
