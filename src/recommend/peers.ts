/**
 * Workloads as subjects and as peers of policies: a proven selector, with the namespace by its immutable name label
 * (NETPOL rule 14). Of a namespace drafted as a whole every pod is subject and peer alike.
 */
import { compareText } from '../domain/text-order.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import { workloadKey, workloadTitle } from '../domain/workload.ts';
import type { NetworkPolicyPeer } from '../netpol/policy.ts';
import type { ClusterInfo, WorkloadInfo } from './cluster.ts';
import { isCurrent, isOnNodes } from './governed-pods.ts';
import { learntKeys } from './learnt-labels.ts';
import type { Granularity } from './drafting-options.ts';
import { KeyedMap } from './keyed-map.ts';
import { KnownWorkload } from './known-workload.ts';
import type { PeerAnswer, PeerAnswers } from './known-workload.ts';
import { doubtRuns, likeRuns } from './run-labels.ts';
import { callRuns, isRun } from './runs.ts';
import { selectorGroups } from './selector.ts';
import type { SelectorChoice, SelectorGroup } from './selector.ts';

/** What one policy is drafted for. */
export interface Subject {
  /**
   * The workload itself, the first of several that share a selector, the namespace as kind `Namespace`, or, of runs, what the
   * label that names them says (`app=migrate`).
   */
  readonly ref: WorkloadRef;
  /** Sorted; one unless several share a selector. */
  readonly members: readonly WorkloadInfo[];
  readonly choice: SelectorChoice;
}

const GONE = answers({ kind: 'gone', why: 'its object and pods are gone' });
const OUTLIVED = answers({
  kind: 'gone',
  why: 'its object and pods are gone, and no selector names its like alone',
});
const ON_THE_NODE = answers({ kind: 'unnamed', why: "its pods are on their node's network" });

/** Chooses selectors once per cluster and answers for any workload of it. */
export class PeerBook {
  readonly #known = new KeyedMap<WorkloadRef, KnownWorkload>(workloadKey);
  #places = 0;
  /** Of namespaces that are drafted as a whole, by name: whoever is gone from one was a pod of it. */
  readonly #wholes = new Map<string, PeerAnswers>();
  /** As the peers of which workloads stand in policies of a namespace. */
  readonly #named: { readonly namespace: string; readonly peers: readonly NetworkPolicyPeer[] }[] = [];
  /** Sorted by namespace and name. */
  readonly subjects: readonly Subject[];

  constructor(cluster: Pick<ClusterInfo, 'workloads' | 'services'>, granularity: Granularity) {
    const byNamespace = Map.groupBy(cluster.workloads, (workload) => workload.ref.namespace);
    const subjects =
      granularity === 'namespace'
        ? [...byNamespace].flatMap(([namespace, workloads]) => namespaceSubject(namespace, workloads))
        : groupSubjects(cluster, byNamespace);
    this.subjects = subjects.toSorted((a, b) => compareRefs(a.ref, b.ref));
    for (const subject of this.subjects) {
      const own = { inside: peerOf(subject, true), outside: peerOf(subject, false) };
      for (const info of subject.members) this.#add(info.ref, info, own);
      if (subject.ref.kind === 'Namespace') this.#wholes.set(subject.ref.namespace, own);
      for (const answer of [own.inside, own.outside])
        if (answer.kind === 'named')
          this.#named.push({ namespace: subject.ref.namespace, peers: answer.peers });
    }
    for (const info of cluster.workloads)
      if (this.#known.get(info.ref) === undefined)
        this.#add(info.ref, info, isOnNodes(info) ? ON_THE_NODE : OUTLIVED);
  }

  /** Any workload that an edge names, gone or not. */
  known(ref: WorkloadRef): KnownWorkload {
    return this.#known.get(ref) ?? this.#add(ref, null, this.#wholes.get(ref.namespace) ?? GONE);
  }

  /** The peers as which workloads may stand in policies of their namespace, and of others. */
  everyPeer(): readonly { readonly namespace: string; readonly peers: readonly NetworkPolicyPeer[] }[] {
    return this.#named;
  }

  #add(ref: WorkloadRef, info: WorkloadInfo | null, own: PeerAnswers): KnownWorkload {
    const known = new KnownWorkload(ref, { info, place: this.#places++, answers: own });
    this.#known.set(ref, known);
    return known;
  }
}

/** The same in every namespace. */
function answers(answer: PeerAnswer): PeerAnswers {
  return { inside: answer, outside: answer };
}

function groupSubjects(
  cluster: Pick<ClusterInfo, 'workloads' | 'services'>,
  byNamespace: ReadonlyMap<string, readonly WorkloadInfo[]>,
): Subject[] {
  const learnt = learntKeys(cluster.workloads);
  const services = Map.groupBy(cluster.services, (service) => service.namespace);
  return [...byNamespace].flatMap(([namespace, own]) => {
    const { workloads, given } = likeRuns(own);
    const groups = selectorGroups(workloads, services.get(namespace) ?? [], learnt);
    return subjectsOf(groups.map((group) => ({ ...group, members: group.members.map(given) })));
  });
}

/** Of one namespace. A group is called by a member that is there to stay, if it has one. */
function subjectsOf(groups: readonly SelectorGroup[]): Subject[] {
  const called = callRuns(groups);
  return doubtRuns(groups).flatMap(({ members, choice }, index) => {
    const group = groups[index];
    const first =
      members.find((each) => isCurrent(each) && !isRun(each.ref)) ?? members.find(isCurrent) ?? members[0];
    const ref = (group === undefined ? undefined : called.get(group)) ?? first?.ref;
    return ref === undefined ? [] : [{ ref, members, choice }];
  });
}

/** The namespace as one: nothing of it is told from anything else of it. */
function namespaceSubject(namespace: string, workloads: readonly WorkloadInfo[]): Subject[] {
  const members = workloads
    .filter((workload) => !isOnNodes(workload))
    .toSorted((a, b) => compareRefs(a.ref, b.ref));
  const ref = { namespace, kind: 'Namespace', name: namespace };
  return members.length === 0 ? [] : [{ ref, members, choice: { kind: 'exact', selector: {}, caveats: [] } }];
}

function peerOf({ ref, choice }: Subject, isInside: boolean): PeerAnswer {
  if (choice.kind === 'none') return { kind: 'unnamed', why: `${choice.why}; ${choice.remedy}` };
  const isWhole = ref.kind === 'Namespace';
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': ref.namespace } };
  const peer = isInside
    ? { podSelector: choice.selector }
    : { namespaceSelector, ...(isWhole ? {} : { podSelector: choice.selector }) };
  return {
    kind: 'named',
    title: isWhole ? `namespace ${ref.namespace}` : workloadTitle(ref),
    peers: [peer],
    caveats: choice.caveats.map(({ code, sentence }) => ({
      code,
      sentence: `${workloadTitle(ref)}: ${sentence}`,
    })),
  };
}

/** Only these are drafted. */
export function isCurrentSubject({ members }: Pick<Subject, 'members'>): boolean {
  return members.some(isCurrent);
}

function compareRefs(a: WorkloadRef, b: WorkloadRef): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name) || compareText(a.kind, b.kind);
}
