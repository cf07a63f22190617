/** How sure a draft is: per workload its coverage, its readiness, what is held back, and the caveats that follow from them. */
import type { Edge } from '../domain/edge.ts';
import { edgeKeyText } from '../domain/edge.ts';
import { QUARANTINE_SENTENCES } from '../domain/quarantine-reason.ts';
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { Backends } from './backends.ts';
import { CALLER_KINDS } from './cluster.ts';
import type { ClusterInfo, WorkloadInfo } from './cluster.ts';
import { OBSERVATION_MEANINGS, READINESS_MEANINGS, SURROUNDING_MEANINGS } from './caveat-codes.ts';
import type { ObservationCode, SurroundingCode } from './caveat-codes.ts';
import { coverageOf, NO_COVERAGE } from './coverage.ts';
import { distinctCaveats } from './distinct-caveats.ts';
import type { WorkloadCoverage } from './coverage.ts';
import type { BareDraft, Caveat, DraftOutcome, HeldBackEdge, Omission, Readiness } from './draft.ts';
import type { Compared } from './existing-policies.ts';
import type { History, Span } from './history.ts';
import type { Needs, Quarantined } from './need.ts';
import type { ExposedPorts } from './need-class.ts';
import { unknownPortNames } from './port-names.ts';
import { readinessOf } from './readiness.ts';
import { unusedFinder } from './unused.ts';
import type { Unused } from './unused.ts';

export interface Appraisal {
  /** Null when nobody knows who watched what. */
  readonly coverage: WorkloadCoverage | null;
  readonly readiness: Readiness;
  readonly unused: Unused;
  readonly heldBack: readonly HeldBackEdge[];
  readonly caveats: readonly Caveat[];
}

export interface AppraisalInput {
  readonly cluster: ClusterInfo;
  /** The learning window. */
  readonly window: Span;
  /** How long a window was asked for, ms. */
  readonly learningWindowMs: number;
  readonly history: History | null;
  readonly needs: Needs;
  readonly exposed: ExposedPorts;
  readonly backends: Backends;
}

/** One for each workload. */
export type AppraisedWorkload = Appraisal & { readonly workload: WorkloadRef };

/** The needed edges of one workload. */
export interface OwnEdges {
  /** At either end. */
  readonly own: readonly Edge[];
  /** Those into it, with the ones that options leave out. */
  readonly into: readonly Edge[];
}

export interface Appraiser {
  ofWorkload(workload: WorkloadInfo, own: OwnEdges): Appraisal;
}

export function appraiser(input: AppraisalInput): Appraiser {
  const { cluster, window, learningWindowMs, history, needs, exposed } = input;
  const coverage = history === null ? null : coverageOf(history, window);
  const covered = (workload: WorkloadInfo): WorkloadCoverage | null =>
    // On the host network a pod has no address of its own that would tell when it lived.
    coverage === null || workload.hostNetwork
      ? null
      : (coverage.get(workloadKey(workload.ref)) ?? NO_COVERAGE);
  const idle = Map.groupBy(
    cluster.workloads.filter((workload) => isIdleCronJob(workload, covered(workload))),
    ({ ref }) => ref.namespace,
  );
  const heldBack = byWorkload(needs.quarantined);
  const unusedOf = unusedFinder(cluster, input.backends);
  const portNamesOf = unknownPortNames(cluster, input.backends);
  const general = generalCaveats(input);
  return {
    ofWorkload: (workload, edges) => {
      const own = covered(workload);
      const held = (heldBack.get(workloadKey(workload.ref)) ?? []).map(heldBackEdge);
      const idleCronJobs = (idle.get(workload.ref.namespace) ?? []).map(({ ref }) => ref.name);
      const unused = unusedOf(workload, edges.into);
      return {
        coverage: own,
        readiness: readinessOf({
          window,
          learningWindowMs,
          edges: edges.own,
          exposed,
          coverage: own,
          idleCronJobs,
        }),
        unused,
        heldBack: held,
        caveats: [
          ...general,
          ...portNamesOf(workload.ref),
          ...(hasSecondaryInterfaces(workload) ? [surrounding('secondary-interfaces')] : []),
          ...observed('blind-nodes', own?.blindNodes ?? []),
          ...observed('losses', own?.lossyNodes ?? []),
          ...(own?.olderThanAgent === true ? [observation('older-than-agent')] : []),
          ...observed('cronjobs-not-run', idleCronJobs),
          ...observed('ports-never-used', unused.ports),
          ...observed('services-never-used', unused.services),
          ...observed('held-back', [...new Set(held.map(({ reason }) => reason))].toSorted(compareText)),
        ],
      };
    },
  };
}

/** The function that says of each draft how sure it is, by the appraisals of all workloads, and what it is beside policies in force. */
export function appraisedDrafts(
  appraised: readonly AppraisedWorkload[],
  compare: (draft: BareDraft) => Compared,
): (outcome: BareDraft | Omission) => DraftOutcome {
  const known = new Map(appraised.map((each) => [workloadKey(each.workload), each]));
  return (outcome) => {
    if (outcome.kind === 'omitted') return outcome;
    const own = known.get(workloadKey(outcome.workload)) ?? UNKNOWN;
    const { readiness, coverage, unused, heldBack } = own;
    const { existing, rules, caveats: ofExisting } = compare(outcome);
    const caveats = distinctCaveats([...outcome.caveats, ...ofExisting, ...own.caveats]);
    return { ...outcome, rules, caveats, readiness, coverage, unused, heldBack, existing };
  };
}

/** Of what is no workload of the cluster. */
const UNKNOWN: Appraisal = {
  coverage: null,
  readiness: {
    state: 'incomplete',
    reasons: [{ code: 'not-assessed', ...READINESS_MEANINGS['not-assessed'] }],
  },
  unused: { ports: [], services: [] },
  heldBack: [],
  caveats: [],
};

/** The same for every workload. */
function generalCaveats({ cluster, window, learningWindowMs }: AppraisalInput): Caveat[] {
  const { otherPolicies = null, webhooks, unreadCallers = [] } = cluster;
  const unread = webhooks === undefined ? CALLER_KINDS : unreadCallers;
  const kinds = (otherPolicies ?? []).map(({ group, kind }) => `${kind}.${group}`).toSorted(compareText);
  return [
    ...(window.end - window.start < learningWindowMs ? [observation('short-window')] : []),
    ...(cluster.policiesUnread === true ? [observation('existing-policies-not-assessed')] : []),
    ...(otherPolicies === null ? [observation('other-policies-not-assessed')] : []),
    ...(kinds.length > 0 ? [surrounding('other-policies', kinds)] : []),
    ...observed('webhooks-not-assessed', unread.toSorted(compareText)),
  ];
}

/** A CronJob that could have run and did not. */
function isIdleCronJob({ ref, suspended }: WorkloadInfo, own: WorkloadCoverage | null): boolean {
  return ref.kind === 'CronJob' && suspended !== true && own?.pods === 0;
}

function hasSecondaryInterfaces({ pods }: WorkloadInfo): boolean {
  return pods.some(({ ended, secondaryInterfaces }) => !ended && secondaryInterfaces === true);
}

function byWorkload(held: readonly Quarantined[]): Map<string, Quarantined[]> {
  const found = new Map<string, Quarantined[]>();
  for (const each of held) {
    const { client, server } = each.edge;
    const ends = [client, server].flatMap((end) =>
      end.kind === 'workload' ? [workloadKey(end.workload)] : [],
    );
    for (const key of new Set(ends)) {
      const own = found.get(key) ?? [];
      own.push(each);
      found.set(key, own);
    }
  }
  return found;
}

export function heldBackEdge({ edge, reason }: Quarantined): HeldBackEdge {
  return { edge: edgeKeyText(edge), reason, sentence: QUARANTINE_SENTENCES[reason] };
}

function observed(code: ObservationCode, names: readonly string[]): Caveat[] {
  return names.length === 0 ? [] : [{ ...observation(code), names }];
}

function observation(code: ObservationCode): Caveat {
  return { code, sentence: OBSERVATION_MEANINGS[code] };
}

function surrounding(code: SurroundingCode, names: readonly string[] = []): Caveat {
  return { code, sentence: SURROUNDING_MEANINGS[code], ...(names.length > 0 && { names }) };
}
