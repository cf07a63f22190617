/**
 * The leases of all addresses, with their holders and what changed of them. It keeps bounds and compares them; where they come from is
 * not its business.
 */
import type { IpAddress } from '../domain/ip.ts';
import { AddressLeases } from './address-leases.ts';
import type { Holder, Lease, SandboxMark } from '../domain/lease.ts';
import { LeaseColumns } from './lease-columns.ts';
import { PodLeaseView } from './pod-lease-view.ts';
import { LeaseHolders } from './lease-holders.ts';
import type { RawBounds } from './pod-lease.ts';
import { RevisedAddresses } from './revised-addresses.ts';
import type { RevisedSpan } from './revised-addresses.ts';
import type { Span } from './revised-spans.ts';
import { settleAddress } from './settle-address.ts';

/** A lease as this table numbers it; given again to another when it is forgotten. */
export type LeaseRow = number;

/** Below so many free rows nothing is worth moving. */
const FEWEST_FREE_ROWS = 4096;

export class LeaseTable {
  #columns = new LeaseColumns();
  readonly #addresses = new Map<IpAddress, AddressLeases>();
  #ipByRow: IpAddress[] = [];
  readonly #holders = new LeaseHolders();
  /** Ids of restored leases that follow no rule of ours. */
  readonly #oddIds = new Map<LeaseRow, string>();
  readonly #unsettled = new Set<IpAddress>();
  readonly #changed = new Set<LeaseRow>();
  readonly #revised = new RevisedAddresses();
  /** Times in which pods could come and go without being told; in order and disjoint. */
  #unwatched: readonly Span[] = [];

  get size(): number {
    return this.#columns.size;
  }

  /** For leases that follow: a holder without one is never forgotten. */
  addHolder(holder: Holder, owner: string | null): number {
    return this.#holders.add(holder, owner);
  }

  holder(index: number): Holder | undefined {
    return this.#holders.at(index);
  }

  /** The same holder, of which something else is known now. */
  replaceHolder(index: number, holder: Holder): void {
    this.#holders.replace(index, holder);
  }

  add(ip: IpAddress, holder: number, bounds: RawBounds): LeaseRow {
    const rows = this.rowsOf(ip);
    let ordinal = 0;
    for (const row of rows)
      if (this.#holders.haveOneOwner(this.#columns.holder(row), holder))
        ordinal = Math.max(ordinal, this.#columns.ordinal(row) + 1);
    return this.#addAs(ip, holder, { ordinal, bounds });
  }

  /** A lease that was persisted. */
  addRestored(lease: Lease, holder: number, bounds: RawBounds): LeaseRow {
    const stem = `${this.#holders.ownerOf(holder)}:${lease.ip}:`;
    const end = lease.id.startsWith(stem) ? lease.id.slice(stem.length) : '';
    const ordinal = /^[0-9]{1,9}$/.test(end) ? Number(end) : 0;
    const row = this.#addAs(lease.ip, holder, { ordinal, bounds });
    if (this.id(row) !== lease.id) this.#oddIds.set(row, lease.id);
    return row;
  }

  ip(row: LeaseRow): IpAddress | undefined {
    return this.#ipByRow[row];
  }

  id(row: LeaseRow): string {
    const odd = this.#oddIds.size === 0 ? undefined : this.#oddIds.get(row);
    if (odd !== undefined) return odd;
    const holder = this.#columns.holder(row);
    const ordinal = this.#columns.ordinal(row);
    const stem = `${this.#holders.ownerOf(holder)}:${this.#ipByRow[row] ?? ''}`;
    return ordinal === 0 && !this.#holders.isPod(holder) ? stem : `${stem}:${ordinal}`;
  }

  bounds(row: LeaseRow): RawBounds {
    return this.#columns.raw(row);
  }

  setBounds(row: LeaseRow, bounds: RawBounds): void {
    const ip = this.#ipByRow[row];
    if (ip === undefined || !this.#columns.setRaw(row, bounds)) return;
    this.#unsettled.add(ip);
    this.#changed.add(row);
  }

  get unwatched(): readonly Span[] {
    return this.#unwatched;
  }

  setUnwatched(spans: readonly Span[]): void {
    this.#unwatched = spans;
  }

  /** The lease is to be persisted again though its bounds are as they were. */
  touch(row: LeaseRow): void {
    this.#changed.add(row);
  }

  /** Whoever held the address by this lease is now called otherwise. */
  renamed(row: LeaseRow): void {
    const ip = this.#ipByRow[row];
    this.#changed.add(row);
    if (ip !== undefined)
      this.#revised.add(ip, [{ from: this.#columns.from(row), until: this.#columns.until(row) }]);
  }

  /** Brings the bounds of all leases of the addresses that changed in line with each other. */
  settle(): void {
    for (const ip of this.#unsettled) this.#settleIp(ip);
    this.#unsettled.clear();
  }

  /** As `settle`, for leases that tell nothing new. */
  settleRestored(): void {
    this.settle();
    this.#changed.clear();
    this.#revised.take();
  }

  rowsOf(ip: IpAddress): readonly LeaseRow[] {
    return this.#addresses.get(ip)?.rows() ?? [];
  }

  /** Leases of these addresses that this holder has. */
  rowsHeldBy(holder: number, ips: readonly IpAddress[]): LeaseRow[] {
    return ips.flatMap((ip) => this.rowsOf(ip).filter((row) => this.#columns.holder(row) === holder));
  }

  ips(): IpAddress[] {
    return [...this.#addresses.keys()];
  }

  holderOf(row: LeaseRow): number {
    return this.#columns.holder(row);
  }

  /** Leases that could have held the address at an instant of [start, end), by `from`. */
  during(ip: IpAddress, start: number, end: number): Lease[] {
    const leases: Lease[] = [];
    const address = this.#addresses.get(ip);
    address?.during(start, end, (row) => leases.push(this.#view(row, address.ip)));
    return leases.length > 1 ? leases.toReversed() : leases;
  }

  lease(row: LeaseRow, sandbox?: SandboxMark): Lease {
    const columns = this.#columns;
    const until = columns.until(row);
    const holder = this.#holders.at(columns.holder(row));
    const ip = this.#ipByRow[row];
    if (holder === undefined || ip === undefined) throw new RangeError(`no lease ${row}`);
    const lease = {
      id: this.id(row),
      ip,
      holder,
      from: columns.from(row),
      heldFrom: columns.heldFrom(row),
      heldUntil: columns.heldUntil(row),
      until: until === Number.POSITIVE_INFINITY ? null : until,
      sources: columns.sources(row),
    };
    return sandbox === undefined ? lease : { ...lease, sandbox };
  }

  takeChanged(): LeaseRow[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  takeRevised(): RevisedSpan[] {
    return this.#revised.take();
  }

  /** Forgets closed leases that ended before `time`, but for those in `keep`. Returns how many. */
  forgetBefore(time: number, keep: ReadonlySet<LeaseRow>): number {
    let forgotten = 0;
    for (const [ip, address] of this.#addresses) {
      const rows = address.rows();
      const isKept = (row: LeaseRow): boolean => this.#columns.until(row) >= time || keep.has(row);
      const kept = rows.filter(isKept);
      if (kept.length === rows.length) continue;
      forgotten += rows.length - kept.length;
      for (const row of rows) if (!isKept(row)) this.#forget(row);
      if (kept.length === 0) this.#addresses.delete(ip);
      else this.#order(address, kept);
    }
    return forgotten;
  }

  /**
   * Gives memory back when most rows are free. Returns the new number of each row by its old one, or null when none has moved: then
   * every number that is kept elsewhere holds on.
   */
  compact(): ReadonlyMap<LeaseRow, LeaseRow> | null {
    const { size, spare } = this.#columns;
    if (spare < FEWEST_FREE_ROWS || spare < size) return null;
    const old = this.#columns;
    this.#columns = new LeaseColumns();
    const moved = new Map<LeaseRow, LeaseRow>();
    const ips: IpAddress[] = [];
    for (const [ip, address] of this.#addresses) {
      const renumbered = address.rows().map((row) => {
        const now = this.#columns.copy(old, row);
        moved.set(row, now);
        ips[now] = ip;
        return now;
      });
      address.arrange(renumbered, this.#columns);
    }
    this.#ipByRow = ips;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const row of changed) this.#changed.add(moved.get(row) ?? row);
    const odd = [...this.#oddIds];
    this.#oddIds.clear();
    for (const [row, id] of odd) this.#oddIds.set(moved.get(row) ?? row, id);
    return moved;
  }

  #addAs(ip: IpAddress, holder: number, lease: { ordinal: number; bounds: RawBounds }): LeaseRow {
    const row = this.#columns.add(holder, lease.ordinal, lease.bounds);
    this.#holders.hold(holder);
    let address = this.#addresses.get(ip);
    if (address === undefined) {
      address = new AddressLeases(ip);
      this.#addresses.set(ip, address);
    }
    address.add(row);
    // One string for an address, however many times it was read from a database.
    this.#ipByRow[row] = address.ip;
    this.#unsettled.add(ip);
    this.#changed.add(row);
    return row;
  }

  /** A lease that is looked at and thrown away: its id is spelt out only when it is asked for. */
  #view(row: LeaseRow, ip: IpAddress): Lease {
    const columns = this.#columns;
    const index = columns.holder(row);
    const holder = this.#holders.at(index);
    if (holder?.kind !== 'pod' || this.#oddIds.size > 0) return this.lease(row);
    return new PodLeaseView(columns, row, { ip, holder });
  }

  #forget(row: LeaseRow): void {
    this.#holders.release(this.#columns.holder(row));
    this.#columns.free(row);
    this.#oddIds.delete(row);
    this.#changed.delete(row);
  }

  #settleIp(ip: IpAddress): void {
    const address = this.#addresses.get(ip);
    if (address === undefined) return;
    const rows = address.rows();
    const { changed, spans } = settleAddress(rows, this.#columns, {
      holders: this.#holders,
      unwatched: this.#unwatched,
    });
    if (changed.length === 0) return;
    for (const row of changed) this.#changed.add(row);
    this.#revised.add(ip, spans);
    this.#order(address, rows);
  }

  #order(address: AddressLeases, rows: readonly LeaseRow[]): void {
    const columns = this.#columns;
    const ordered = rows.toSorted(
      (a, b) => columns.from(a) - columns.from(b) || columns.heldFrom(a) - columns.heldFrom(b) || a - b,
    );
    address.arrange(ordered, columns);
  }
}
