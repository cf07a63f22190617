/** The ends of a recorded edge as policies see them now: one pod for each kind of pod that the policies can tell apart. */
import type { Edge } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import { familyOf } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import { workloadKey } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import { blockHolds, compileBlock, parseAddress } from './ip-block.ts';
import type { CompiledBlock } from './ip-block.ts';
import type { IpBlock, LabelSelector, NetworkPolicy, NetworkPolicyPeer } from './policy.ts';
import type { End, PolicyPod } from './world.ts';

/** A workload and its pods with the labels that they carry now (NETPOL rule 30). */
export interface VerifyWorkload {
  readonly ref: WorkloadRef;
  /** Empty when nothing is left of it: then it cannot be judged. */
  readonly pods: readonly PolicyPod[];
}

export interface EdgeEnds {
  readonly client: readonly End[];
  readonly server: readonly End[];
}

/** Answers for any edge of workloads that were given once. Ends are remembered, because verdicts are cached by pod object. */
export class EndBook {
  readonly #workloads: ReadonlyMap<string, VerifyWorkload>;
  readonly #shapeOf: (pod: PolicyPod) => string;
  readonly #ends = new Map<string, readonly End[]>();
  readonly #twins = new Map<string, readonly End[]>();

  constructor(workloads: readonly VerifyWorkload[], policies: readonly NetworkPolicy[]) {
    this.#workloads = new Map(workloads.map((workload) => [workloadKey(workload.ref), workload]));
    this.#shapeOf = shapesBy(policies);
  }

  /** Empty for a workload of which nothing is left. */
  endsOf(identity: Identity): readonly End[] {
    if (identity.kind !== 'workload') return [{ kind: 'address', address: identity.address }];
    const key = workloadKey(identity.workload);
    const known = this.#ends.get(key);
    if (known !== undefined) return known;
    const shapes = new Map<string, PolicyPod>();
    for (const pod of this.#workloads.get(key)?.pods ?? []) {
      const shape = this.#shapeOf(pod);
      if (!shapes.has(shape)) shapes.set(shape, pod);
    }
    const ends = [...shapes.values()].map((pod): End => ({ kind: 'pod', pod: onNoNode(pod) }));
    this.#ends.set(key, ends);
    return ends;
  }

  /**
   * Both ends of an edge. Two pods of one workload are two pods: only where a single pod was ever seen at both ends
   * did it talk to itself, which no policy can deny (NETPOL rule 22).
   */
  endsOfEdge(edge: Edge): EdgeEnds {
    const client = this.endsOf(edge.client);
    const server = this.endsOf(edge.server);
    return client === server && !isOnePod(edge)
      ? { client, server: this.#twinsOf(edge.server) }
      : { client, server };
  }

  #twinsOf(identity: Identity): readonly End[] {
    if (identity.kind !== 'workload') return this.endsOf(identity);
    const key = workloadKey(identity.workload);
    const known = this.#twins.get(key);
    if (known !== undefined) return known;
    const twins = this.endsOf(identity).map((end): End =>
      end.kind === 'pod' ? { kind: 'pod', pod: { ...end.pod, name: `${end.pod.name} (another)` } } : end,
    );
    this.#twins.set(key, twins);
    return twins;
  }
}

/** Whether a client was on the server's node is recorded with each view; the node of today's pod says nothing of it. */
function onNoNode(pod: PolicyPod): PolicyPod {
  return pod.hostNetwork ? pod : { ...pod, node: null };
}

function isOnePod({ clientPods, serverPods }: Edge): boolean {
  const [client] = clientPods.names;
  return (
    client !== undefined && clientPods.count === 1 && serverPods.count === 1 && client === serverPods.names[0]
  );
}

/** Two pods of equal shape get equal verdicts: the labels that any selector reads, the ports by name, the blocks that hold them. */
function shapesBy(policies: readonly NetworkPolicy[]): (pod: PolicyPod) => string {
  const keys = new Set<string>();
  const blocks = new Map<string, CompiledBlock>();
  for (const { spec } of policies) {
    addKeys(keys, spec.podSelector);
    const peers = [
      ...(spec.ingress ?? []).flatMap((rule) => rule.from ?? []),
      ...(spec.egress ?? []).flatMap((rule) => rule.to ?? []),
    ];
    for (const peer of peers) addPeer(peer, keys, blocks);
  }
  const labelKeys = [...keys];
  const compiled = [...blocks.values()];
  const holding = (ip: IpAddress): boolean[] => compiled.map((block) => blockHolds(block, parseAddress(ip)));
  return (pod) =>
    JSON.stringify([
      labelKeys.map((key) => (Object.hasOwn(pod.labels, key) ? pod.labels[key] : null)),
      pod.ports.filter(({ name }) => name !== null).map(({ name, protocol, port }) => [name, protocol, port]),
      pod.hostNetwork,
      compiled.length === 0 ? [] : pod.ips.map((ip) => [familyOf(ip), ...holding(ip)]),
    ]);
}

function addPeer(peer: NetworkPolicyPeer, keys: Set<string>, blocks: Map<string, CompiledBlock>): void {
  addKeys(keys, peer.podSelector);
  const { ipBlock } = peer;
  if (ipBlock === null || ipBlock === undefined) return;
  const text = blockText(ipBlock);
  const compiled = blocks.has(text) ? null : compileBlock(ipBlock);
  if (compiled !== null) blocks.set(text, compiled);
}

function addKeys(keys: Set<string>, selector: LabelSelector | null | undefined): void {
  for (const key of Object.keys(selector?.matchLabels ?? {})) keys.add(key);
  for (const { key } of selector?.matchExpressions ?? []) keys.add(key);
}

function blockText({ cidr, except }: IpBlock): string {
  return [cidr, ...(except ?? [])].join(' ');
}
