/**
 * Ends of connections, reduced to what policies can tell apart, so that thousands of pods are judged as the few kinds
 * that they are. What a side allows depends on the guarded pod's class and on the far end's class alone, save for the
 * exemptions of standing.ts, which only far ends that are no pods can have.
 */
import { familyOf } from '../domain/ip.ts';
import type { IpAddress, IpFamily } from '../domain/ip.ts';
import type { AddressCells } from './address-cells.ts';
import { byProtocol } from './allowance.ts';
import type { Allowance, AllowanceBook } from './allowance.ts';
import type { PolicySet } from './compile.ts';
import { allowedByRules } from './evaluate.ts';
import type { PodPeer } from './pod-peers.ts';
import { addressesOf, seenPeer } from './seen-peer.ts';
import { standingOf } from './standing.ts';
import type { Direction, End, PolicyPod } from './world.ts';

/** An end as one set of policies sees it. */
export interface Party {
  readonly end: End;
  /** Whether selectors can match it: a pod that is not on its node's network. */
  readonly isPod: boolean;
  /** Its class as the guarded pod of a direction; null when nothing isolates it. */
  readonly guard: Readonly<Record<Direction, Guard | null>>;
  /** Its class as the far end of a direction. */
  readonly peer: Readonly<Record<Direction, Peer>>;
}

/** Pods that the same policies isolate in one direction, and that these cannot tell apart. */
interface Guard {
  readonly id: number;
  /** Every peer that the policies' rules name by selectors. */
  readonly names: ReadonlySet<PodPeer>;
  /** Whether some rule may match a pod that no selector of the rules matches. */
  readonly mayMatchUnnamed: boolean;
  /** What is allowed, by class of the far end: by `Peer.id`, and by `Peer.plainId` where no selector of the rules matches. */
  readonly byPeer: (Allowance | undefined)[];
  readonly byPlainPeer: (Allowance | undefined)[];
}

interface Peer {
  readonly id: number;
  /** Its class for those that do not see its labels: most policies name few of all pods. */
  readonly plainId: number;
  readonly matching: ReadonlySet<PodPeer>;
}

export interface Judge {
  partyOf(end: End): Party;
  /** What both sides allow between two parties that are not the same pod. Agrees with `evaluate` on every port. */
  between(client: Party, server: Party): Allowance;
  /** True only if that side allows no pod but those that a selector of its rules matches. */
  judgesByNameOnly(direction: Direction, guarded: Party): boolean;
}

/** Equal for pods that cannot be told apart by pods; null for pods on their node's network. */
export function kindOfPod({ isPod, guard, peer }: Party): string | null {
  if (!isPod) return null;
  return [guard.ingress?.id, guard.egress?.id, peer.ingress.id, peer.egress.id].join(' ');
}

export interface JudgeInput {
  readonly set: PolicySet;
  /** Cut for this set, at least. */
  readonly cells: AddressCells;
  readonly book: AllowanceBook;
}

export function judgeOf({ set, cells, book }: JudgeInput): Judge {
  const classesOf = classifierOf(set, cells);
  const onSide = (direction: Direction, client: Party, server: Party): Allowance => {
    const [guarded, far] = direction === 'ingress' ? [server, client] : [client, server];
    const guard = guarded.guard[direction];
    if (guard === null) return book.everything;
    const ends = { client: client.end, server: server.end };
    if (!far.isPod && standingOf(set, direction, ends).kind === 'exempt') return book.everything;
    const peer = far.peer[direction];
    return haveCommon(guard.names, peer.matching)
      ? (guard.byPeer[peer.id] ??= byRules(direction, ends))
      : (guard.byPlainPeer[peer.plainId] ??= byRules(direction, ends));
  };
  const byRules = (direction: Direction, ends: { client: End; server: End }): Allowance => {
    const guarded = direction === 'ingress' ? ends.server : ends.client;
    if (guarded.kind === 'address') return book.everything;
    const { pod } = guarded;
    const peer = seenPeer(set.nodes, direction, ends);
    const judged = { pod, isolation: set.isolation(direction, pod), peer };
    return book.of(byProtocol((protocol) => allowedByRules(set, direction, protocol, judged)));
  };
  return {
    partyOf: (end) => ({ end, isPod: end.kind === 'pod' && !end.pod.hostNetwork, ...classesOf(end) }),
    judgesByNameOnly: (direction, { guard }) => guard[direction]?.mayMatchUnnamed === false,
    between: (client, server) =>
      book.both(onSide('egress', client, server), onSide('ingress', client, server)),
  };
}

function haveCommon(a: ReadonlySet<PodPeer>, b: ReadonlySet<PodPeer>): boolean {
  const [fewer, more] = a.size < b.size ? [a, b] : [b, a];
  for (const one of fewer) if (more.has(one)) return true;
  return false;
}

type Classes = Pick<Party, 'guard' | 'peer'>;

const NO_PEERS: ReadonlySet<PodPeer> = new Set();

/** Two ends of equal class cannot be told apart: each key below holds all that evaluate.ts looks at. */
function classifierOf(set: PolicySet, cells: AddressCells): (end: End) => Classes {
  const isolationNumber = numbering();
  const peerNumber = numbering();
  const classNumber = numbering();
  const guards = new Map<string, Guard>();
  const names = portNamesIn(set);
  const classOf = (...key: readonly unknown[]): number => classNumber(JSON.stringify(key));
  const addressKey = (end: End): unknown[] => {
    const addresses = addressesOf(set.nodes, end);
    const families = familiesOf(addresses);
    const selectable = end.kind === 'pod' && !end.pod.hostNetwork;
    if (selectable && !set.options.ipBlockMatchesPods) return families;
    return families.map((family) => {
      const first = addresses.find((address) => familyOf(address) === family);
      return [family, first === undefined ? null : cells.blocksHolding(set.parsed(first))];
    });
  };
  const guardOf = (direction: Direction, pod: PolicyPod, ports: string): Guard | null => {
    const isolation = set.isolation(direction, pod);
    if (isolation.policies.length === 0) return null;
    const own = direction === 'ingress' ? ports : '';
    const key = JSON.stringify([direction, isolationNumber(isolation), familiesOf(pod.ips), own]);
    const known = guards.get(key) ?? {
      id: guards.size,
      names: isolation.rules.pods.peers(),
      mayMatchUnnamed: isolation.rules.anyPeer.length + isolation.rules.blocks.length > 0,
      byPeer: [],
      byPlainPeer: [],
    };
    guards.set(key, known);
    return known;
  };
  return (end) => {
    const address = addressKey(end);
    if (end.kind === 'address' || end.pod.hostNetwork) {
      const id = classOf('address', address);
      const peer = { id, plainId: id, matching: NO_PEERS };
      return { guard: { ingress: null, egress: null }, peer: { ingress: peer, egress: peer } };
    }
    const { pod } = end;
    const ports = namedPortsOf(pod, names);
    const matching = set.peersMatching(pod);
    const peers = [...matching].map(peerNumber).toSorted((a, b) => a - b);
    const peerWith = (named: string): Peer => ({
      id: classOf('pod', peers, address, named),
      plainId: classOf('pod', [], address, named),
      matching,
    });
    return {
      guard: { ingress: guardOf('ingress', pod, ports), egress: guardOf('egress', pod, ports) },
      peer: { ingress: peerWith(''), egress: peerWith(ports) },
    };
  };
}

function familiesOf(addresses: readonly IpAddress[]): IpFamily[] {
  return [...new Set(addresses.map(familyOf))];
}

/** Gives each distinct thing a number, from 0. */
export function numbering(): (thing: unknown) => number {
  const numbers = new Map<unknown, number>();
  return (thing) => {
    const known = numbers.get(thing) ?? numbers.size;
    numbers.set(thing, known);
    return known;
  };
}

/** The port names that any rule uses; a pod's other names matter to nobody. */
function portNamesIn({ policies }: PolicySet): ReadonlySet<string> {
  const rules = [...policies.ingress, ...policies.egress].flatMap((policy) => policy.rules);
  return new Set(
    rules.flatMap(({ ports }) => (ports.kind === 'any' ? [] : ports.named)).map(({ name }) => name),
  );
}

function namedPortsOf(pod: PolicyPod, names: ReadonlySet<string>): string {
  const used = pod.ports.filter(({ name }) => name !== null && names.has(name));
  return used
    .map(({ name, protocol, port }) => JSON.stringify([name, protocol, port]))
    .toSorted()
    .join();
}
