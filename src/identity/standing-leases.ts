/**
 * Leases of Services, nodes and the API server: an owner has a set of addresses, and says when it has another. Two owners may have one
 * address at a time (an API endpoint is a node address, load balancers share one), so these leases do not bound each other.
 */
import type { IpAddress } from '../domain/ip.ts';
import type { BoundSource, Holder } from '../domain/lease.ts';
import type { LeaseRow, LeaseTable } from './lease-table.ts';
import type { RawBounds } from './pod-lease.ts';

interface Owner {
  /** What its leases stand for now: name and ports. */
  readonly meaning: string;
  readonly rows: ReadonlyMap<IpAddress, LeaseRow>;
  readonly observedAt: number;
}

/** What an owner is said to have. */
export interface Holding {
  readonly holder: Holder;
  readonly ips: readonly IpAddress[];
  /** It cannot have had an address before; unix ms. */
  readonly since: number;
}

export class StandingLeases {
  readonly #table: LeaseTable;
  readonly #owners = new Map<string, Owner>();
  /** Open leases that were persisted and not seen again yet. */
  readonly #restored = new Map<string, LeaseRow>();

  constructor(table: LeaseTable) {
    this.#table = table;
  }

  /** `owner` has exactly these addresses at `observedAt` (unix ms), with these ports. */
  observe(owner: string, holding: Holding, observedAt: number): void {
    const { holder } = holding;
    const known = this.#owners.get(owner);
    const meaning = JSON.stringify(holder);
    const ips = new Set(holding.ips);
    for (const [ip, row] of known?.rows ?? [])
      if (!ips.has(ip) || known?.meaning !== meaning)
        this.#close(row, { observedAt, lastObserved: known?.observedAt ?? observedAt });
    const [current] = known?.meaning === meaning ? known.rows.values() : [];
    // A holder is shared by its leases and goes with the last of them.
    let index = current === undefined ? null : this.#table.holderOf(current);
    const origin: [BoundSource, BoundSource] =
      holding.since > 0 ? ['created', 'created'] : ['unbounded', 'unbounded'];
    const start: Pick<RawBounds, 'from' | 'heldFrom' | 'sources'> =
      known === undefined
        ? { from: holding.since, heldFrom: holding.since, sources: sourcesOf(...origin) }
        : {
            from: known.observedAt,
            heldFrom: observedAt,
            sources: sourcesOf('last-seen-before', 'observed'),
          };
    const rows = new Map<IpAddress, LeaseRow>();
    for (const ip of ips) {
      const same = known?.meaning === meaning ? known.rows.get(ip) : undefined;
      const row = same ?? this.#adopted(owner, ip, meaning);
      if (row === undefined) index ??= this.#table.addHolder(holder, owner);
      const bounds = { ...start, provenAt: start.from, heldUntil: null, until: null };
      rows.set(ip, row ?? this.#table.add(ip, index ?? 0, bounds));
    }
    this.#owners.set(owner, { meaning, rows, observedAt });
  }

  remove(owner: string, observedAt: number): void {
    const known = this.#owners.get(owner);
    for (const row of known?.rows.values() ?? [])
      this.#close(row, { observedAt, lastObserved: known?.observedAt ?? observedAt });
    this.#owners.delete(owner);
  }

  /** A lease that was persisted, of a holder that may still have the address. */
  restored(owner: string, ip: IpAddress, row: LeaseRow): void {
    this.#restored.set(`${owner} ${ip}`, row);
  }

  /** Everything there is was told since the restart: what was restored and is not there ended in between. */
  closeAbsent(gap: { observedAt: number; lastObserved: number }): void {
    for (const row of this.#restored.values()) this.#close(row, gap);
    this.#restored.clear();
  }

  rows(): LeaseRow[] {
    return [
      ...this.#restored.values(),
      ...[...this.#owners.values()].flatMap((owner) => [...owner.rows.values()]),
    ];
  }

  renumber(moved: ReadonlyMap<LeaseRow, LeaseRow>): void {
    for (const [key, row] of this.#restored) this.#restored.set(key, moved.get(row) ?? row);
    for (const [key, owner] of this.#owners) {
      const rows = [...owner.rows].map(([ip, row]): [IpAddress, LeaseRow] => [ip, moved.get(row) ?? row]);
      this.#owners.set(key, { ...owner, rows: new Map(rows) });
    }
  }

  /** The restored lease of this owner, when it meant the same; else that one ends where this is seen. */
  #adopted(owner: string, ip: IpAddress, meaning: string): LeaseRow | undefined {
    const key = `${owner} ${ip}`;
    const row = this.#restored.get(key);
    if (row === undefined || JSON.stringify(this.#table.holder(this.#table.holderOf(row))) !== meaning)
      return undefined;
    this.#restored.delete(key);
    return row;
  }

  #close(row: LeaseRow, seen: { observedAt: number; lastObserved: number }): void {
    const bounds = this.#table.bounds(row);
    if (bounds.until !== null) return;
    this.#table.setBounds(row, {
      ...bounds,
      heldUntil: Math.max(bounds.heldFrom, Math.min(seen.lastObserved, seen.observedAt)),
      until: Math.max(bounds.heldFrom, seen.observedAt),
      sources: { ...bounds.sources, heldUntil: 'observed', until: 'removed' },
    });
  }
}

function sourcesOf(from: BoundSource, heldFrom: BoundSource): RawBounds['sources'] {
  return { from, heldFrom, heldUntil: null, until: null };
}
