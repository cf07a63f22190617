/**
 * Lists every connection that a set of policies allows, between groups of pods and with the outside, as merged port
 * ranges. It agrees with `evaluate` on every pod, address and port, and judges no more than policies can tell apart.
 */
import { intersectRanges, mergeRanges, subtractRanges } from '../domain/port-range.ts';
import type { PortRange } from '../domain/port-range.ts';
import { PROTOCOLS } from '../domain/protocol.ts';
import { cutAddresses } from './address-cells.ts';
import { openAllowanceBook } from './allowance.ts';
import type { Allowance } from './allowance.ts';
import type { PolicySet } from './compile.ts';
import { countPairs } from './pair-count.ts';
import { judgeOf, kindOfPod } from './party.ts';
import type { Party } from './party.ts';
import type { Ends, Finding, ReachGroup } from './reach-end.ts';
import { survey } from './survey.ts';
import type { PolicyPod } from './world.ts';

export type { PairShare, ReachEnd, ReachGroup } from './reach-end.ts';

interface PortsFound extends Finding {
  readonly ports: readonly PortRange[];
}

/**
 * What two ends may connect on. `all`: every pair of the groups' pods may; `some`: only some pairs may, and these
 * ports are in no `all` row of the same ends. A group with itself means its distinct pods.
 */
export interface Reach extends PortsFound, Ends {}

/**
 * Every allowed connection but those between two outside addresses. Pods on their node's network speak with their
 * node's addresses. Sorted as `survey` says.
 */
export function reachOf(set: PolicySet, groups: readonly ReachGroup[]): Reach[] {
  const cells = cutAddresses(
    [set],
    groups.flatMap(({ pods }) => pods),
  );
  const judge = judgeOf({ set, cells, book: openAllowanceBook() });
  return survey({ ...judge, kindOf: kindOfPod, mayDecide: () => true, findings: portsFound }, groups, cells);
}

/**
 * How many (ordered pair of distinct pods) x (protocol, port) are allowed. Exact up to 2^53, which is more than
 * 200,000 pods have.
 */
export function reachablePorts(set: PolicySet, pods: readonly PolicyPod[]): number {
  const book = openAllowanceBook();
  const judge = judgeOf({ set, cells: cutAddresses([set], pods), book });
  const hosts: Party[] = [];
  const kinds = new Map<string, { readonly party: Party; count: number }>();
  const members: Party[] = [];
  for (const pod of new Map(pods.map((one) => [`${one.namespace}/${one.name}`, one])).values()) {
    const party = judge.partyOf({ kind: 'pod', pod });
    const kind = kindOfPod(party);
    if (kind === null) hosts.push(party);
    else {
      const alike = kinds.get(kind) ?? { party, count: 0 };
      alike.count += 1;
      kinds.set(kind, alike);
      members.push(party);
    }
  }
  let total = hosts.length * Math.max(hosts.length - 1, 0) * book.everything.portCount;
  for (const host of hosts) {
    for (const pod of members) {
      total += judge.between(host, pod).portCount + judge.between(pod, host).portCount;
    }
  }
  return total + countPairs(judge, [...kinds.values()]);
}

function portsFound(outcomes: readonly Allowance[]): PortsFound[] {
  const found: PortsFound[] = [];
  for (const protocol of PROTOCOLS) {
    const lists = outcomes.map(({ ports }) => ports[protocol]);
    const { all, some } = sharedPorts(lists);
    if (all.length > 0) found.push({ protocol, ports: all, pods: 'all' });
    if (some.length > 0) found.push({ protocol, ports: some, pods: 'some' });
  }
  return found;
}

/** The ports that are in every list, and those that are in some list only. */
export function sharedPorts(lists: readonly (readonly PortRange[])[]): {
  readonly all: readonly PortRange[];
  readonly some: readonly PortRange[];
} {
  const [first, ...others] = lists;
  if (first === undefined || others.length === 0) return { all: first ?? [], some: [] };
  const all = others.reduce(intersectRanges, first);
  return { all, some: subtractRanges(mergeRanges(lists.flat()), all) };
}
