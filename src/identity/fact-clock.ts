/** What must be known of the clocks that print times, to bring them to ours when facts are made. */

/** One foreign clock against ours. */
export interface ClockReading {
  /** Ms to add to a time of that clock to have ours. */
  readonly offsetMs: number;
  /** The offset is right within so many ms. */
  readonly uncertaintyMs: number;
}

export interface FactClocks {
  /** Prints creation and deletion. */
  readonly api: ClockReading;
  /** Each node prints the status of its pods and its own. */
  readonly node: (name: string) => ClockReading;
}

const OURS: ClockReading = { offsetMs: 0, uncertaintyMs: 0 };

/** Every clock is ours, as in a capture. */
export const OUR_CLOCKS: FactClocks = { api: OURS, node: () => OURS };
