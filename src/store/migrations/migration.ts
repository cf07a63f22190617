/** One step of the schema. Its number is in its file's name too. */
export interface Migration {
  /** What `user_version` is after it: 1, 2, 3 ... */
  readonly version: number;
  /** Any number of statements; they run in one transaction that the step neither begins nor ends. */
  readonly sql: string;
}
