/** What is listed and watched: one kind of object at one path. */

export interface Resource {
  /** As in `Pod`. */
  readonly kind: string;
  /** As in `/api/v1/pods`. */
  readonly path: string;
  /** Sent with every LIST and WATCH, such as a `fieldSelector`. */
  readonly query?: Readonly<Record<string, string>>;
}
