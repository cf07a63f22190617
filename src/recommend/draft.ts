/** What the recommender hands to people: drafts with a basis for each rule, and a reason wherever there is no draft. */
import type { Edge, Testimony } from '../domain/edge.ts';
import type { QuarantineReason } from '../domain/quarantine-reason.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../netpol/policy.ts';
import type { WorkloadCoverage } from './coverage.ts';
import type { CniProfile } from './drafting-options.ts';
import type { Existing, RuleEffect } from './existing.ts';
import type { Unused } from './unused.ts';

/** Why a rule is there: traffic that was seen, a convention every cluster follows (DNS), or configuration that implies traffic. */
export type Basis = 'observed' | 'convention' | 'configuration';

/** Something a reviewer must know. The code is stable; the sentence names no number that moves with traffic. */
export interface Caveat {
  readonly code: string;
  readonly sentence: string;
  /** What it is about, sorted: nodes, CronJobs, ports, Services or kinds of policy. Absent where nothing is to be named. */
  readonly names?: readonly string[];
}

/** The numbers behind a rule, added up when somebody wants to see them. They stand in JSON, never in plain YAML. */
export interface RuleEvidence {
  /** Connections seen opening in the window. */
  readonly opened: number;
  /** The most that one dump found alive, added up over the edges. */
  readonly present: number;
  /** Of the connections seen, those that were answered. */
  readonly answered: number;
  /** Days (UTC) on which any of it was seen. */
  readonly daysSeen: number;
  /** Unix ms; of the edges, also before the window. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Distinct pods at either side, at least. */
  readonly clientPods: number;
  readonly serverPods: number;
  /** Names of the nodes that told of it. */
  readonly witnesses: readonly string[];
  /** Connections by how far the nodes that they passed agree. */
  readonly testimony: Testimony;
}

export interface DraftRule {
  readonly direction: 'ingress' | 'egress';
  readonly basis: Basis;
  /** For people: `shop/checkoutservice`, `DNS`, `any source`. Moves with no traffic. */
  readonly title: string;
  /** Null means any peer at all. */
  readonly peers: readonly NetworkPolicyPeer[] | null;
  readonly ports: readonly NetworkPolicyPort[];
  /** Services the ports were dialled through, `namespace/name`, sorted. */
  readonly services: readonly string[];
  readonly caveats: readonly Caveat[];
  /** What it rests on, sorted by key; none where it rests on no traffic. `ruleEvidence` adds up the numbers of it. */
  readonly edges: readonly Edge[];
  /**
   * What it is beside the policies in force. Absent where these do not isolate every pod of the draft in its direction, or nobody
   * could list them.
   */
  readonly effect?: RuleEffect;
}

/** What is missing, and what would complete it. */
export interface ReadinessReason extends Caveat {
  /** As in `Restart one pod.` */
  readonly completedBy: string;
}

export type Readiness =
  | { readonly state: 'ready' }
  | { readonly state: 'incomplete'; readonly reasons: readonly ReadinessReason[] };

/** An edge that the draft does not allow until a person takes it in. */
export interface HeldBackEdge {
  /** `edgeKeyText`. */
  readonly edge: string;
  readonly reason: QuarantineReason;
  readonly sentence: string;
}

/** A recorded connection that an option kept out of the draft. */
export interface LeftOutEdge {
  /** `edgeKeyText`. */
  readonly edge: string;
  readonly reason: 'excluded' | 'evidence' | 'nodes' | 'window' | 'gone';
  /** As in `exclude=port=9100/tcp`. */
  readonly option: string;
}

export interface Draft {
  readonly kind: 'draft';
  /**
   * Of several that share the policy the first; of a whole namespace its name, as kind `Namespace`; of Jobs or bare pods that come
   * under names of their own, the label they are called by (`app=migrate`).
   */
  readonly workload: WorkloadRef;
  /** The other workloads that the policy selects, sorted. */
  readonly sharedWith: readonly WorkloadRef[];
  /** For which network plugin it is drafted. */
  readonly cni: CniProfile;
  readonly leftOut: readonly LeftOutEdge[];
  readonly policy: NetworkPolicy;
  readonly rules: readonly DraftRule[];
  readonly caveats: readonly Caveat[];
  readonly readiness: Readiness;
  /** Null when nobody knows who watched what. */
  readonly coverage: WorkloadCoverage | null;
  readonly unused: Unused;
  readonly heldBack: readonly HeldBackEdge[];
  /** The policies in force that select its pods, and what becomes of them; null when nobody could list them. */
  readonly existing: Existing | null;
}

/** A draft of which nothing is said yet about how sure it is, nor what it is beside the policies in force. */
export type BareDraft = Omit<Draft, 'readiness' | 'coverage' | 'unused' | 'heldBack' | 'existing'>;

/** A workload that gets no policy, and why; it stands in the YAML as a comment in the draft's place. */
export interface Omission {
  readonly kind: 'omitted';
  readonly workload: WorkloadRef;
  /** As of a draft; absent means none. */
  readonly sharedWith?: readonly WorkloadRef[];
  readonly code: string;
  readonly sentence: string;
}

export type DraftOutcome = Draft | Omission;
