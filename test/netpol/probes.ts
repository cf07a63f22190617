/**
 * What is worth probing in a random cluster: every port and every address at which anything could change, and its
 * neighbours. Between two of them all is constant, so probing them is probing everything.
 */
import ipaddr from 'ipaddr.js';
import { familyOf, ip, ipToBits } from '../../src/domain/ip.ts';
import type { IpAddress } from '../../src/domain/ip.ts';
import type { Connection } from '../../src/netpol/evaluate.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { ReachEnd, ReachGroup } from '../../src/netpol/reach.ts';
import type { End, PolicyPod } from '../../src/netpol/world.ts';
import type { RandomCluster } from './random-cluster.ts';

export type ProbedCluster = Pick<RandomCluster, 'world' | 'pods' | 'policies'>;

/** Ports at which verdicts may change, each with the one before and after it; sorted. */
export function portsWorthProbing({ pods, policies }: Pick<RandomCluster, 'pods' | 'policies'>): number[] {
  const numbers = policies.flatMap(({ spec }) =>
    [...(spec.ingress ?? []), ...(spec.egress ?? [])].flatMap(({ ports }) =>
      (ports ?? []).flatMap(({ port, endPort }) => [port, endPort]),
    ),
  );
  const declared = pods.flatMap(({ ports }) => ports.map(({ port }) => port));
  const bounds = [1, 65_535, ...declared, ...numbers.filter((number) => typeof number === 'number')];
  const near = bounds.flatMap((bound) => [bound - 1, bound, bound + 1]);
  return [...new Set(near)].filter((port) => port >= 1 && port <= 65_535).toSorted((a, b) => a - b);
}

/** Outside addresses at and beside every bound of blocks, exceptions and nodes; no pod's, no loopback. */
export function addressesWorthProbing({ world, pods, policies }: ProbedCluster): IpAddress[] {
  const nodeAddresses = world.nodes.flatMap(({ addresses }) => addresses);
  const places = ['0.0.0.0/0', '::/0', ...nodeAddresses, ...blocksOf(policies)];
  const found = new Set(places.flatMap(boundsOf));
  const taken = new Set(pods.flatMap(({ ips }) => ips));
  return [...found].filter((address) => !taken.has(address));
}

/** `count` of the items, spread by the salt. */
export function some<T>(items: readonly T[], count: number, salt: number): T[] {
  if (items.length <= count) return [...items];
  const picked = new Set<T>();
  for (let step = 0; picked.size < count; step += 1) {
    const item = items[(salt + step * 7) % items.length] ?? items[step % items.length];
    if (item !== undefined) picked.add(item);
    if (step > items.length * 7) break;
  }
  return [...picked];
}

/** The pods, dealt to groups: as many as `sizes` says, the last takes what is left. */
export function dealt(pods: readonly PolicyPod[], sizes: readonly number[]): ReachGroup[] {
  const groups: ReachGroup[] = [];
  let from = 0;
  for (const size of sizes) {
    if (from >= pods.length) break;
    groups.push({ title: `group-${9 - groups.length}`, pods: pods.slice(from, from + size) });
    from += size;
  }
  if (from < pods.length) groups.push({ title: 'rest', pods: pods.slice(from) });
  return groups;
}

/** A group, or one outside address, to be probed. */
export interface ProbedEnd {
  readonly title: string;
  readonly members: readonly End[];
  readonly isGroup: boolean;
  isMeantBy(end: ReachEnd): boolean;
}

export function probedGroups(groups: readonly ReachGroup[]): ProbedEnd[] {
  return groups.map(({ title, pods }) => ({
    title,
    members: pods.map((pod): End => ({ kind: 'pod', pod })),
    isGroup: true,
    isMeantBy: (end) => end.kind === 'group' && end.title === title,
  }));
}

export function probedAddress(address: IpAddress): ProbedEnd {
  const family = familyOf(address);
  const bits = ipToBits(address);
  return {
    title: address,
    members: [{ kind: 'address', address }],
    isGroup: false,
    isMeantBy: (end) =>
      end.kind === 'outside' &&
      end.ranges.some((range) => range.family === family && range.first <= bits && bits <= range.last),
  };
}

/** Every pair of ends that makes up a connection between two ends: never a pod with itself. */
export function pairsOf(client: ProbedEnd, server: ProbedEnd): Omit<Connection, 'protocol' | 'port'>[] {
  return client.members.flatMap((one) =>
    server.members
      .filter((other) => one.kind === 'address' || other.kind === 'address' || one.pod !== other.pod)
      .map((other) => ({ client: one, server: other })),
  );
}

/** How many of the pairs a thing is true of. */
export function shareOf(truths: readonly boolean[]): 'all' | 'some' | 'none' {
  if (!truths.includes(true)) return 'none';
  return truths.includes(false) ? 'some' : 'all';
}

function blocksOf(policies: readonly NetworkPolicy[]): string[] {
  return policies
    .flatMap(({ spec }) => [
      ...(spec.ingress ?? []).flatMap(({ from }) => from ?? []),
      ...(spec.egress ?? []).flatMap(({ to }) => to ?? []),
    ])
    .flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...(ipBlock.except ?? [])] : []));
}

type Parsed = ReturnType<typeof ipaddr.parse>;

function toBits(address: Parsed): bigint {
  return address.toByteArray().reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}

function hostMask(address: Parsed, length: number): bigint {
  return (1n << BigInt(address.toByteArray().length * 8 - length)) - 1n;
}

/** By the text of a block or an address: there are few, and every cluster has them. */
const knownBounds = new Map<string, IpAddress[]>();

/** The first and the last address, and the ones beside them, but no loopback. */
function boundsOf(place: string): IpAddress[] {
  const known = knownBounds.get(place);
  if (known !== undefined) return known;
  const text = place.includes('/') ? place : `${place}/${place.includes(':') ? 128 : 32}`;
  const found: IpAddress[] = [];
  if (ipaddr.isValidCIDR(text)) {
    const [base, length] = ipaddr.parseCIDR(text);
    const first = toBits(base) & ~hostMask(base, length);
    for (const bound of [first, first | hostMask(base, length)]) {
      for (const bits of [bound - 1n, bound, bound + 1n]) {
        const address = fromBits(base, bits);
        if (address !== null) found.push(address);
      }
    }
  }
  knownBounds.set(place, found);
  return found;
}

function fromBits(like: Parsed, bits: bigint): IpAddress | null {
  const { length } = like.toByteArray();
  if (bits < 0n || bits >= 1n << BigInt(length * 8)) return null;
  const bytes = Array.from({ length }, (_, index) =>
    Number((bits >> BigInt((length - 1 - index) * 8)) & 255n),
  );
  const parsed = ipaddr.fromByteArray(bytes);
  return parsed.range() === 'loopback' ? null : ip(parsed.toString());
}
