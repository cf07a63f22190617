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

/** The ports of `a` that `b` does not hold, merged as by `mergeRanges`. The lists need not be merged. */
export function subtractRanges(a: readonly PortRange[], b: readonly PortRange[]): PortRange[] {
  const cuts = mergeRanges(b);
  const left: PortRange[] = [];
  for (const range of mergeRanges(a)) {
    let { from } = range;
    for (const cut of cuts) {
      if (cut.to < from || cut.from > range.to) continue;
      if (cut.from > from) left.push({ from, to: cut.from - 1 });
      from = cut.to + 1;
    }
    if (from <= range.to) left.push({ from, to: range.to });
  }
  return left;
}
