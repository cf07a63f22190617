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
    readyAt: greatest(before?.readyAt, fact.sandboxReadyAt),
    newestStart: greatest(before?.newestStart, ...startsOf(fact)),
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
  if (ready !== null && readyAt !== null && isLaterPrint(ready, readyAt)) return true;
  const oldest = oldestStart(fact);
  if (oldest !== null && newestStart !== null && isLaterPrint(oldest, newestStart)) return true;
  if (!known.isGone) return false;
  return [ready, ...runningStarts(fact)].some((at) => at !== null && earliest(at, fact) > word);
}

/**
 * Whether the node's clock printed `a` later than `b`. Each was brought to ours by what was known of that clock when its fact
 * came, which moves by milliseconds; what is printed differs by whole seconds or not at all.
 */
function isLaterPrint(a: number, b: number): boolean {
  return a - b > API_TIME_GRAIN_MS / 2;
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
    isLaterPrint(last.startedAt, former.newestStart)
      ? null
      : last.finishedAt,
  );
  const end = greatest(...ends);
  return end === null ? null : earliest(end, fact);
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
