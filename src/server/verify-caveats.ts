/** What a person must know before believing a verification. Codes are stable; sentences carry the figures. */
import { compareText } from '../domain/text-order.ts';
import type { VerifyWindow } from './verify-window.ts';
import type { Verification } from '../netpol/verify.ts';
import type { ClusterInfo } from '../recommend/cluster.ts';
import type { Caveat } from '../recommend/draft.ts';
import { LEARNING_WINDOW_MS } from '../recommend/learning-window.ts';

/** Names that a sentence lists at most. */
const MAX_NAMES = 5;

/** What was and was not observed in the window. */
export interface Observed {
  /** Unix ms, any order. */
  readonly nodeWindows: readonly { readonly node: string; readonly start: number; readonly end: number }[];
  readonly unattributed: readonly {
    readonly reason: string;
    readonly hour: number;
    readonly count: number;
  }[];
}

export interface CaveatInput {
  readonly window: VerifyWindow;
  readonly observed: Observed;
  readonly cluster: ClusterInfo;
  readonly verification: Verification;
  /** Edges judged that are held back out of the drafts. */
  readonly heldBack: number;
  /** The namespace that was asked for, when no edge of it was recorded in the window. */
  readonly silentNamespace: string | null;
  /** Drafts were asked for, and these workloads have none. */
  readonly omitted: readonly string[];
  /** Given policies that are in other namespaces than the one asked for. */
  readonly setAside: readonly string[];
}

/** In a fixed order: what was asked, what was seen, what was judged, what else may decide. */
export function caveatsOf(input: CaveatInput): Caveat[] {
  return [
    ...askedCaveats(input),
    ...observationCaveats(input),
    ...judgementCaveats(input.verification),
    ...otherPolicyCaveats(input.cluster.otherPolicies ?? null),
  ];
}

function askedCaveats({ omitted, setAside, silentNamespace }: CaveatInput): Caveat[] {
  const caveats: Caveat[] = [];
  if (omitted.length > 0)
    caveats.push({
      code: 'drafts-omitted',
      sentence: `no draft could be made for ${namesText(omitted)}, so nothing isolates them`,
    });
  if (setAside.length > 0)
    caveats.push({
      code: 'other-namespaces',
      sentence: `left out, because they are in other namespaces: ${namesText(setAside)}`,
    });
  if (silentNamespace !== null)
    caveats.push({
      code: 'nothing-seen',
      sentence: `no connection of namespace ${silentNamespace} was recorded in the window: nothing was judged`,
    });
  return caveats;
}

function observationCaveats({ window, observed, cluster, heldBack }: CaveatInput): Caveat[] {
  const caveats: Caveat[] = [];
  const watched = observed.nodeWindows.filter(({ end }) => end > window.start);
  const from = watched.reduce((first, each) => Math.min(first, each.start), window.end);
  if (window.end - Math.max(window.start, from) < LEARNING_WINDOW_MS)
    caveats.push({
      code: 'short-window',
      sentence: 'less than 7 days were recorded; what happens weekly may be missing',
    });
  const seeing = new Set(watched.map(({ node }) => node));
  const blind = cluster.nodes.map(({ name }) => name).filter((name) => !seeing.has(name));
  if (blind.length > 0)
    caveats.push({ code: 'blind-nodes', sentence: `nobody watched ${namesText(blind)} in the window` });
  const unnamed = observed.unattributed.filter(({ hour }) => hour >= window.start);
  if (unnamed.length > 0)
    caveats.push({
      code: 'unattributed',
      sentence: `not judged, because an end has no name: ${countsText(unnamed)}`,
    });
  if (heldBack > 0)
    caveats.push({
      code: 'quarantined',
      sentence: `held back out of the drafts, so a denial of them does not count as breaking: edges ${heldBack}`,
    });
  return caveats;
}

function judgementCaveats({ unjudged, denied, reach }: Verification): Caveat[] {
  const caveats: Caveat[] = [];
  if (unjudged.length > 0)
    caveats.push({
      code: 'unjudged',
      sentence: `not judged, because nothing is left of a workload: edges ${unjudged.length}`,
    });
  if (denied.some(({ need, deniedBefore }) => need === 'needed' && deniedBefore))
    caveats.push({
      code: 'denied-before',
      sentence:
        'traffic was recorded that the policies before the change deny as well: they are younger than it, or nothing enforces them',
    });
  if (reach.newlyAllowedWithin !== 'cluster')
    caveats.push({
      code: 'newly-allowed-incomplete',
      sentence:
        reach.newlyAllowedWithin === 'touched'
          ? 'the cluster is large: what is newly allowed was looked for within the touched namespaces only'
          : 'the change is large: what is newly allowed was not looked for; verify one namespace at a time',
    });
  return caveats;
}

function otherPolicyCaveats(kinds: ClusterInfo['otherPolicies']): Caveat[] {
  if (kinds === null || kinds === undefined)
    return [
      {
        code: 'other-policies-not-assessed',
        sentence:
          'nobody looked whether policies of other kinds (Cilium, Calico, AdminNetworkPolicy, Istio) apply',
      },
    ];
  if (kinds.length === 0) return [];
  const names = kinds.map(({ group, kind }) => `${kind}.${group}`).toSorted(compareText);
  return [
    { code: 'other-policies', sentence: `policies of other kinds may decide too: ${names.join(', ')}` },
  ];
}

function countsText(rows: Observed['unattributed']): string {
  const counts = new Map<string, number>();
  for (const { reason, count } of rows) counts.set(reason, (counts.get(reason) ?? 0) + count);
  return [...counts]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ');
}

function namesText(names: readonly string[]): string {
  const more = names.length - MAX_NAMES;
  return [...names.slice(0, MAX_NAMES), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
