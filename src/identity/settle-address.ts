/** Brings the leases of one address in line with each other, and says at which times an answer about it is no longer what it was. */
import { isProvenEnd } from '../domain/lease.ts';
import type { LeaseColumns } from './lease-columns.ts';
import type { LeaseHolders } from './lease-holders.ts';
import { boundedByEachOther } from './mutual-bounds.ts';
import { revisedSpans } from './revised-spans.ts';
import type { Candidate, Span } from './revised-spans.ts';

interface Context {
  readonly holders: LeaseHolders;
  readonly unwatched: readonly Span[];
}

/** The rows of `columns` whose bounds are others now, among all `rows` of an address. */
export function settleAddress(
  rows: readonly number[],
  columns: LeaseColumns,
  { holders, unwatched }: Context,
): { changed: number[]; spans: Span[] } {
  const isPod = (row: number): boolean => holders.isPod(columns.holder(row));
  // Only one pod has an address at a time; of the others each may share it.
  const pods = rows.every(isPod) ? rows : rows.filter(isPod);
  const others = pods === rows ? [] : rows.filter((row) => !isPod(row)).map((row) => [row]);
  const changed: number[] = [];
  const before: Candidate[] = [];
  for (const group of [pods, ...others])
    for (const [place, bounds] of boundedByEachOther(group.map((row) => columns.raw(row))).entries()) {
      const row = group[place];
      if (row === undefined) continue;
      const was = candidateOf(row, columns, holders);
      if (!columns.setEffective(row, bounds)) continue;
      changed.push(row);
      before.push(was);
    }
  if (changed.length === 0) return { changed, spans: [] };
  const after = changed.map((row) => candidateOf(row, columns, holders));
  const unchanged = (span: Span): Candidate[] =>
    rows
      .filter((row) => columns.from(row) < span.until && columns.until(row) > span.from)
      .filter((row) => !changed.includes(row))
      .map((row) => candidateOf(row, columns, holders));
  return { changed, spans: revisedSpans({ before, after, others: unchanged }, unwatched) };
}

function candidateOf(row: number, columns: LeaseColumns, holders: LeaseHolders): Candidate {
  const holder = columns.holder(row);
  const until = columns.until(row);
  const heldFrom = columns.heldFrom(row);
  const heldUntil = columns.heldUntil(row);
  const isOpen = until === Number.POSITIVE_INFINITY;
  // An end that is presumed is no end of what is certain: that has none left.
  const provenEnd = isProvenEnd(columns.sources(row).heldUntil) ? heldUntil : heldFrom;
  return {
    lease: row,
    holder,
    isPod: holders.isPod(holder),
    from: columns.from(row),
    until,
    inDoubtFrom: (isOpen ? heldUntil : null) ?? Number.POSITIVE_INFINITY,
    certainFrom: heldFrom,
    certainUntil: heldUntil === null ? Number.POSITIVE_INFINITY : (provenEnd ?? heldFrom),
  };
}
