/** An inclusive range of layer-4 ports, 1 to 65535 with `from <= to`; one port has `from` equal to `to`. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Every port there is. Port 0 is reserved (RFC 6335) and cannot be named by a NetworkPolicy. */
export const ALL_PORTS: readonly PortRange[] = [{ from: 1, to: 65_535 }];

/** The fewest ranges that hold exactly the ports of `ranges`: sorted, disjoint, with a gap between any two. */
export function mergeRanges(ranges: Iterable<PortRange>): PortRange[] {
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of [...ranges].toSorted((a, b) => a.from - b.from)) {
    const top = merged.at(-1);
    if (top !== undefined && from <= top.to + 1) top.to = Math.max(top.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/** The ports that both lists hold, merged as by `mergeRanges`. The lists need not be merged. */
export function intersectRanges(a: readonly PortRange[], b: readonly PortRange[]): PortRange[] {
  const common: PortRange[] = [];
  for (const left of a) {
    for (const right of b) {
      const from = Math.max(left.from, right.from);
      const to = Math.min(left.to, right.to);
      if (from <= to) common.push({ from, to });
    }
  }
  return mergeRanges(common);
}
