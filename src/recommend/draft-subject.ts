/** One draft: the rules of a subject's needed edges as a policy, proved, or the reason why there is none. */
import type { Edge } from '../domain/edge.ts';
import { edgeKeyText } from '../domain/edge.ts';
import { compareText } from '../domain/text-order.ts';
import { workloadKey, workloadTitle } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { NetworkPolicy } from '../netpol/policy.ts';
import { distinctCaveats } from './distinct-caveats.ts';
import type { OmissionCode } from './caveat-codes.ts';
import type { BareDraft, Caveat, DraftRule, LeftOutEdge, Omission } from './draft.ts';
import type { DraftingContext } from './drafting.ts';
import { egressRules } from './egress.ts';
import { ingressRules } from './ingress.ts';
import { isPartlyOnNodes } from './governed-pods.ts';
import type { LeftOut } from './left-out.ts';
import type { NeededEdges } from './needed-edges.ts';
import type { Subject } from './peers.ts';
import { sharedPolicyCaveats } from './runs.ts';
import { GONE_OPTION } from './side-rules.ts';
import type { SideRules } from './side-rules.ts';
import type { Failures, ProofInput } from './prove.ts';
import { dialledPorts } from './service-view.ts';

/** What workloads need, and what the options kept out of that. */
export interface EdgesOf {
  readonly needed: NeededEdges;
  readonly leftOut: (ref: WorkloadRef) => readonly LeftOut[];
}

/** More names than this in a sentence are read by nobody; the JSON has all. */
const MAX_NAMED = 5;

/** A draft that is not proved yet, and what the proof must hold it to. */
export interface Candidate {
  readonly kind: 'candidate';
  readonly draft: BareDraft;
  readonly proof: ProofInput;
}

export function draftSubject(
  subject: Subject,
  edges: EdgesOf,
  context: DraftingContext,
): Candidate | Omission {
  const { ref, members, choice } = subject;
  if (choice.kind === 'none')
    return omit(ref, 'not-selectable', `no selector can name it: ${choice.why}; ${choice.remedy}`);
  const sharedWith = isNamespace(ref) ? [] : members.map((each) => each.ref).filter((each) => each !== ref);
  const own = members.map((member) => {
    const workload = context.peers.known(member.ref);
    const { needed } = edges;
    return { workload, inbound: needed.inbound(workload), outbound: needed.outbound(workload) };
  });
  const ingress = ingressRules(
    subject,
    own.flatMap(({ inbound }) => inbound),
    context,
  );
  const egress = egressRules(
    subject,
    own.flatMap(({ outbound }) => outbound),
    context,
  );
  const unnamed: SideRules['unnamed'] = new Map([...ingress.unnamed, ...egress.unnamed]);
  if (unnamed.size > 0) return { ...omit(ref, 'peer-not-selectable', unnamedSentence(unnamed)), sharedWith };
  const rules = [...ingress.rules, ...egress.rules];
  const name = context.names.get(workloadKey(ref));
  if (name === undefined) throw new Error('a subject has no name for its policy');
  const policy = policyOf({ name, namespace: ref.namespace }, choice.selector, {
    ingress: ingress.rules,
    egress: egress.rules,
  });
  const leftOut = [
    ...members.flatMap((workload) => edges.leftOut(workload.ref)),
    ...ingress.leftOut,
    ...egress.leftOut,
  ];
  const draft: BareDraft = {
    kind: 'draft',
    workload: ref,
    sharedWith,
    cni: context.options.cni,
    leftOut: printedLeftOut(leftOut),
    policy,
    rules,
    caveats: distinctCaveats([
      ...choice.caveats,
      ...subjectCaveats(subject),
      ...leftOutCaveats(leftOut, members),
      ...egress.caveats,
      ...rules.flatMap((rule) => rule.caveats),
    ]),
  };
  const proof = {
    policy,
    members: own,
    dialled: (edge: Edge) => (context.options.cni === 'aws-vpc-cni' ? dialledPorts(edge, context) : []),
    isLeftOut: leftOutTest({ ingress: ingress.leftOut, egress: egress.leftOut }),
  };
  return { kind: 'candidate', draft, proof };
}

/** The draft, or why it is none after all. */
export function provedDraft(
  { draft }: Pick<Candidate, 'draft'>,
  { denied, unselected }: Failures,
): BareDraft | Omission {
  const { workload, sharedWith } = draft;
  const unproved = (sentence: string): Omission => ({ ...omit(workload, 'unproved', sentence), sharedWith });
  if (unselected.length > 0) return unproved(`the draft would not select ${listed(unselected, 3)} alone`);
  if (denied.length > 0) return unproved(`the draft would deny ${listed(denied, 3)}`);
  return draft;
}

export function omit(workload: WorkloadRef, code: OmissionCode, sentence: string): Omission {
  return { kind: 'omitted', workload, code, sentence };
}

/** A whole namespace is drafted as the workload of this kind. */
export function isNamespace(ref: WorkloadRef): boolean {
  return ref.kind === 'Namespace';
}

/** `a, b, c and 4 more`. */
function listed(names: readonly string[], most: number): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function unnamedSentence(unnamed: SideRules['unnamed']): string {
  const peers = [...unnamed]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([title, { why }]) => `${title} (${why})`);
  const isGone = [...unnamed.values()].some(({ kind }) => kind === 'gone');
  const remedy = isGone ? ', or all that are gone for good with gone=leave-out' : '';
  return `it talks to ${listed(peers, 3)}, which no selector can name; label them, or leave them out with exclude=peer=NAMESPACE/NAME${remedy}`;
}

function policyOf(
  named: { readonly name: string; readonly namespace: string },
  podSelector: NetworkPolicy['spec']['podSelector'],
  { ingress, egress }: Readonly<Record<DraftRule['direction'], readonly DraftRule[]>>,
): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      ...named,
      labels: { 'app.kubernetes.io/managed-by': 'netscribe' },
    },
    spec: {
      podSelector,
      policyTypes: ['Ingress', 'Egress'],
      ingress: ingress.map(({ peers, ports }) => (peers === null ? { ports } : { from: peers, ports })),
      egress: egress.map(({ peers, ports }) => (peers === null ? { ports } : { to: peers, ports })),
    },
  };
}

/** Only nodes are left out by a rule that could not be drafted; everything else never came this far. */
function leftOutTest(lists: Record<'ingress' | 'egress', readonly LeftOut[]>): ProofInput['isLeftOut'] {
  const edges = {
    ingress: new Set(lists.ingress.map(({ edge }) => edge)),
    egress: new Set(lists.egress.map(({ edge }) => edge)),
  };
  return (direction, edge, peer) => peer.kind === 'node' && edges[direction].has(edge);
}

function printedLeftOut(leftOut: readonly LeftOut[]): LeftOutEdge[] {
  const distinct = new Map(
    leftOut.map(({ edge, reason, option }) => [
      edgeKeyText(edge),
      { edge: edgeKeyText(edge), reason, option },
    ]),
  );
  return [...distinct.values()].toSorted((a, b) => compareText(a.edge, b.edge));
}

function leftOutCaveats(leftOut: readonly LeftOut[], members: Subject['members']): Caveat[] {
  const options = [...new Set(leftOut.map(({ option }) => option))].toSorted(compareText);
  const gone = namesOfGone(leftOut, members);
  return options.map((option) => ({
    code: 'left-out',
    sentence: `recorded connections ${option === GONE_OPTION ? `with ${listed(gone, MAX_NAMED)} ` : ''}are left out by ${option}; the draft denies them unless another rule allows them`,
  }));
}

/** Who is left out because it is gone: the far ends, sorted. */
function namesOfGone(leftOut: readonly LeftOut[], members: Subject['members']): string[] {
  const own = new Set(members.map(({ ref }) => workloadKey(ref)));
  const ends = leftOut
    .filter(({ reason }) => reason === 'gone')
    .flatMap(({ edge: { client, server } }) => [client, server])
    .flatMap((end) =>
      end.kind === 'workload' && !own.has(workloadKey(end.workload)) ? [workloadTitle(end.workload)] : [],
    );
  return [...new Set(ends)].toSorted(compareText);
}

function subjectCaveats({ ref, members }: Subject): Caveat[] {
  if (isNamespace(ref))
    return [
      {
        code: 'namespace-granularity',
        sentence: 'every pod of the namespace may do what any workload of it needs',
      },
    ];
  return [...sharedPolicyCaveats(ref, members), ...networkCaveats(members)];
}

function networkCaveats(members: Subject['members']): Caveat[] {
  const partly = members.filter(isPartlyOnNodes).map((each) => workloadTitle(each.ref));
  if (partly.length === 0) return [];
  return [
    {
      code: 'partly-host-network',
      sentence: `pods of ${listed(partly, MAX_NAMED)} on their node's network are governed by no policy, and peers see them as their node; the draft is for its other pods`,
    },
  ];
}
