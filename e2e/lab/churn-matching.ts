// Which attributed connections are true ones: a one-to-one matching between connections that the lab made and connections that the server
// counted, as large as can be, in which connections that come first are matched before all others.

/** Unix ms, half open. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Matching {
  /** For each connection whether it has a counterpart. */
  readonly matched: readonly boolean[];
  /** Moments of the counted ones that have none, each as often as it has such. */
  readonly unmatched: readonly number[];
}

/** `counted` are moments, each with so many connections in it; a connection belongs to a moment when their times touch. */
export function match(
  connections: readonly Span[],
  counted: readonly (Span & { readonly count: number })[],
): Matching {
  const holders = counted.map(() => new Set<number>());
  const touching = connections.map(({ start, end }) =>
    counted.flatMap((each, index) => (each.start <= end && each.end > start ? [index] : [])),
  );
  // Augmenting paths (Kuhn): who is matched once stays matched.
  const place = (connection: number, tried: Set<number>): boolean => {
    for (const moment of touching[connection] ?? []) {
      if (tried.has(moment)) continue;
      tried.add(moment);
      const held = holders[moment] ?? new Set();
      if (held.size < (counted[moment]?.count ?? 0)) {
        held.add(connection);
        return true;
      }
      for (const other of held) {
        if (!place(other, tried)) continue;
        held.delete(other);
        held.add(connection);
        return true;
      }
    }
    return false;
  };
  const matched = connections.map((_, index) => place(index, new Set()));
  const unmatched = counted.flatMap(({ count }, index) =>
    Array.from({ length: count - (holders[index]?.size ?? 0) }, () => index),
  );
  return { matched, unmatched };
}
