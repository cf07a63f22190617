/** Judges a draft set against edges with nothing but the evaluator: what the recommender proves about itself is not asked. */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { Edge } from '../../../src/domain/edge.ts';
import { edgeKeyText } from '../../../src/domain/edge.ts';
import type { Identity } from '../../../src/domain/identity.ts';
import { workloadKey } from '../../../src/domain/workload.ts';
import { compilePolicies } from '../../../src/netpol/compile.ts';
import type { PolicySet } from '../../../src/netpol/compile.ts';
import { evaluateSide } from '../../../src/netpol/evaluate.ts';
import type { NetworkPolicy } from '../../../src/netpol/policy.ts';
import type { End } from '../../../src/netpol/world.ts';
import type { ClusterInfo } from '../../../src/recommend/cluster.ts';
import type { Draft } from '../../../src/recommend/draft.ts';
import { policyWorldOf } from '../../../src/recommend/policy-world.ts';
import { recommend } from '../../../src/recommend/recommend.ts';
import type { Recommendation } from '../../../src/recommend/recommend.ts';
import type { Scene } from './random-scene.ts';

export function recommended({ cluster, edges }: Scene): Recommendation {
  return recommend({
    cluster,
    edges,
    window: { start: 0, end: 1 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
  });
}

export function draftsOf(result: Recommendation): Draft[] {
  return result.outcomes.filter((outcome) => outcome.kind === 'draft');
}

export function policiesOf(drafts: readonly Draft[]): NetworkPolicy[] {
  return drafts.map((draft) => draft.policy);
}

/** Workload keys of all that a draft is for, those that share it too. */
export function keysOf({
  workload,
  sharedWith = [],
}: Pick<Draft, 'workload'> & Partial<Pick<Draft, 'sharedWith'>>): readonly string[] {
  return [workload, ...sharedWith].map(workloadKey);
}

export function draftedKeys(drafts: readonly Draft[]): ReadonlySet<string> {
  return new Set(drafts.flatMap(keysOf));
}

/** Fails unless both sides of the edge that have a draft allow it; of a workload that is said to have none nothing is promised. */
export function expectAllowed(wanted: Edge, set: Judge, drafted: ReadonlySet<string>): void {
  const isDrafted = (end: Identity): boolean =>
    end.kind === 'workload' && drafted.has(workloadKey(end.workload));
  const verdict = {
    egress: !isDrafted(wanted.client) || set.egressAllows(wanted),
    ingress: !isDrafted(wanted.server) || set.ingressAllows(wanted),
  };
  expect([edgeKeyText(wanted), verdict]).toEqual([edgeKeyText(wanted), { egress: true, ingress: true }]);
}

/** A judge of these policies together with those in force. */
export function judge(cluster: ClusterInfo, policies: readonly NetworkPolicy[]): Judge {
  return new Judge(cluster, compilePolicies([...policies, ...cluster.policies], policyWorldOf(cluster)));
}

export class Judge {
  readonly #cluster: ClusterInfo;
  readonly #set: PolicySet;

  constructor(cluster: ClusterInfo, set: PolicySet) {
    this.#cluster = cluster;
    this.#set = set;
  }

  /** Whether every pod of the client may open this to every pod of the server, as far as the client's side decides. */
  egressAllows({ client, server, protocol, port }: Edge): boolean {
    return this.#pairs(client, server).every(
      (ends) => evaluateSide(this.#set, 'egress', { ...ends, protocol, port }).allowed,
    );
  }

  /**
   * The same on the server's side, which sees the client as each view of the edge has it. What a pod's own node dials itself
   * always comes in; whom it only rewrote must come in when the pods run elsewhere, where a pod of the same workload is seen
   * as it is.
   */
  ingressAllows({ client, server, protocol, port, views }: Edge): boolean {
    return views
      .filter(({ ownNode, seen }) => !ownNode || nameOf(client) === null || nameOf(client) !== nameOf(seen))
      .every(({ ownNode, seen }) =>
        this.#pairs(ownNode && isDeepStrictEqual(client, server) ? client : seen, server).every(
          (ends) => evaluateSide(this.#set, 'ingress', { ...ends, protocol, port }).allowed,
        ),
      );
  }

  #pairs(client: Identity, server: Identity): { client: End; server: End }[] {
    const isSelf = isDeepStrictEqual(client, server);
    return this.#endsOf(client).flatMap((from) =>
      this.#endsOf(server).map((to) => ({ client: isSelf ? replicaOf(from) : from, server: to })),
    );
  }

  #endsOf(identity: Identity): End[] {
    if (identity.kind !== 'workload') return [{ kind: 'address', address: identity.address }];
    const key = workloadKey(identity.workload);
    const info = this.#cluster.workloads.find(({ ref }) => workloadKey(ref) === key);
    return (info?.pods ?? []).map((pod): End => ({ kind: 'pod', pod: { ...pod, node: null } }));
  }
}

/** Another pod with the same labels: no policy cuts a pod off from itself (NETPOL rule 22). */
function replicaOf(end: End): End {
  return end.kind === 'pod'
    ? { kind: 'pod', pod: { ...end.pod, name: `${end.pod.name}-replica`, ips: [] } }
    : end;
}

/** Of a node. */
function nameOf(identity: Identity): string | null {
  return identity.kind === 'node' ? identity.name : null;
}
