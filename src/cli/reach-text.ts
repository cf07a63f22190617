/** The ends and ports of connections as the commands print them. */
import { formatAddressRange } from '../domain/address-range.ts';
import type { AddressRange } from '../domain/address-range.ts';
import { widthOf } from '../domain/ip.ts';
import type { PortRange } from '../domain/port-range.ts';
import type { ReachEnd } from '../netpol/reach.ts';

/** In a table; JSON has all of them. */
const MAX_RANGES = 3;

/** For JSON: a workload's or pod's name, or a list of address ranges. */
export function endJson(end: ReachEnd): string | readonly string[] {
  return end.kind === 'group' ? end.title : end.ranges.map(formatAddressRange);
}

/** For a table: a name, or the first address ranges, whole families as `any IPv4`. */
export function endText(end: ReachEnd): string {
  if (end.kind === 'group') return end.title;
  const texts = end.ranges.map((range) =>
    isWhole(range) ? `any IPv${range.family}` : formatAddressRange(range),
  );
  const rest = texts.length - MAX_RANGES;
  // One more is not worth hiding.
  return rest <= 1 ? texts.join(', ') : `${texts.slice(0, MAX_RANGES).join(', ')} and ${rest} more ranges`;
}

/** `80`, `8000-8080`. */
export function portTexts(ports: readonly PortRange[]): string[] {
  return ports.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`));
}

/** For a table: `80, 8000-8080`, or `any`. */
export function portsText(ports: readonly PortRange[]): string {
  const [first] = ports;
  return first?.from === 1 && first.to === 65_535 ? 'any' : portTexts(ports).join(', ');
}

function isWhole({ family, first, last }: AddressRange): boolean {
  return first === 0n && last === (1n << BigInt(widthOf(family))) - 1n;
}
