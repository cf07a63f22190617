/**
 * All addresses, cut into cells within which no policy tells one address from another: at the bounds of every ipBlock
 * and exception, and at the addresses of the nodes of the given pods.
 */
import { mergeAddressRanges } from '../domain/address-range.ts';
import type { AddressRange } from '../domain/address-range.ts';
import { cidr, lastOf } from '../domain/cidr.ts';
import { familyOf, formatIp, ipToBits, widthOf } from '../domain/ip.ts';
import type { IpAddress, IpFamily } from '../domain/ip.ts';
import type { PolicySet } from './compile.ts';
import { blockHolds } from './ip-block.ts';
import type { CompiledBlock, ParsedAddress } from './ip-block.ts';
import type { PolicyPod } from './world.ts';

/** Outside addresses that every policy and every given pod treats alike. */
export interface OutsideClass {
  readonly id: number;
  /** One of them, to stand for all. */
  readonly address: IpAddress;
}

export interface AddressCells {
  /**
   * The addresses that are no given pod's, by class. Loopback is nobody's outside, and IPv4-mapped IPv6 addresses are
   * not IPv6 addresses here.
   */
  readonly outside: readonly OutsideClass[];
  /** Equal for two addresses exactly when the same blocks hold them. */
  blocksHolding(address: ParsedAddress): number;
  /** The addresses of these classes. A range runs on across addresses that are in no class, such as those of pods. */
  rangesOf(classes: ReadonlySet<number>): AddressRange[];
}

interface Cell extends AddressRange {
  /** Which blocks hold it. */
  readonly blocks: number;
  /** Of its outside addresses; null when it has none. */
  readonly outsideClass: number | null;
}

/** The cells in which all of the sets agree. */
export function cutAddresses(sets: readonly PolicySet[], pods: readonly PolicyPod[]): AddressCells {
  const blocks = distinctBlocks(sets);
  const nodeAddresses = addressesOfNodes(sets, pods);
  const taken = new Set<IpAddress>(pods.flatMap(({ ips }) => ips));
  const blockSets = new Map<string, number>();
  const outside = new Map<string, OutsideClass>();
  const cellOf = (range: AddressRange): Cell => {
    const bits = { family: range.family, bits: range.first };
    const holding = blocks.flatMap((block, index) => (blockHolds(block, bits) ? [index] : [])).join();
    const blockSet = blockSets.get(holding) ?? blockSets.size;
    blockSets.set(holding, blockSet);
    const address = firstFree(range, taken);
    if (address === null) return { ...range, blocks: blockSet, outsideClass: null };
    const key = JSON.stringify([range.family, blockSet, nodeAddresses.get(address) ?? []]);
    const known = outside.get(key) ?? { id: outside.size, address };
    outside.set(key, known);
    return { ...range, blocks: blockSet, outsideClass: known.id };
  };
  const cells = {
    4: cut(4, blocks, nodeAddresses.keys()).map(cellOf),
    6: cut(6, blocks, nodeAddresses.keys()).map(cellOf),
  };
  return {
    outside: [...outside.values()],
    blocksHolding: ({ family, bits }) => cellHolding(cells[family], bits).blocks,
    rangesOf: (classes) => [...joined(cells[4], classes), ...joined(cells[6], classes)],
  };
}

/** A pod talks to itself over loopback (NETPOL rule 22); mapped addresses are those of IPv4 (rule 19). */
const NEVER_OUTSIDE = ['127.0.0.0/8', '::1/128']
  .map(cidr)
  .map((block) => ({ ...block, last: lastOf(block) }));
const MAPPED: AddressRange = { family: 6, first: 0xffffn << 32n, last: (0x1_0000n << 32n) - 1n };
const RESERVED: readonly AddressRange[] = [...NEVER_OUTSIDE, MAPPED];

function distinctBlocks(sets: readonly PolicySet[]): CompiledBlock[] {
  const distinct = new Map<string, CompiledBlock>();
  for (const { policies } of sets) {
    for (const { rules } of [...policies.ingress, ...policies.egress]) {
      for (const block of rules.flatMap(({ peers }) => peers.blocks)) {
        const spans = [block, ...block.except].map(({ first, last }) => `${first}-${last}`);
        distinct.set(`${block.family} ${spans.join()}`, block);
      }
    }
  }
  return [...distinct.values()];
}

/** For each address of a node on which a given pod runs: by set, the nodes whose address it is. Ingress from them is exempt (NETPOL rule 23). */
function addressesOfNodes(
  sets: readonly PolicySet[],
  pods: readonly PolicyPod[],
): Map<IpAddress, readonly string[]> {
  const names = new Set(pods.flatMap(({ node }) => (node === null ? [] : [node])));
  const owners = new Map<IpAddress, string[]>();
  for (const [index, { nodes }] of sets.entries()) {
    for (const name of names) {
      for (const address of nodes.get(name) ?? []) {
        owners.set(address, [...(owners.get(address) ?? []), `${index} ${name}`]);
      }
    }
  }
  return owners;
}

function cut(
  family: IpFamily,
  blocks: readonly CompiledBlock[],
  nodeAddresses: Iterable<IpAddress>,
): AddressRange[] {
  const end = 1n << BigInt(widthOf(family));
  const starts = new Set<bigint>([0n]);
  const addSpan = ({ first, last }: { first: bigint; last: bigint }): void => {
    starts.add(first);
    if (last + 1n < end) starts.add(last + 1n);
  };
  for (const range of RESERVED) if (range.family === family) addSpan(range);
  for (const block of blocks) if (block.family === family) [block, ...block.except].forEach(addSpan);
  for (const address of nodeAddresses) {
    if (familyOf(address) !== family) continue;
    const bits = ipToBits(address);
    addSpan({ first: bits, last: bits });
  }
  const sorted = [...starts].toSorted((a, b) => (a < b ? -1 : 1));
  return sorted.map((first, index) => ({ family, first, last: (sorted[index + 1] ?? end) - 1n }));
}

/** The first address of the range that is no pod's; null when there is none. The range is wholly reserved or not at all. */
function firstFree({ family, first, last }: AddressRange, taken: ReadonlySet<IpAddress>): IpAddress | null {
  if (RESERVED.some((range) => range.family === family && range.first <= first && first <= range.last)) {
    return null;
  }
  for (let bits = first; bits <= last; bits += 1n) {
    const address = formatIp(family, bits);
    if (!taken.has(address)) return address;
  }
  return null;
}

function cellHolding(cells: readonly Cell[], bits: bigint): Cell {
  let low = 0;
  let high = cells.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const start = cells[middle]?.first ?? 0n;
    if (start <= bits) low = middle;
    else high = middle - 1;
  }
  const cell = cells[low];
  if (cell === undefined) throw new RangeError('cells cover every address');
  return cell;
}

/** Cells without outside addresses join what stands on both sides of them. */
function joined(cells: readonly Cell[], classes: ReadonlySet<number>): AddressRange[] {
  const ranges: AddressRange[] = [];
  let open: AddressRange | null = null;
  for (const { family, first, last, outsideClass } of cells) {
    if (outsideClass === null) continue;
    if (!classes.has(outsideClass)) {
      if (open !== null) ranges.push(open);
      open = null;
    } else open = open === null ? { family, first, last } : { family, first: open.first, last };
  }
  if (open !== null) ranges.push(open);
  return mergeAddressRanges(ranges);
}
