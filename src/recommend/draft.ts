/** What the recommender hands to people: drafts with a basis for each rule, and a reason wherever there is no draft. */
import type { EdgeKey } from '../domain/edge.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../netpol/policy.ts';

/** Why a rule is there: traffic that was seen, a convention every cluster follows (DNS), or configuration that implies traffic. */
export type Basis = 'observed' | 'convention' | 'configuration';

/** Something a reviewer must know. The code is stable; the sentence names no number that moves with traffic. */
export interface Caveat {
  readonly code: string;
  readonly sentence: string;
}

/** The numbers behind a rule. They stand in JSON, never in plain YAML. */
export interface RuleEvidence {
  readonly opened: number;
  readonly present: number;
  readonly answered: number;
  /** Unix ms. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly clientPods: number;
  readonly serverPods: number;
  readonly witnesses: readonly string[];
  readonly edges: readonly EdgeKey[];
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
  /** Null for rules that rest on no traffic. */
  readonly evidence: RuleEvidence | null;
}

export type Readiness =
  { readonly state: 'ready' } | { readonly state: 'incomplete'; readonly reasons: readonly Caveat[] };

export interface Draft {
  readonly kind: 'draft';
  readonly workload: WorkloadRef;
  readonly policy: NetworkPolicy;
  readonly rules: readonly DraftRule[];
  readonly caveats: readonly Caveat[];
  readonly readiness: Readiness;
}

/** A workload that gets no policy, and why; it stands in the YAML as a comment in the draft's place. */
export interface Omission {
  readonly kind: 'omitted';
  readonly workload: WorkloadRef;
  readonly code: string;
  readonly sentence: string;
}

export type DraftOutcome = Draft | Omission;
