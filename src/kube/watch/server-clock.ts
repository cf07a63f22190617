/**
 * The API server's clock, estimated from the Date headers of its answers. Each answer bounds the offset: the header was written
 * between the request and the answer, within the second that it names. What most answers agree on is the estimate.
 */

export interface ServerClockReading {
  /** Ms to add to our clock to get the API server's. */
  readonly offsetMs: number;
  /** The offset is surely within so many ms; more when answers contradict each other, as those of two servers behind one address. */
  readonly uncertaintyMs: number;
  /** Unix ms, our clock, of the last answer used. */
  readonly measuredAt: number;
}

/** Enough that one server's odd answer moves nothing; in a quiet cluster the last five minutes. */
const REMEMBERED_ANSWERS = 15;

/** The head of an answer that took longer says little of when the server wrote it. */
const LONGEST_ROUND_TRIP_MS = 5_000;

/** A Date header has whole seconds (RFC 9110 section 5.6.7), cut off and not rounded. */
const GRAIN_MS = 1_000;

interface Bounds {
  readonly least: number;
  readonly most: number;
}

export class ServerClock {
  readonly #bounds: Bounds[] = [];
  #measuredAt = 0;

  /** Takes one answer: its Date header, and our unix ms when the request left and when the head arrived. */
  observe(date: string | undefined, sentAt: number, receivedAt: number): void {
    const at = Date.parse(date ?? '');
    const roundTrip = receivedAt - sentAt;
    if (!Number.isFinite(at) || roundTrip < 0 || roundTrip > LONGEST_ROUND_TRIP_MS) return;
    this.#bounds.push({ least: at - receivedAt, most: at + GRAIN_MS - sentAt });
    if (this.#bounds.length > REMEMBERED_ANSWERS) this.#bounds.shift();
    this.#measuredAt = receivedAt;
  }

  /** Null before the first usable answer. */
  get reading(): ServerClockReading | null {
    const agreed = agreedBy(this.#bounds);
    if (agreed === null) return null;
    const middle = (agreed.least + agreed.most) / 2;
    const contradiction = Math.max(
      ...this.#bounds.map(({ least, most }) => Math.max(0, least - middle, middle - most)),
    );
    return {
      offsetMs: Math.round(middle),
      uncertaintyMs: Math.ceil(Math.max((agreed.most - agreed.least) / 2, contradiction)),
      measuredAt: this.#measuredAt,
    };
  }

  get offsetMs(): number | null {
    return this.reading?.offsetMs ?? null;
  }
}

/** The offsets that most answers allow (Marzullo's algorithm); of equally many the latest learnt. */
function agreedBy(all: readonly Bounds[]): Bounds | null {
  let best: { readonly votes: number; readonly bounds: Bounds } | null = null;
  for (const { least } of all) {
    const allowing = all.filter((each) => each.least <= least && least <= each.most);
    const most = Math.min(...allowing.map((each) => each.most));
    if (best === null || allowing.length >= best.votes)
      best = { votes: allowing.length, bounds: { least, most } };
  }
  return best?.bounds ?? null;
}
