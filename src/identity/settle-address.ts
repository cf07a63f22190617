/** Brings the leases of one address in line with each other, and says at which times an answer about it is no longer what it was. */
import { isProvenEnd } from '../domain/lease.ts';
import type { AddressLeases, ArrangedLease } from './address-leases.ts';
import type { LeaseColumns } from './lease-columns.ts';
import type { LeaseHolders } from './lease-holders.ts';
import { boundedByEachOther } from './mutual-bounds.ts';
import type { EffectiveBounds } from './mutual-bounds.ts';
import { revisedSpans } from './revised-spans.ts';
import type { Candidate, Span } from './revised-spans.ts';
import type { SourceCodes } from './source-codes.ts';

interface Context {
  readonly holders: LeaseHolders;
  readonly codes: SourceCodes;
  /** Null when nobody asks what was revised. */
  readonly unwatched: readonly Span[] | null;
}

/** Arranges `address`. The rows whose bounds are others now. */
export function settleAddress(
  address: AddressLeases,
  columns: LeaseColumns,
  { holders, codes, unwatched }: Context,
): { changed: number[]; spans: Span[] } {
  const leases = bounded(address.rows(), columns, holders);
  const changed = leases.filter((lease) => isNew(lease, address));
  if (changed.length === 0) return { changed: [], spans: [] };
  const before =
    unwatched === null ? [] : changed.flatMap((lease) => arranged(lease, address, holders, codes));
  address.arrange(leases);
  const rows = changed.map(({ row }) => row);
  if (unwatched === null) return { changed: rows, spans: [] };
  const after = changed.map(({ bounds, ...lease }) => candidate(lease, bounds, holders));
  const unchanged = ({ from, until }: Span): Candidate[] =>
    leases
      .filter(
        ({ row, bounds }) => !rows.includes(row) && bounds.from < until && (bounds.until ?? until) > from,
      )
      .map(({ bounds, ...lease }) => candidate(lease, bounds, holders));
  return { changed: rows, spans: revisedSpans({ before, after, others: unchanged }, unwatched) };
}

function bounded(rows: readonly number[], columns: LeaseColumns, holders: LeaseHolders): ArrangedLease[] {
  const isPod = (row: number): boolean => holders.isPod(columns.holder(row));
  // Only one pod has an address at a time; of the others each may share it.
  const pods = rows.every(isPod) ? rows : rows.filter(isPod);
  const others = pods === rows ? [] : rows.filter((row) => !isPod(row)).map((row) => [row]);
  return [pods, ...others].flatMap((group) =>
    boundedByEachOther(group.map((row) => columns.bounds(row))).map((bounds, index) => {
      const row = group[index] ?? 0;
      return { row, holder: columns.holder(row), ordinal: columns.ordinal(row), bounds };
    }),
  );
}

function isNew({ row, bounds }: ArrangedLease, address: AddressLeases): boolean {
  const place = address.placeOf(row);
  return (
    place === null ||
    address.from(place) !== bounds.from ||
    address.heldFrom(place) !== bounds.heldFrom ||
    address.heldUntil(place) !== bounds.heldUntil ||
    address.until(place) !== (bounds.until ?? Number.POSITIVE_INFINITY)
  );
}

/** The lease as it was arranged before; none when it is new. */
function arranged(
  lease: ArrangedLease,
  address: AddressLeases,
  holders: LeaseHolders,
  codes: SourceCodes,
): Candidate[] {
  const place = address.placeOf(lease.row);
  if (place === null) return [];
  const until = address.until(place);
  const bounds = {
    from: address.from(place),
    heldFrom: address.heldFrom(place),
    heldUntil: address.heldUntil(place),
    until: until === Number.POSITIVE_INFINITY ? null : until,
    sources: codes.sourcesOf(address.sources(place)),
  };
  return [candidate(lease, bounds, holders)];
}

function candidate(
  { row, holder }: Pick<ArrangedLease, 'row' | 'holder'>,
  { from, heldFrom, heldUntil, until, sources }: EffectiveBounds,
  holders: LeaseHolders,
): Candidate {
  // An end that is presumed is no end of what is certain: that has none left.
  const provenEnd = isProvenEnd(sources.heldUntil) ? heldUntil : heldFrom;
  return {
    lease: row,
    holder,
    isPod: holders.isPod(holder),
    from,
    until: until ?? Number.POSITIVE_INFINITY,
    inDoubtFrom: (until === null ? heldUntil : null) ?? Number.POSITIVE_INFINITY,
    certainFrom: heldFrom,
    certainUntil: heldUntil === null ? Number.POSITIVE_INFINITY : (provenEnd ?? heldFrom),
  };
}
