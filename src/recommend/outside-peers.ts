/** Peers that are no pods: nodes, the API server, named ranges and the outside, as ipBlocks with the caveats they need. */
import { cidrOf, formatCidr } from '../domain/cidr.ts';
import type { Identity } from '../domain/identity.ts';
import { compareIps } from '../domain/ip.ts';
import type { IpAddress, IpFamily } from '../domain/ip.ts';
import type { IpBlock } from '../netpol/policy.ts';
import { blockHolds } from './addresses.ts';
import type { ClusterSpace } from './cluster-space.ts';
import type { Caveat } from './draft.ts';
import type { OutsideStrategy } from './drafting-options.ts';
import type { GivenRanges } from './given-ranges.ts';
import type { NeededEdge } from './needed-edges.ts';
import type { NamedRanges } from './named-ranges.ts';
import { classOf } from './outside-classes.ts';
import type { OutsideBlocks, OutsideClass, OutsideScope } from './outside-classes.ts';
import type { RangeIndex } from './range-index.ts';
import { portKey } from './rule-draft.ts';
import type { RuleDraft } from './rule-draft.ts';

/** Ranges a user supplies because traffic cannot show them whole. Empty: only what was seen. */
export interface KnownRanges {
  readonly nodeCidrs: readonly string[];
  readonly controlPlaneCidrs: readonly string[];
  /** Blocks by the name that rules carry; a rule for an address in one is drafted for all of its blocks. */
  readonly named?: Readonly<Record<string, readonly string[]>>;
}

export interface OutsideContext extends ClusterSpace {
  /** Every range of the cluster and every named one: no prefix may reach into it. */
  readonly taken: RangeIndex;
  readonly known: KnownRanges;
  /** Of `known` what is for nodes and the API server. */
  readonly given: GivenRanges;
  readonly named: NamedRanges;
  readonly apiServers: readonly IpAddress[];
  /** Whose an address of a pod or a Service is today, as a title. */
  readonly holderNow: (address: IpAddress) => string | null;
  readonly strategy: OutsideStrategy;
  /** Any address that is neither private nor of this cluster. */
  readonly publicBlocks: (families: readonly IpFamily[]) => IpBlock[];
}

export type OutsideIdentity = Exclude<Identity, { kind: 'workload' }>;

export interface OutsideNeed {
  readonly peer: OutsideIdentity;
  readonly needed: NeededEdge;
}

/** More addresses than this in a sentence are read by nobody. */
const MAX_NAMED = 5;

interface Group extends OutsideBlocks {
  readonly kind: OutsideClass;
  readonly needs: OutsideNeed[];
}

/** One draft rule per class of address and port, so that each port gets only the addresses it was used with. */
export function outsideRules(needs: readonly OutsideNeed[], scope: OutsideScope): RuleDraft[] {
  const byPort = Map.groupBy(needs, ({ needed }) => portKey(needed));
  return [...byPort.values()].flatMap((ofPort) =>
    withoutCovered(groupsOf(ofPort, scope)).map(({ kind, needs: group, blocks, caveats }) => {
      if (blocks.length === 0) throw new RangeError('no block for a rule, which would then be for anyone');
      const edges = group.map(({ needed }) => needed);
      const { order, title } = kind;
      const peers = blocks.map((ipBlock) => ({ ipBlock }));
      return { order, title, caveats, basis: 'observed' as const, peers, ports: edges, edges };
    }),
  );
}

function groupsOf(needs: readonly OutsideNeed[], scope: OutsideScope): Group[] {
  const groups = new Map<string, { kind: OutsideClass; needs: OutsideNeed[] }>();
  for (const need of needs) {
    const kind = classOf(need.peer, scope);
    const known = groups.get(kind.name);
    if (known === undefined) groups.set(kind.name, { kind, needs: [need] });
    else known.needs.push(need);
  }
  return [...groups.values()]
    .toSorted((a, b) => a.kind.order - b.kind.order)
    .map(({ kind, needs: own }) => {
      const seen = [...new Set(own.map(({ peer }) => peer.address))];
      const { blocks, caveats } = kind.draft(seen);
      return { kind, needs: own, blocks, caveats: [...caveats, ...heldCaveats(seen, scope)] };
    });
}

/** A rule of which another allows every address is no need of its own: its connections stand with the other. */
function withoutCovered(groups: readonly Group[]): readonly Group[] {
  if (groups.length < 2) return groups;
  const kept = [...groups];
  for (const group of groups) {
    const cover = kept.find(
      (other) =>
        other !== group &&
        group.needs.every(({ peer }) => other.blocks.some((block) => blockHolds(block, peer.address))),
    );
    if (cover === undefined) continue;
    kept.splice(kept.indexOf(group), 1);
    cover.needs.push(...group.needs);
  }
  return kept;
}

/** An address has one holder at a time: whoever had it when it was seen, the rule is for its pod too (NETPOL rule 21). */
function heldCaveats(seen: readonly IpAddress[], { holderNow }: OutsideScope): readonly Caveat[] {
  const held = seen.flatMap((address) => {
    const holder = holderNow(address);
    return holder === null ? [] : [{ address, holder }];
  });
  const sorted = held.toSorted((a, b) => compareIps(a.address, b.address));
  const [first] = sorted;
  if (first === undefined) return [];
  const names = sorted.slice(0, MAX_NAMED).map(({ address, holder }) => `${address} (${holder})`);
  const more = held.length > MAX_NAMED ? ` and ${held.length - MAX_NAMED} more` : '';
  return [
    {
      code: 'address-of-a-pod',
      sentence: `a pod or a Service has an address now that was none of theirs when it was seen, so the rule is for it too: ${names.join(', ')}${more}; if what had it then is gone, leave it out with exclude=cidr=${formatCidr(cidrOf(first.address))}`,
    },
  ];
}
