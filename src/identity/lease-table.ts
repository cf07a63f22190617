/**
 * The leases of all addresses, with their holders and what changed of them. It keeps bounds and compares them; where they come from is
 * not its business.
 */
import type { IpAddress } from '../domain/ip.ts';
import type { AddressLeases } from './address-leases.ts';
import type { Holder, Lease, SandboxMark } from '../domain/lease.ts';
import { LeaseColumns } from './lease-columns.ts';
import { PodLeaseView } from './pod-lease-view.ts';
import { LeaseHolders } from './lease-holders.ts';
import { LeasedAddresses } from './leased-addresses.ts';
import type { SlabLease } from './lease-slab.ts';
import type { RawBounds } from './pod-lease.ts';
import { RevisedAddresses } from './revised-addresses.ts';
import type { RevisedSpan } from './revised-addresses.ts';
import type { Span } from './revised-spans.ts';
import { settleAddress } from './settle-address.ts';
import { SourceCodes } from './source-codes.ts';
import { UnheardSandboxes } from './unheard-sandboxes.ts';

/** A lease as this table numbers it; given again to another when it is forgotten. */
export type LeaseRow = number;

/** Below so many free rows nothing is worth moving. */
const FEWEST_FREE_ROWS = 4096;

export class LeaseTable {
  #columns = new LeaseColumns();
  readonly #addresses = new LeasedAddresses();
  #addressByRow: AddressLeases[] = [];
  readonly #holders = new LeaseHolders();
  readonly #codes = new SourceCodes();
  /** Ids of restored leases that follow no rule of ours. */
  readonly #oddIds = new Map<LeaseRow, string>();
  readonly #unsettled = new Set<AddressLeases>();
  readonly #changed = new Set<LeaseRow>();
  readonly #revised = new RevisedAddresses();
  readonly unheard = new UnheardSandboxes();
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
    let ordinal = 0;
    for (const row of this.rowsOf(ip))
      if (this.#holders.haveOneOwner(this.#columns.holder(row), holder))
        ordinal = Math.max(ordinal, this.#columns.ordinal(row) + 1);
    return this.#addAs(ip, holder, { ordinal, bounds });
  }

  /** A lease that was persisted. */
  addRestored(lease: Lease, holder: number, bounds: RawBounds): LeaseRow {
    const stem = `${this.#holders.ownerOf(holder)}:${lease.ip}:`;
    const end = lease.id.startsWith(stem) ? lease.id.slice(stem.length) : '';
    const isOurs = end === '0' || /^[1-9][0-9]{0,8}$/.test(end);
    const row = this.#addAs(lease.ip, holder, { ordinal: isOurs ? Number(end) : 0, bounds });
    // Ids of Services and nodes bear no ordinal while it is 0.
    if (!(isOurs && this.#holders.isPod(holder)) && this.id(row) !== lease.id)
      this.#oddIds.set(row, lease.id);
    return row;
  }

  ip(row: LeaseRow): IpAddress | undefined {
    return this.#addressByRow[row]?.ip;
  }

  id(row: LeaseRow): string {
    const odd = this.#oddIds.size === 0 ? undefined : this.#oddIds.get(row);
    if (odd !== undefined) return odd;
    const holder = this.#columns.holder(row);
    const ordinal = this.#columns.ordinal(row);
    const stem = `${this.#holders.ownerOf(holder)}:${this.#addressByRow[row]?.ip ?? ''}`;
    return ordinal === 0 && !this.#holders.isPod(holder) ? stem : `${stem}:${ordinal}`;
  }

  bounds(row: LeaseRow): RawBounds {
    return this.#columns.bounds(row);
  }

  setBounds(row: LeaseRow, bounds: RawBounds): void {
    const address = this.#addressByRow[row];
    if (address === undefined || !this.#columns.set(row, bounds)) return;
    this.#unsettled.add(address);
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
    const { ip, lease } = this.#find(row);
    this.#revised.add(ip, [{ from: lease.from, until: lease.until ?? Number.POSITIVE_INFINITY }]);
  }

  /** Brings the bounds of all leases of the addresses that changed in line with each other. */
  settle(): void {
    for (const address of this.#unsettled) this.#settleAddress(address, this.#unwatched);
    this.#unsettled.clear();
  }

  /** As `settle`, for leases that tell nothing new. */
  settleRestored(): void {
    for (const address of this.#unsettled) this.#settleAddress(address, null);
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
    return this.#addresses.all().map(({ ip }) => ip);
  }

  holderOf(row: LeaseRow): number {
    return this.#columns.holder(row);
  }

  /** All leases of the address, by `from`. */
  leasesOf(ip: IpAddress): Lease[] {
    return this.rowsOf(ip).map((row) => this.lease(row));
  }

  everHeldBy(ip: IpAddress, kind: Holder['kind']): boolean {
    return this.#addresses.hasHolder(ip, (holder) => this.#holders.kindOf(holder) === kind);
  }

  /** The pod's lease that could have held the address in [start, end), when it is the only one of any kind that could; else null. */
  onlyPodDuring(ip: IpAddress, start: number, end: number): Lease | null {
    const only = this.#addresses.onlyDuring(ip, start, end);
    if (only === null || this.#oddIds.size > 0) return null;
    const { slab } = this.#addresses;
    const holder = this.#holders.podAt(slab.holder(only, only.place));
    if (holder === undefined) return null;
    return new PodLeaseView(ip, slab.numbers(only, only.place), [holder, this.#codes]);
  }

  /** Leases that could have held the address at an instant of [start, end), by `from`. */
  during(ip: IpAddress, start: number, end: number): Lease[] {
    return this.#addresses
      .during(ip, start, end)
      .map((lease) => this.#view(ip, lease) ?? this.#plain(ip, lease));
  }

  lease(row: LeaseRow, sandbox?: SandboxMark): Lease {
    const { ip, lease } = this.#find(row);
    const plain = this.#plain(ip, lease);
    return sandbox === undefined ? plain : { ...plain, sandbox };
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
    for (const address of this.#addresses.all()) {
      const rows = address.rows();
      const ended = rows.filter((row) => {
        const place = address.placeOf(row);
        const until = place === null ? null : address.lease(place).until;
        return until !== null && until < time && !keep.has(row);
      });
      if (ended.length === 0) continue;
      forgotten += ended.length;
      address.remove(new Set(ended));
      if (ended.length === rows.length) this.#addresses.forget(address.ip);
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
    const addresses: AddressLeases[] = [];
    for (const address of this.#addresses.all()) {
      for (const row of address.rows()) {
        const now = this.#columns.copy(old, row);
        moved.set(row, now);
        addresses[now] = address;
      }
      address.renumber(moved);
    }
    this.#addressByRow = addresses;
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
    const address = this.#addresses.getOrAdd(ip);
    address.add(row);
    this.#addressByRow[row] = address;
    this.#unsettled.add(address);
    this.#changed.add(row);
    return row;
  }

  #find(row: LeaseRow): { ip: IpAddress; lease: SlabLease } {
    const address = this.#addressByRow[row];
    const place = address?.placeOf(row) ?? null;
    if (address === undefined || place === null) throw new RangeError(`no lease ${row}`);
    return { ip: address.ip, lease: address.lease(place) };
  }

  /** A pod's lease that is looked at and thrown away: its id is spelt out only when it is asked for. Null for others. */
  #view(ip: IpAddress, lease: SlabLease): PodLeaseView | null {
    const holder = this.#holders.podAt(lease.holder);
    if (holder === undefined || this.#oddIds.size > 0) return null;
    const { from, heldFrom, ordinal, sources } = lease;
    const [heldUntil, until] = [lease.heldUntil ?? Number.NaN, lease.until ?? Number.POSITIVE_INFINITY];
    return new PodLeaseView(ip, [from, heldFrom, heldUntil, until, ordinal, sources], [holder, this.#codes]);
  }

  #plain(ip: IpAddress, lease: SlabLease): Lease {
    const holder = this.#holders.at(lease.holder);
    if (holder === undefined) throw new RangeError(`no holder of ${ip}`);
    const { row, from, heldFrom, heldUntil, until } = lease;
    const sources = this.#codes.sourcesOf(lease.sources);
    return { id: this.id(row), ip, holder, from, heldFrom, heldUntil, until, sources };
  }

  #forget(row: LeaseRow): void {
    this.#holders.release(this.#columns.holder(row));
    this.#columns.free(row);
    this.#oddIds.delete(row);
    this.#changed.delete(row);
  }

  #settleAddress(address: AddressLeases, unwatched: readonly Span[] | null): void {
    const context = { holders: this.#holders, codes: this.#codes, unheard: this.unheard, unwatched };
    const { changed, spans } = settleAddress(address, this.#columns, context);
    for (const row of changed) this.#changed.add(row);
    this.#revised.add(address.ip, spans);
  }
}
