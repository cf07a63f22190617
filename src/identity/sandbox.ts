/**
 * Which sandbox of a pod a fact speaks of. A pod keeps its uid, its start time and often its containers' first starts when its node
 * reboots, while its sandbox and its address become others: only what the kubelet printed later than before tells them apart.
 */
import type { IpAddress } from '../domain/ip.ts';
import type { SandboxMark } from '../domain/lease.ts';
import { API_TIME_GRAIN_MS } from './facts.ts';
import type { PodFact } from './facts.ts';

/** The earliest instant that a time printed by the pod's node can mean; unix ms. */
export function earliest(printed: number, fact: Pick<PodFact, 'doubt'>): number {
  return printed - (fact.doubt?.nodeMs ?? 0);
}

/** The latest one, rounded up. */
export function latest(printed: number, fact: Pick<PodFact, 'doubt'>): number {
  return printed + API_TIME_GRAIN_MS + (fact.doubt?.nodeMs ?? 0);
}

/** What is known of the sandbox after `fact`, which speaks of the one that `before` speaks of. */
export function markAfter(before: SandboxMark | null, fact: PodFact): SandboxMark {
  return {
    readyAt: greatest(before?.readyAt, asPrinted(fact.sandboxReadyAt, fact)),
    newestStart: greatest(before?.newestStart, asPrinted(greatest(...startsOf(fact)), fact)),
    word: Math.max(before?.word ?? Number.NEGATIVE_INFINITY, wordOf(fact)),
  };
}

/** No later than the instant at which the kubelet reported what the fact says: the latest time that it printed. */
export function wordOf(fact: PodFact): number {
  const printed = greatest(
    fact.reportedAt,
    fact.startedAt,
    fact.sandboxReadyAt,
    fact.sandboxGoneAt,
    fact.firstContainerStart,
    fact.lastContainerFinish,
    ...startsOf(fact),
  );
  return printed === null ? fact.createdAt - (fact.doubt?.apiMs ?? 0) : earliest(printed, fact);
}

/** The sandbox of the former facts, with the addresses it had. */
export interface KnownSandbox {
  readonly mark: SandboxMark;
  readonly ips: readonly IpAddress[];
  /** Whether it is known to have gone. */
  readonly isGone: boolean;
}

/** Whether `fact` proves that the pod has had another sandbox since. */
export function isOtherSandbox(known: KnownSandbox, fact: PodFact): boolean {
  if (fact.ips.length === 0 || known.ips.length === 0) return false;
  if (known.ips.some((ip) => !fact.ips.includes(ip))) return true;
  const { readyAt, newestStart, word } = known.mark;
  const ready = fact.sandboxReadyAt;
  if (readyAt !== null && isPrintedAfter(ready, readyAt, fact)) return true;
  if (newestStart !== null && isPrintedAfter(oldestStart(fact), newestStart, fact)) return true;
  if (!known.isGone) return false;
  // By a clock of which more is known now, an old print may seem to be later than the last word.
  const lastPrint = greatest(readyAt, newestStart) ?? Number.NEGATIVE_INFINITY;
  return [ready, ...runningStarts(fact)].some(
    (at) => at !== null && earliest(at, fact) > word && isPrintedAfter(at, lastPrint, fact),
  );
}

/** A time of `fact` as its node's clock printed it. */
function asPrinted<T extends number | null>(time: T, { nodeOffsetMs = 0 }: PodFact): T | number {
  return time === null ? time : time - nodeOffsetMs;
}

/** Whether the node printed `time` of `fact` later than `print`. What is printed differs by whole seconds or not at all. */
function isPrintedAfter(time: number | null, print: number, fact: PodFact): boolean {
  const printed = asPrinted(time, fact);
  return printed !== null && printed - print > API_TIME_GRAIN_MS / 2;
}

/**
 * When the containers known of the former sandbox had all ended, or null when the fact no longer says it. A kubelet stops a sandbox
 * with everything in it before it makes the next (kuberuntime SyncPod).
 */
export function formerFinish(fact: PodFact, former: SandboxMark): number | null {
  const ends = (fact.containers ?? []).map(({ last }) =>
    last?.startedAt === null ||
    last?.startedAt === undefined ||
    former.newestStart === null ||
    isPrintedAfter(last.startedAt, former.newestStart, fact)
      ? null
      : last.finishedAt,
  );
  const end = greatest(...ends);
  return end === null ? null : earliest(end, fact);
}

/**
 * Whether the fact leaves it open that the pod had another sandbox between this one and the former, or before this one when `former` is
 * null. A container that ran in it ran after those of the former, and is the one before those of this; a sandbox in which none ran
 * says nothing.
 */
export function mayHaveHadAnother(fact: PodFact, former: SandboxMark | null): boolean {
  const { containers = [], sandboxReadyAt } = fact;
  if (former === null)
    return containers.some(
      ({ last }) =>
        last !== null &&
        (sandboxReadyAt === null || last.startedAt === null || sandboxReadyAt >= last.startedAt),
    );
  const { newestStart } = former;
  return containers.some(
    ({ last }) =>
      newestStart === null ||
      last === null ||
      last.startedAt === null ||
      isPrintedAfter(last.startedAt, newestStart, fact),
  );
}

/** When the last of the containers ended that have all been started again since; null when one of them never was. */
export function restartedAfter(fact: PodFact): number | null {
  const ends = (fact.containers ?? []).map(({ last }) => last?.finishedAt ?? null);
  return ends.length === 0 || ends.includes(null) ? null : greatest(...ends);
}

/** Whether a container runs by this fact. */
export function hasRunning(fact: PodFact): boolean {
  return fact.containers === undefined
    ? fact.firstContainerStart !== null && fact.lastContainerFinish === null
    : runningStarts(fact).length > 0;
}

function runningStarts({ containers = [] }: PodFact): number[] {
  return containers
    .filter(({ finishedAt }) => finishedAt === null)
    .map(({ startedAt }) => startedAt)
    .filter((at) => at !== null);
}

/** Start of the container that was not restarted for longest; null while one waits. */
function oldestStart(fact: PodFact): number | null {
  const starts = (fact.containers ?? []).map(({ startedAt }) => startedAt);
  return starts.length === 0 || starts.includes(null)
    ? null
    : Math.min(...starts.filter((at) => at !== null));
}

function startsOf(fact: PodFact): (number | null)[] {
  return [fact.firstContainerStart, ...(fact.containers ?? []).map(({ startedAt }) => startedAt)];
}

/** The greatest of what is known, or null. */
export function greatest(...times: readonly (number | null | undefined)[]): number | null {
  const known = times.filter((at) => at !== null && at !== undefined);
  return known.length === 0 ? null : Math.max(...known);
}
