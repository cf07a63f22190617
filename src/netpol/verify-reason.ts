/** Why a side denied an edge: by what the policy that comes nearest misses it. */
import type { PolicySet } from './compile.ts';
import { rulesNamingPeer } from './evaluate.ts';
import type { JudgedSide } from './evaluate.ts';
import { isolationBy } from './isolation.ts';
import type { CompiledPolicy } from './isolation.ts';
import { nearMiss } from './near-miss.ts';
import { allowedByPorts } from './rule-ports.ts';
import { seenPeer } from './seen-peer.ts';
import type { DenyingSide } from './verify-edge.ts';

/** From near to far. */
const CODES = ['wrong-port', 'wrong-peer', 'no-rule', 'deny-all'] as const;

/**
 * `wrong-port`: a rule names the peer, but not this port and protocol. `wrong-peer`: a rule names the port, but other
 * peers. `no-rule`: rules name neither. `deny-all`: there is no rule in this direction.
 */
export type DenialCode = (typeof CODES)[number];

export interface DenialReason {
  readonly code: DenialCode;
  /** The policy that comes nearest, `namespace/name`; the first of those that come equally near. */
  readonly policy: string;
  /** As in `shop/db: rule 0 allows this peer, but not TCP 5432: it allows TCP 5433`. */
  readonly sentence: string;
}

/** `side` is one that `set` denies. Throws a RangeError when it cannot be, for only an isolated pod denies. */
export function denialReason(set: PolicySet, side: DenyingSide): DenialReason {
  const { direction, connection } = side;
  const guarded = direction === 'egress' ? connection.client : connection.server;
  if (guarded.kind === 'address') throw new RangeError('an address denies nothing');
  const { pod } = guarded;
  const isolation = set.isolation(direction, pod);
  const judged = { pod, isolation, peer: seenPeer(set.nodes, direction, connection) };
  const misses = isolation.policies.map((policy) => ({
    policy,
    code: codeOf(set, policy, { judged, side }),
  }));
  const [nearest] = misses.toSorted((a, b) => CODES.indexOf(a.code) - CODES.indexOf(b.code));
  if (nearest === undefined) throw new RangeError('a pod that no policy isolates denies nothing');
  const { policy, code } = nearest;
  const words = nearMiss(set, policy, { ...judged, direction, connection });
  return { code, policy: policy.key, sentence: `${policy.key}: ${words}` };
}

function codeOf(
  set: PolicySet,
  policy: CompiledPolicy,
  { judged, side }: { readonly judged: JudgedSide; readonly side: DenyingSide },
): DenialCode {
  const { direction, connection } = side;
  const { protocol, port } = connection;
  if (policy.rules.length === 0) return 'deny-all';
  const alone = { ...judged, isolation: isolationBy([policy]) };
  if (rulesNamingPeer(set, direction, protocol, alone).length > 0) return 'wrong-port';
  const { pod, peer } = judged;
  const server = direction === 'ingress' ? pod : peer.kind === 'pod' ? peer.pod : null;
  const opens = policy.rules.some(({ ports }) =>
    allowedByPorts(ports, protocol, server).some(({ from, to }) => from <= port && port <= to),
  );
  return opens ? 'wrong-peer' : 'no-rule';
}
