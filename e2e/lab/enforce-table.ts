// What each side lets through as an nftables table of a node: each pod's veth is guarded on the node's side, after addresses were rewritten. Pure.
import { isIPv6 } from 'node:net';

import type { Permit, Side, Way } from './enforce-sides.ts';

/** Where a pod's packets enter and leave its node: its veth, or the bridge that its veth is a port of. */
export type PodInterfaces = ReadonlyMap<string, string>;

/** The table's name, family inet. */
export const TABLE = 'policies';

/**
 * What the table notes of packets that open a connection: those that came to a pod's side as its policies see them, and those
 * that a side dropped. Each has a set for either family, of (client as seen, server, protocol, server's port).
 */
export const NOTES = ['arrived', 'dropped_ingress', 'dropped_egress'] as const;
export type Note = (typeof NOTES)[number];

/**
 * Before everything else that may drop in the forward chains of a node: what is judged here is judged by policies alone. At
 * this hook destinations are backends already (DNAT is at prerouting), and sources are still the pods' own.
 */
const EGRESS_PRIORITY = -20;
/** After source addresses were rewritten (NF_IP_PRI_NAT_SRC is 100). */
const INGRESS_PRIORITY = 150;
/** More than a run makes connections. */
const NOTES_MAX = 65_535;

/** The table of one node, with a chain for each side of `sides`, all of them of pods on that node. */
export function policyTable(sides: readonly Side[], interfaces: PodInterfaces): string {
  const doors = (way: Way): string[] =>
    (['ip', 'ip6'] as const).map((family) => {
      const [device, address] = way === 'ingress' ? ['oifname', 'daddr'] : ['iifname', 'saddr'];
      const entries = sides
        .filter((side) => side.way === way)
        .flatMap((side) =>
          side.pod.addresses
            .filter((each) => isOf(family, each))
            .map((each) => `"${deviceOf(side, interfaces)}" . ${each} : goto ${chainName(side)}`),
        );
      return `${device} . ${family} ${address} vmap { ${entries.join(', ')} }`;
    });
  const opening = ['ct state established,related return', 'meta l4proto != { tcp, udp, sctp } return'];
  return [
    `table inet ${TABLE} {`,
    ...NOTES.flatMap((note) => [noteSet(note, 'ip'), noteSet(note, 'ip6')]),
    ...sides.flatMap((side) => chain(chainName(side), sideRules(side))),
    ...chain('egress', [...opening, ...doors('egress')]),
    ...chain('ingress', [...opening, ...doors('ingress')]),
    ...chain('forward', [`type filter hook forward priority ${EGRESS_PRIORITY}`, 'jump egress']),
    ...chain('input', [`type filter hook input priority ${EGRESS_PRIORITY}`, 'jump egress']),
    ...chain('postrouting', [`type filter hook postrouting priority ${INGRESS_PRIORITY}`, 'jump ingress']),
    '}',
    '',
  ].join('\n');
}

/** Takes the table away, whether it is there or not. */
export function noTable(): string {
  return `table inet ${TABLE}\ndelete table inet ${TABLE}\n`;
}

/** Replaces what some sides of a loaded table let through, and forgets its notes, in one transaction. */
export function changedSides(sides: readonly Side[]): string {
  return [
    ...NOTES.flatMap((note) =>
      (['ip', 'ip6'] as const).map((family) => `flush set inet ${TABLE} ${setName(note, family)}`),
    ),
    ...sides.map((side) => `flush chain inet ${TABLE} ${chainName(side)}`),
    `table inet ${TABLE} {`,
    ...sides.flatMap((side) => chain(chainName(side), sideRules(side))),
    '}',
    '',
  ].join('\n');
}

/** The set of a note for one family. */
export function setName(note: Note, family: 'ip' | 'ip6'): string {
  return `${note}_${family}`;
}

function chainName({ pod, way }: Side): string {
  return `${way}_${pod.name.replaceAll(/[^a-z0-9]/g, '_')}`;
}

/**
 * A pod's own node always comes in, also with traffic that it rewrote to its own address: the kernel says which are its own.
 * What a pod sends to its own node is judged like anything else, the stricter of the readings that plugins have.
 */
function sideRules(side: Side): string[] {
  const { way, isolated, permits } = side;
  return [
    ...(way === 'ingress' ? [...noting('arrived'), 'fib saddr type local accept'] : []),
    ...(isolated
      ? [...permits.flatMap((permit) => permitRules(permit, way)), ...noting(`dropped_${way}`), 'drop']
      : ['accept']),
  ];
}

function permitRules({ far, protocols, from, to, policy, rule }: Permit, way: Way): string[] {
  const end = way === 'ingress' ? 'saddr' : 'daddr';
  const ports = from === to ? String(from) : `${from}-${to}`;
  const tail = `meta l4proto { ${protocols.join(', ')} } th dport ${ports} accept comment "${policy} ${rule}"`;
  switch (far.kind) {
    case 'anybody':
      return [tail];
    case 'addresses':
      return (['ip', 'ip6'] as const).flatMap((family) => {
        const addresses = far.addresses.filter((each) => isOf(family, each));
        return addresses.length === 0 ? [] : [`${family} ${end} { ${addresses.join(', ')} } ${tail}`];
      });
    case 'block': {
      const family = isOf('ip6', far.cidr) ? 'ip6' : 'ip';
      const isWhole = far.cidr.endsWith('/0');
      const inside = isWhole
        ? `meta nfproto ${family === 'ip' ? 'ipv4' : 'ipv6'}`
        : `${family} ${end} ${far.cidr}`;
      return [[inside, ...far.except.map((each) => `${family} ${end} != ${each}`), tail].join(' ')];
    }
    default:
      return far satisfies never;
  }
}

function noting(note: Note): string[] {
  return (['ip', 'ip6'] as const).map(
    (family) =>
      `add @${setName(note, family)} { ${family} saddr . ${family} daddr . meta l4proto . th dport }`,
  );
}

function noteSet(note: Note, family: 'ip' | 'ip6'): string {
  const address = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
  const type = `${address} . ${address} . inet_proto . inet_service`;
  return `  set ${setName(note, family)} { type ${type}; flags dynamic; size ${NOTES_MAX}; }`;
}

function deviceOf({ pod }: Side, interfaces: PodInterfaces): string {
  const device = interfaces.get(pod.name);
  if (device === undefined) throw new Error(`${pod.name} has no interface on its node`);
  return device;
}

function isOf(family: 'ip' | 'ip6', address: string): boolean {
  return (family === 'ip6') === isIPv6(address.split('/')[0] ?? '');
}

function chain(name: string, rules: readonly string[]): string[] {
  return [`  chain ${name} {`, ...rules.map((rule) => `    ${rule}`), '  }'];
}
