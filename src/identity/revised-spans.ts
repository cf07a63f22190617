/** At which times the answer about an address is no longer what it was, after its leases changed. */

/** An address as of one lease: between `from` and `until` it is a candidate; unix ms, `until` infinite while open. */
export interface Candidate {
  /** Tells leases of one address apart. */
  readonly lease: number;
  /** Tells holders apart: two leases of one holder do not contradict each other. */
  readonly holder: number;
  readonly isPod: boolean;
  readonly from: number;
  readonly until: number;
  /** From here on nobody can say whether the holder lives on; infinite when that never is so. */
  readonly inDoubtFrom: number;
  /** Surely held between the two; `certainUntil` infinite while nothing ended it. */
  readonly certainFrom: number;
  readonly certainUntil: number;
  /** Times in which its node may have had a sandbox of which nobody was told; in order. */
  readonly unheard: readonly Span[];
}

/** Unix ms, end excluded. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** The leases of an address of which some changed. */
export interface Change {
  /** The changed ones as they were and as they are, in the same order. */
  readonly before: readonly Candidate[];
  readonly after: readonly Candidate[];
  /** Those of the others that touch the span. */
  readonly others: (span: Span) => readonly Candidate[];
}

/**
 * The spans in which an exact answer, or that nobody held the address, may have changed. In order, disjoint and not adjacent. In
 * `unwatched` spans, and in unheard ones of a candidate, only what is certain is exact.
 */
export function revisedSpans({ before, after, others }: Change, unwatched: readonly Span[]): Span[] {
  const region = regionOf(before, after);
  if (region === null) return [];
  const context = others(region);
  const old = [...before, ...context];
  const now = [...after, ...context];
  const gaps = unwatched.length === 0 ? unwatched : unwatched.filter((each) => touches(each, region));
  const cuts = [region.from, region.until];
  const cut = (at: number): void => {
    if (at > region.from && at < region.until) cuts.push(at);
  };
  for (const { from, until } of gaps) for (const at of [from, until]) cut(at);
  for (const candidates of [before, now])
    for (const each of candidates) {
      cut(each.from);
      cut(each.until);
      cut(each.inDoubtFrom);
      if (gaps.length === 0 && each.unheard.length === 0) continue;
      cut(each.certainFrom);
      cut(each.certainUntil);
      for (const span of each.unheard) for (const at of [span.from, span.until]) cut(at);
    }
  cuts.sort((a, b) => a - b);
  const spans: Span[] = [];
  for (const [index, from] of cuts.entries()) {
    const until = cuts[index + 1];
    if (until === undefined || until === from) continue;
    const isWatched = gaps.every((gap) => from < gap.from || from >= gap.until);
    const was = answerAt(old, from, isWatched);
    // What was ambiguous gave no evidence.
    if (was === AMBIGUOUS || was === answerAt(now, from, isWatched)) continue;
    const last = spans.at(-1);
    if (last?.until === from) spans[spans.length - 1] = { from: last.from, until };
    else spans.push({ from, until });
  }
  return spans;
}

/** The same instants, as spans in order that are neither adjacent nor overlap. */
export function joined(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last === undefined || last.until < span.from) all.push(span);
    else all[all.length - 1] = { from: last.from, until: Math.max(last.until, span.until) };
  }
  return all;
}

const AMBIGUOUS = 'ambiguous';

/** What `resolve` says at one instant, as far as it rests on these leases: a pod's lease, or those of the others. */
function answerAt(candidates: readonly Candidate[], at: number, isWatched: boolean): number | string {
  let last: Candidate | null = null;
  let isOne = true;
  let others = '';
  for (const each of candidates) {
    if (each.from > at || at >= each.until) continue;
    if (!each.isPod) others += ` ${each.lease}`;
    else if (last === null) last = each;
    else {
      isOne &&= each.holder === last.holder;
      if (each.from > last.from || (each.from === last.from && each.lease > last.lease)) last = each;
    }
  }
  if (last === null) return others;
  const isTold = isWatched && last.unheard.every(({ from, until }) => at < from || at >= until);
  const isCertain = at >= last.certainFrom && at < last.certainUntil;
  return isOne && at < last.inDoubtFrom && (isTold || isCertain) ? last.lease : AMBIGUOUS;
}

/** From the first to the last instant of any lease that is not as it was. */
function regionOf(before: readonly Candidate[], after: readonly Candidate[]): Span | null {
  let [from, until] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const candidates of [before, after])
    for (const each of candidates) {
      if (each.from < from) from = each.from;
      if (each.until > until) until = each.until;
    }
  return from < until ? { from, until } : null;
}

function touches(candidate: Span, span: Span): boolean {
  return candidate.from < span.until && candidate.until > span.from;
}
