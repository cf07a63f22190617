/**
 * The leases of all addresses, with their holders and what changed of them. It keeps bounds and compares them; where they come from is
 * not its business.
 */
import type { IpAddress } from '../domain/ip.ts';
import { AddressLeases } from './address-leases.ts';
import type { Place } from './address-leases.ts';
import type { Holder, Lease, SandboxMark } from '../domain/lease.ts';
import { LeaseColumns } from './lease-columns.ts';
import { PodLeaseView } from './pod-lease-view.ts';
import { LeaseHolders } from './lease-holders.ts';
import type { RawBounds } from './pod-lease.ts';
import { RevisedAddresses } from './revised-addresses.ts';
import type { RevisedSpan } from './revised-addresses.ts';
import type { Span } from './revised-spans.ts';
import { settleAddress } from './settle-address.ts';
import { SourceCodes } from './source-codes.ts';

/** A lease as this table numbers it; given again to another when it is forgotten. */
export type LeaseRow = number;

/** Below so many free rows nothing is worth moving. */
const FEWEST_FREE_ROWS = 4096;

export class LeaseTable {
  #columns = new LeaseColumns();
  readonly #addresses = new Map<IpAddress, AddressLeases>();
  #ipByRow: IpAddress[] = [];
  readonly #holders = new LeaseHolders();
  readonly #codes = new SourceCodes();
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
    const isOurs = /^(?:0|[1-9][0-9]{0,8})$/.test(end);
    const row = this.#addAs(lease.ip, holder, { ordinal: isOurs ? Number(end) : 0, bounds });
    // Ids of Services and nodes bear no ordinal while it is 0.
    if (!(isOurs && this.#holders.isPod(holder)) && this.id(row) !== lease.id)
      this.#oddIds.set(row, lease.id);
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
    return this.#columns.bounds(row);
  }

  setBounds(row: LeaseRow, bounds: RawBounds): void {
    const ip = this.#ipByRow[row];
    if (ip === undefined || !this.#columns.set(row, bounds)) return;
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
    this.#changed.add(row);
    const { address, place } = this.#find(row);
    this.#revised.add(address.ip, [{ from: address.from(place), until: address.until(place) }]);
  }

  /** Brings the bounds of all leases of the addresses that changed in line with each other. */
  settle(): void {
    for (const ip of this.#unsettled) this.#settleIp(ip, this.#unwatched);
    this.#unsettled.clear();
  }

  /** As `settle`, for leases that tell nothing new. */
  settleRestored(): void {
    for (const ip of this.#unsettled) this.#settleIp(ip, null);
    this.#unsettled.clear();
    this.#changed.clear();
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

  /** All leases of the address, by `from`. */
  leasesOf(ip: IpAddress): Lease[] {
    return this.rowsOf(ip).map((row) => this.lease(row));
  }

  /** Leases that could have held the address at an instant of [start, end), by `from`. */
  during(ip: IpAddress, start: number, end: number): Lease[] {
    const leases: Lease[] = [];
    const address = this.#addresses.get(ip);
    if (address === undefined) return leases;
    for (let place = address.lastDuring(start, end); place !== null;) {
      leases.push(this.#view(address, place));
      place = address.lastDuring(start, end, place);
    }
    return leases.length > 1 ? leases.toReversed() : leases;
  }

  lease(row: LeaseRow, sandbox?: SandboxMark): Lease {
    const { address, place } = this.#find(row);
    const lease = this.#leaseAt(address, place);
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
      const ended = rows.filter((row) => {
        const place = address.placeOf(row);
        return place !== null && address.until(place) < time && !keep.has(row);
      });
      if (ended.length === 0) continue;
      forgotten += ended.length;
      if (ended.length === rows.length) this.#addresses.delete(ip);
      else address.remove(new Set(ended));
      for (const row of ended) this.#forget(row);
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
      for (const row of address.rows()) {
        const now = this.#columns.copy(old, row);
        moved.set(row, now);
        ips[now] = ip;
      }
      address.renumber(moved);
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

  #find(row: LeaseRow): { address: AddressLeases; place: Place } {
    const ip = this.#ipByRow[row];
    const address = ip === undefined ? undefined : this.#addresses.get(ip);
    const place = address?.placeOf(row) ?? null;
    if (address === undefined || place === null) throw new RangeError(`no lease ${row}`);
    return { address, place };
  }

  /** A lease that is looked at and thrown away: its id is spelt out only when it is asked for. */
  #view(address: AddressLeases, place: Place): Lease {
    const holder = this.#holders.at(address.holder(place));
    if (holder?.kind !== 'pod' || this.#oddIds.size > 0) return this.#leaseAt(address, place);
    return new PodLeaseView(address, place, {
      holder,
      sources: this.#codes.sourcesOf(address.sources(place)),
    });
  }

  #leaseAt(address: AddressLeases, place: Place): Lease {
    const holder = this.#holders.at(address.holder(place));
    if (holder === undefined) throw new RangeError(`no holder of ${address.ip}`);
    const until = address.until(place);
    return {
      id: this.id(address.row(place)),
      ip: address.ip,
      holder,
      from: address.from(place),
      heldFrom: address.heldFrom(place),
      heldUntil: address.heldUntil(place),
      until: until === Number.POSITIVE_INFINITY ? null : until,
      sources: this.#codes.sourcesOf(address.sources(place)),
    };
  }

  #forget(row: LeaseRow): void {
    this.#holders.release(this.#columns.holder(row));
    this.#columns.free(row);
    this.#oddIds.delete(row);
    this.#changed.delete(row);
  }

  #settleIp(ip: IpAddress, unwatched: readonly Span[] | null): void {
    const address = this.#addresses.get(ip);
    if (address === undefined) return;
    const context = { holders: this.#holders, codes: this.#codes, unwatched };
    const { changed, spans } = settleAddress(address, this.#columns, context);
    for (const row of changed) this.#changed.add(row);
    this.#revised.add(ip, spans);
  }
}
