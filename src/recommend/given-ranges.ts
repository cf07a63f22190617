/** Ranges that a person gave because traffic cannot show them whole, held against the addresses of pods and Services. */
import { cidrContains, compareCidrs, formatCidr, parseCidr } from '../domain/cidr.ts';
import type { Cidr } from '../domain/cidr.ts';
import { formatIp, widthOf } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import { ProblemError } from '../domain/problem.ts';
import { compareText } from '../domain/text-order.ts';
import type { IpBlock } from '../netpol/policy.ts';
import { clusterSpaceOf } from './cluster-space.ts';
import type { ClusterInfo, NodeInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import type { KnownRanges } from './outside-peers.ts';
import { ownAddressesOf } from './policy-world.ts';
import type { RangeIndex } from './range-index.ts';

export interface GivenRanges {
  /** For nodes, sorted: those that hold nothing of pods and Services. */
  readonly nodes: readonly Cidr[];
  /** What must be said wherever nodes are drafted: which of their ranges are not used. */
  readonly nodeCaveats: readonly Caveat[];
  readonly controlPlane: readonly Cidr[];
  readonly controlPlaneCaveats: readonly Caveat[];
}

/**
 * A range for nodes that reaches pods or Services is refused (DESIGN section 6), unless it is one address and a node's own,
 * as of a bridge or a tunnel. Throws a ProblemError `bad-configuration` on text that is no CIDR: a rule without its ranges
 * would be a rule for anyone.
 */
export function givenRanges(
  { nodeCidrs, controlPlaneCidrs }: KnownRanges,
  podsAndServices: RangeIndex,
  nodes: readonly NodeInfo[],
): GivenRanges {
  const own = new Set(nodeCidrs.length === 0 ? [] : nodes.flatMap(ownAddressesOf));
  const isOwn = ({ family, first, length }: Cidr): boolean =>
    length === widthOf(family) && own.has(formatIp(family, first));
  const ofNodes = parsed('nodeCIDRs', nodeCidrs);
  const refused = ofNodes.filter((block) => !isOwn(block) && podsAndServices.overlapping(block).length > 0);
  const controlPlane = parsed('controlPlaneCIDRs', controlPlaneCidrs);
  return {
    nodes: ofNodes.filter((block) => !refused.includes(block)),
    nodeCaveats: refused.length === 0 ? [] : [refusedCaveat(refused)],
    controlPlane,
    controlPlaneCaveats: holdsPodsCaveats('controlPlaneCIDRs', controlPlane, podsAndServices),
  };
}

/** What must be said of all ranges that a person gave, whether a draft uses them or not: those for nodes first, then by name. */
export function givenRangeCaveats(cluster: ClusterInfo, known: KnownRanges): readonly Caveat[] {
  const { podsAndServices } = clusterSpaceOf(cluster, known);
  const { nodeCaveats, controlPlaneCaveats } = givenRanges(known, podsAndServices, cluster.nodes);
  const named = Object.entries(known.named ?? {}).toSorted(([a], [b]) => compareText(a, b));
  return [
    ...nodeCaveats,
    ...controlPlaneCaveats,
    ...named.flatMap(([name, cidrs]) => holdsPodsCaveats(name, sortedCidrs(cidrs), podsAndServices)),
  ];
}

/** What is no CIDR is nothing. */
export function sortedCidrs(texts: readonly string[]): Cidr[] {
  return texts
    .map(parseCidr)
    .filter((block) => block !== null)
    .toSorted(compareCidrs);
}

/** What must be said of ranges that a person gave and that are drafted though pods or Services are in them. */
export function holdsPodsCaveats(
  name: string,
  blocks: readonly Cidr[],
  podsAndServices: RangeIndex,
): readonly Caveat[] {
  const holding = blocks.filter((block) => podsAndServices.overlapping(block).length > 0);
  if (holding.length === 0) return [];
  const listed = holding.map(formatCidr).join(', ');
  return [
    {
      code: 'range-holds-pods',
      sentence: `${listed} of ${name} holds addresses of pods or Services, so the rule is for those too; give ranges without them`,
    },
  ];
}

/** The ranges, and whatever was seen outside all of them as `drafted` has it. */
export function rangesAndSeen(
  ranges: readonly Cidr[],
  seen: readonly IpAddress[],
  drafted: (beside: readonly IpAddress[]) => IpBlock[],
): { readonly blocks: IpBlock[]; readonly isBeside: boolean } {
  const beside = outsideOf(ranges, seen);
  const given = ranges.map((block) => ({ cidr: formatCidr(block) }));
  return {
    blocks: beside.length === 0 ? given : [...given, ...drafted(beside)],
    isBeside: beside.length > 0,
  };
}

export function outsideOf(ranges: readonly Cidr[], addresses: readonly IpAddress[]): readonly IpAddress[] {
  if (ranges.length === 0) return addresses;
  return addresses.filter((address) => !ranges.some((range) => cidrContains(range, address)));
}

function refusedCaveat(refused: readonly Cidr[]): Caveat {
  const listed = refused.map(formatCidr).join(', ');
  return {
    code: 'node-range-refused',
    sentence: `${listed} of nodeCIDRs holds addresses of pods or Services and is not used; give ranges that hold nodes alone`,
  };
}

function parsed(name: string, texts: readonly string[]): Cidr[] {
  const blocks = new Map<string, Cidr>();
  for (const text of texts) {
    const block = parseCidr(text);
    if (block === null)
      throw new ProblemError('bad-configuration', `${name}: ${JSON.stringify(text)} is not a CIDR`, {
        hint: 'a CIDR is an address and a length, as 10.0.0.0/16',
      });
    blocks.set(formatCidr(block), block);
  }
  return [...blocks.values()].toSorted(compareCidrs);
}
