/** The API server's clock, estimated from the Date headers of its answers. */

/** Enough for a median that one slow answer cannot move. */
const REMEMBERED_ANSWERS = 15;

/** The head of an answer that took longer says little of when the server wrote it. */
const LONGEST_ROUND_TRIP_MS = 5_000;

/** A Date header has whole seconds (RFC 9110 section 5.6.7): the instant lies on average half a second later. */
const HALF_GRAIN_MS = 500;

export class ServerClock {
  readonly #offsets: number[] = [];

  /** Takes one answer: its Date header, and our unix ms when the request left and when the head arrived. */
  observe(date: string | undefined, sentAt: number, receivedAt: number): void {
    const at = Date.parse(date ?? '');
    const roundTrip = receivedAt - sentAt;
    if (!Number.isFinite(at) || roundTrip < 0 || roundTrip > LONGEST_ROUND_TRIP_MS) return;
    this.#offsets.push(at + HALF_GRAIN_MS - (sentAt + receivedAt) / 2);
    if (this.#offsets.length > REMEMBERED_ANSWERS) this.#offsets.shift();
  }

  /** Ms to add to our clock; good to about half a second. Null before the first usable answer. */
  get offsetMs(): number | null {
    const sorted = this.#offsets.toSorted((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)];
    return middle === undefined ? null : Math.round(middle);
  }
}
