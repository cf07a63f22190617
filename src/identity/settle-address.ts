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
import type { UnheardSandboxes } from './unheard-sandboxes.ts';

interface Context {
  readonly holders: LeaseHolders;
  readonly codes: SourceCodes;
  readonly unheard: UnheardSandboxes;
  /** Null when nobody asks what was revised. */
  readonly unwatched: readonly Span[] | null;
}

/** Arranges `address`. The rows whose bounds are others now. */
export function settleAddress(
  address: AddressLeases,
  columns: LeaseColumns,
  context: Context,
): { changed: number[]; spans: Span[] } {
  const { holders, unwatched } = context;
  const leases = bounded(address.rows(), columns, holders);
  const changed = leases.filter((lease) => isNew(lease, address));
  if (changed.length === 0) return { changed: [], spans: [] };
  const before = unwatched === null ? [] : changed.flatMap((lease) => arranged(lease, address, context));
  address.arrange(leases);
  const rows = changed.map(({ row }) => row);
  if (unwatched === null) return { changed: rows, spans: [] };
  const after = changed.map(({ bounds, ...lease }) => candidate(lease, bounds, context));
  const unchanged = ({ from, until }: Span): Candidate[] =>
    leases
      .filter(
        ({ row, bounds }) => !rows.includes(row) && bounds.from < until && (bounds.until ?? until) > from,
      )
      .map(({ bounds, ...lease }) => candidate(lease, bounds, context));
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
  if (place === null) return true;
  const { from, heldFrom, heldUntil, until } = address.lease(place);
  return (
    from !== bounds.from ||
    heldFrom !== bounds.heldFrom ||
    heldUntil !== bounds.heldUntil ||
    until !== bounds.until
  );
}

/** The lease as it was arranged before; none when it is new. */
function arranged(lease: ArrangedLease, address: AddressLeases, context: Context): Candidate[] {
  const place = address.placeOf(lease.row);
  if (place === null) return [];
  const before = address.lease(place);
  const { from, heldFrom, heldUntil, until } = before;
  const bounds = { from, heldFrom, heldUntil, until, sources: context.codes.sourcesOf(before.sources) };
  return [candidate(lease, bounds, context)];
}

function candidate(
  { row, holder }: Pick<ArrangedLease, 'row' | 'holder'>,
  { from, heldFrom, heldUntil, until, sources }: EffectiveBounds,
  { holders, unheard }: Context,
): Candidate {
  // An end that is presumed is no end of what is certain: that has none left.
  const provenEnd = isProvenEnd(sources.heldUntil) ? heldUntil : heldFrom;
  const pod = holders.podAt(holder);
  return {
    lease: row,
    holder,
    isPod: pod !== undefined,
    from,
    until: until ?? Number.POSITIVE_INFINITY,
    inDoubtFrom: (until === null ? heldUntil : null) ?? Number.POSITIVE_INFINITY,
    certainFrom: heldFrom,
    certainUntil: heldUntil === null ? Number.POSITIVE_INFINITY : (provenEnd ?? heldFrom),
    unheard: pod === undefined ? [] : unheard.on(pod.node),
  };
}
