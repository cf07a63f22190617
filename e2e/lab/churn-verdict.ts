// Compares what the server attributed with what the lab did: per hand-over by the time of each connection, and in sum. Pure.
import type { AttributedMoment, ChurnEvidence } from './churn-evidence.ts';
import { CLOCK_BOUND_MS } from './churn-doubt.ts';
import type { Doubt } from './churn-doubt.ts';
import { match } from './churn-matching.ts';
import type { ChurnTruth, Dial, Tenure } from './churn-truth.ts';
import { DATAGRAMS } from './churn-world.ts';

/** A hand-over is near for so long before and after. */
const NEAR_MS = 2000;
/** A count names a second. */
const SECOND_MS = 1000;

/** Something wrong with one address, and when. */
export interface Wrong {
  readonly ip: string;
  /** Unix ms. */
  readonly from: number;
  readonly until: number;
  readonly text: string;
}

export interface ChurnVerdict {
  readonly connections: number;
  /** Within two seconds of a hand-over. */
  readonly near: number;
  /** At times at which the API leaves doubt. */
  readonly doubtful: number;
  readonly misattributed: number;
  readonly unsureInside: number;
  readonly unsureOutside: number;
  /** What was wrong, by connection. */
  readonly wrong: readonly Wrong[];
  /** How long a counted moment lasts at most, ms. */
  readonly grainMs: number;
}

interface Judged {
  readonly dial: Dial;
  readonly isDoubtful: boolean;
  readonly tenure: Tenure | undefined;
  /** Nodes that saw it and did not name it. */
  readonly unnamedBy: string[];
}

export function judgeChurn(
  truth: ChurnTruth,
  evidence: ChurnEvidence,
  doubts: readonly Doubt[],
): ChurnVerdict {
  const grainMs = Math.max(
    0,
    ...evidence.moments.filter(({ opened }) => opened > 0).map(({ start, end }) => end - start),
  );
  const marginMs = Math.max(grainMs, SECOND_MS + CLOCK_BOUND_MS);
  const byAddress = truth.byAddress();
  const doubtsByIp = Map.groupBy(doubts, ({ ip }) => ip);
  const judged = truth.dials.map((dial): Judged => {
    const isDoubtful = (doubtsByIp.get(dial.ip) ?? []).some(
      ({ from, until }) => dial.from < until + marginMs && dial.until > from - marginMs,
    );
    const tenure = byAddress
      .get(dial.ip)
      ?.find((each) => each.from <= dial.from && dial.until <= each.until && each.workload === dial.workload);
    return { dial, isDoubtful, tenure, unnamedBy: [] };
  });
  const wrong: Wrong[] = [];
  const misattributed =
    matchAll(judged, evidence.moments, wrong) + impossible(truth, evidence.moments, wrong);
  const answered = judged.filter(({ dial }) => dial.isAnswered);
  const unsure = answered.filter(({ unnamedBy }) => unnamedBy.length > 0);
  for (const each of unsure.filter(({ isDoubtful }) => !isDoubtful)) {
    const { ip, from, until } = each.dial;
    wrong.push({ ip, from, until, text: `unsure: ${storyOf(each)}` });
  }
  return {
    connections: answered.length,
    near: answered.filter(({ dial, tenure }) => isNear(dial, tenure)).length,
    doubtful: answered.filter(({ isDoubtful }) => isDoubtful).length,
    misattributed,
    unsureInside: unsure.filter(({ isDoubtful }) => isDoubtful).length,
    unsureOutside: unsure.filter(({ isDoubtful }) => !isDoubtful).length,
    wrong,
    grainMs,
  };
}

/** Marks what no counted connection stands for, and returns how many counted connections stand for none. */
function matchAll(judged: readonly Judged[], moments: readonly AttributedMoment[], wrong: Wrong[]): number {
  const counted = moments.filter(({ protocol, opened }) => protocol === 'tcp' && opened > 0);
  let misattributed = 0;
  const byKey = Map.groupBy(counted, (each) => `${each.witness} ${keyOf(each)} ${each.holder}`);
  const truthByKey = new Map<string, Judged[]>();
  for (const each of judged)
    for (const witness of new Set([each.dial.node, each.dial.anchor])) {
      const key = `${witness} ${keyOf(each.dial)} ${each.dial.workload}`;
      truthByKey.set(key, [...(truthByKey.get(key) ?? []), each]);
    }
  for (const key of new Set([...byKey.keys(), ...truthByKey.keys()])) {
    const attributed = byKey.get(key) ?? [];
    // First what must be named, then what may be, then what may never have been seen.
    const candidates = (truthByKey.get(key) ?? []).toSorted((a, b) => rank(a) - rank(b));
    const { matched, unmatched } = match(
      candidates.map(({ dial }) => ({ start: dial.from, end: dial.until })),
      attributed.map(({ start, end, opened }) => ({ start, end, count: opened })),
    );
    for (const [index, each] of candidates.entries())
      if (matched[index] === false) each.unnamedBy.push(key.split(' ')[0] ?? '');
    misattributed += unmatched.length;
    for (const index of unmatched) {
      const each = attributed[index];
      if (each === undefined) continue;
      const { ip, start: from, end: until } = each;
      wrong.push({ ip, from, until, text: `misattributed: one of ${key}: ${spanText(each)}` });
    }
  }
  return misattributed;
}

/** Presences and datagrams at which the named workload did nothing of the kind. */
function impossible(truth: ChurnTruth, moments: readonly AttributedMoment[], wrong: Wrong[]): number {
  let count = 0;
  for (const moment of moments.filter(({ protocol, present }) => protocol === 'udp' || present > 0)) {
    const isDatagram = moment.protocol === 'udp' && moment.port === DATAGRAMS.port;
    const done = isDatagram
      ? truth.datagrams.filter((each) => each.ip === moment.ip && each.anchor === moment.anchor)
      : truth.dials.filter((each) => keyOf(each) === keyOf(moment));
    const isTrue = done.some(
      ({ workload, from, until }) => workload === moment.holder && from < moment.end && until >= moment.start,
    );
    const isHeld = truth.tenures.some(
      ({ ip, workload, from, until }) =>
        ip === moment.ip && workload === moment.holder && from < moment.end && until > moment.start,
    );
    if (isTrue && isHeld) continue;
    count += Math.max(moment.opened, moment.present);
    const { ip, start: from, end: until, witness, protocol, holder } = moment;
    const text = `misattributed: ${witness} ${keyOf(moment)} ${protocol} ${holder}: ${spanText(moment)}`;
    wrong.push({ ip, from, until, text });
  }
  return count;
}

function rank({ dial, isDoubtful }: Judged): number {
  if (!dial.isAnswered) return 2;
  return isDoubtful ? 1 : 0;
}

function keyOf({ ip, role, anchor, port }: Pick<Dial, 'ip' | 'role' | 'anchor' | 'port'>): string {
  return role === 'client' ? `${ip}>${anchor}:${port}` : `${anchor}>${ip}:${port}`;
}

function isNear(dial: Dial, tenure: Tenure | undefined): boolean {
  if (tenure === undefined) return true;
  return dial.from - tenure.from < NEAR_MS || tenure.until - dial.until < NEAR_MS;
}

function spanText({ start, end, opened, present }: AttributedMoment): string {
  return `${timeText(start)}-${timeText(end)} (${opened} opened, ${present} present)`;
}

function storyOf({ dial, tenure, unnamedBy }: Judged): string {
  const held =
    tenure === undefined
      ? 'nobody'
      : `${tenure.pod} held it ${timeText(tenure.from)}-${timeText(tenure.until)}, ${tenure.ending?.kind ?? 'to the end'}`;
  return `${keyOf(dial)} of ${dial.workload} at ${timeText(dial.from)}-${timeText(dial.until)} by ${unnamedBy.join(' and ')}; ${held}`;
}

/** Minutes and seconds of the hour. */
export function timeText(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString().slice(14, 23) : 'the end';
}
