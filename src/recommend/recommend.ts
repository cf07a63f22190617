/**
 * Drafts one NetworkPolicy per workload from the edges of a learning window: sound, least and stable
 * (DESIGN section 6). A pure function of its input; it applies nothing and reads no clock.
 */
import type { Edge } from '../domain/edge.ts';
import { edgeKeyText } from '../domain/edge.ts';
import { workloadKey } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { PolicyWorld } from '../netpol/world.ts';
import { appraisedDrafts, appraiser } from './appraisal.ts';
import type { AppraisedWorkload } from './appraisal.ts';
import { BASELINE_NAME, baselines } from './baseline.ts';
import type { ClusterInfo, WorkloadInfo } from './cluster.ts';
import { draftSubject, provedDraft } from './draft-subject.ts';
import type { EdgesOf } from './draft-subject.ts';
import type { BareDraft, DraftOutcome, Omission } from './draft.ts';
import { surroundingsOf } from './drafting.ts';
import type { DraftingContext } from './drafting.ts';
import { comparedWithExisting } from './existing-policies.ts';
import { DEFAULT_DRAFTING } from './drafting-options.ts';
import type { DraftingOptions } from './drafting-options.ts';
import type { History } from './history.ts';
import { KeyedMap } from './keyed-map.ts';
import { applyOptions } from './left-out.ts';
import type { LeftOut } from './left-out.ts';
import { givenEdgeKey, needsOf } from './need.ts';
import type { Quarantined } from './need.ts';
import type { KnownRanges } from './outside-peers.ts';
import { NeededEdges } from './needed-edges.ts';
import { isCurrentSubject } from './peers.ts';
import type { Subject } from './peers.ts';
import { policyWorldOf } from './policy-world.ts';
import { Prover } from './prove.ts';
import { LEARNING_WINDOW_MS, learningWindow } from './learning-window.ts';
import { sharedAppraisal } from './shared-appraisal.ts';

export interface RecommendInput {
  readonly cluster: ClusterInfo;
  readonly edges: readonly Edge[];
  /** What was recorded, unix ms; the learning window is all of it, or as much of its end as the options say. */
  readonly window: { readonly start: number; readonly end: number };
  readonly known: KnownRanges;
  /** What people chose; those of DEFAULT_DRAFTING where absent. */
  readonly options?: Partial<DraftingOptions>;
  /** Who watched what, and when pods lived; without it no draft is ready. */
  readonly history?: History;
  /** Edges (`edgeKeyText`, blanks around the arrow or not) that a person takes in though they are held back. */
  readonly include?: readonly string[];
}

export interface Recommendation {
  /**
   * One per workload that can have a policy, or per group of workloads that share one, sorted by namespace, name and
   * kind; in each namespace its baseline first, where one was asked for.
   */
  readonly outcomes: readonly DraftOutcome[];
  readonly options: DraftingOptions;
  /** Needed edges that the options keep out of every draft, sorted. */
  readonly leftOut: readonly LeftOut[];
  /** Held back, and out of every draft. */
  readonly quarantined: readonly Quarantined[];
  /** Would be held back, had a person not taken them in. */
  readonly takenIn: readonly Quarantined[];
  /** Of `include`: no edge has this key. */
  readonly unknownIncludes: readonly string[];
  /** Of every workload, drafted or not, in the order of the cluster's. */
  readonly appraised: readonly AppraisedWorkload[];
}

export function recommend(input: RecommendInput): Recommendation {
  const { cluster, include = [], history = null } = input;
  const options = { ...DEFAULT_DRAFTING, ...input.options };
  const surroundings = surroundingsOf(cluster, input.known, options);
  // Who scanned last month is none the better for a short window: what is held back is judged by all that was recorded.
  const needs = needsOf(input.edges, {
    window: input.window,
    exposed: surroundings.exposed,
    include: new Set(include.map(givenEdgeKey)),
  });
  const window = learningWindow(input.window, options.window);
  const learningWindowMs = options.window ?? LEARNING_WINDOW_MS;
  const { kept, leftOut } = applyOptions(needs.needed, options, input.window);
  const takenIn = new Set(needs.takenIn.map(({ edge }) => edgeKeyText(edge)));
  const context = { ...surroundings, takenIn };
  const { exposed, backends, peers } = context;
  const needed = new NeededEdges(kept, peers);
  // What options leave out of the drafts was used all the same.
  const used = kept === needs.needed ? needed : new NeededEdges(needs.needed, peers);
  const edges = { needed, leftOut: leftOutByWorkload(leftOut) };
  const appraise = appraiser({
    cluster,
    window,
    learningWindowMs,
    history,
    needs,
    exposed,
    backends,
  });
  const appraised = cluster.workloads.map((workload) => {
    const known = peers.known(workload.ref);
    const own = [...needed.inbound(known), ...needed.outbound(known)].map(({ edge }) => edge);
    const into = used.inbound(known).map(({ edge }) => edge);
    return { workload: workload.ref, ...appraise.ofWorkload(workload, { own, into }) };
  });
  const subjects = peers.subjects.filter(isCurrentSubject);
  const drafted = provedDrafts(subjects, edges, { context, world: policyWorldOf(cluster) });
  // A policy for a whole namespace isolates every pod of it by itself.
  const hasBaselines = options.baseline === 'default-deny' && options.granularity === 'workload';
  const first = Map.groupBy(
    hasBaselines ? baselines(subjects, drafted, context) : [],
    ({ workload }) => workload.namespace,
  );
  const outcomes = drafted.flatMap((outcome) => {
    const { namespace } = outcome.workload;
    const baseline = first.get(namespace) ?? [];
    first.delete(namespace);
    return [...baseline, outcome];
  });
  const drafts = outcomes.filter((outcome) => outcome.kind === 'draft');
  const compare = comparedWithExisting(cluster, drafts, membersOfDrafts(subjects));
  const keys = include.length === 0 ? new Set<string>() : new Set(input.edges.map(edgeKeyText));
  return {
    outcomes: outcomes.map(appraisedDrafts([...appraised, ...ofSeveral(subjects, appraised)], compare)),
    options,
    leftOut,
    quarantined: needs.quarantined,
    takenIn: needs.takenIn,
    unknownIncludes: include.filter((key) => !keys.has(givenEdgeKey(key))),
    appraised,
  };
}

/** Every subject drafted, then all drafts of a namespace proved together. */
function provedDrafts(
  subjects: readonly Subject[],
  edges: EdgesOf,
  by: { readonly context: DraftingContext; readonly world: PolicyWorld },
): (BareDraft | Omission)[] {
  const prover = new Prover(by.world, by.context.peers);
  for (const { namespace, peers } of by.context.peers.everyPeer()) prover.foresee(peers, namespace);
  return [...Map.groupBy(subjects, ({ ref }) => ref.namespace).values()].flatMap((own) => {
    const candidates = own.map((subject) => draftSubject(subject, edges, by.context));
    const drafted = candidates.filter((each) => each.kind === 'candidate');
    const failures = prover.failures(drafted.map(({ proof }) => proof));
    const proved = new Map(drafted.map((each, index) => [each, failures[index]]));
    return candidates.map((each) => {
      if (each.kind === 'omitted') return each;
      const failed = proved.get(each);
      if (failed === undefined) throw new Error('a draft was not judged');
      return provedDraft(each, failed);
    });
  });
}

/** Appraisals of what stands for more than one workload: groups, and namespaces under the names of their baselines too. */
function ofSeveral(
  subjects: readonly Subject[],
  appraised: readonly AppraisedWorkload[],
): AppraisedWorkload[] {
  const known = new Map(appraised.map((each) => [workloadKey(each.workload), each]));
  const shared = (workload: Subject['ref'], members: Subject['members']): AppraisedWorkload => ({
    workload,
    ...sharedAppraisal(members.flatMap(({ ref }) => known.get(workloadKey(ref)) ?? [])),
  });
  const groups = subjects.filter(({ ref, members }) => members.length > 1 || members[0]?.ref !== ref);
  const namespaces = [...Map.groupBy(subjects, ({ ref }) => ref.namespace)];
  return [
    ...groups.map(({ ref, members }) => shared(ref, members)),
    ...namespaces.map(([namespace, own]) =>
      shared(
        { namespace, kind: 'Namespace', name: BASELINE_NAME },
        own.flatMap(({ members }) => members),
      ),
    ),
  ];
}

/** The workloads of each draft; of a baseline those of its namespace. */
function membersOfDrafts(subjects: readonly Subject[]): (draft: BareDraft) => readonly WorkloadInfo[] {
  const bySubject = new Map(subjects.map(({ ref, members }) => [workloadKey(ref), members]));
  const byNamespace = Map.groupBy(subjects, ({ ref }) => ref.namespace);
  return ({ workload }) =>
    bySubject.get(workloadKey(workload)) ??
    (byNamespace.get(workload.namespace) ?? []).flatMap(({ members }) => members);
}

function leftOutByWorkload(leftOut: readonly LeftOut[]): EdgesOf['leftOut'] {
  const left = new KeyedMap<WorkloadRef, LeftOut[]>(workloadKey);
  for (const each of leftOut)
    for (const end of [each.edge.client, each.edge.server])
      if (end.kind === 'workload') left.make(end.workload, () => []).push(each);
  return (ref) => left.get(ref) ?? [];
}
