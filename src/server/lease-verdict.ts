/**
 * Who held an address at one instant, by the same rules by which flows are attributed, told apart finely enough to be
 * explained. It decides nothing that attribution does not.
 */
import type { IpAddress } from '../domain/ip.ts';
import { isProvenEnd } from '../domain/lease.ts';
import type { Lease } from '../domain/lease.ts';
import { resolve } from '../identity/resolve.ts';
import type { ClusterRanges, LeaseLookup, Resolution } from '../identity/resolve.ts';
import { scopeOf } from '../domain/special-ranges.ts';
import { holderTitle } from '../wire/lease-json.ts';
import type { LeaseInTime } from '../wire/lease-json.ts';
import type { LeaseVerdict } from '../wire/lease-verdict-json.ts';

/** What attribution knows besides the leases. */
export interface AttributionScope extends Pick<LeaseLookup, 'unwatchedDuring'> {
  readonly ranges: ClusterRanges;
  /** Unix ms up to which the kubelet of this node is known to have reported what its pods did. */
  readonly frontier: (node: string) => number;
}

/** `leases` are all that the address ever had; `at` is in unix ms. */
export function leaseVerdict(
  leases: readonly Lease[],
  asked: { readonly ip: IpAddress; readonly at: number },
  scope: AttributionScope,
): LeaseVerdict {
  const { ip, at } = asked;
  const then = leases.filter((lease) => couldHold(lease, at));
  const book: LeaseLookup = {
    everHeldBy: (_, kind) => leases.some(({ holder }) => holder.kind === kind),
    leasesDuring: () => then,
    onlyPodDuring: () => null,
    unwatchedDuring: (interval, on) => scope.unwatchedDuring(interval, on),
    serviceAtNodePort: () => null,
  };
  const interval = { start: at, end: at + 1 };
  const question = { observer: '', ip, port: null, protocol: 'tcp', interval } as const;
  const resolution = resolve(book, scope.ranges, question);
  // Services and API endpoints are told by their port, which nobody has given.
  const byPort = then.filter(({ holder }) => holder.kind === 'service' || holder.kind === 'apiserver');
  const isNamed = resolution.kind === 'exact' || resolution.kind === 'ambiguous';
  if (!isNamed && byPort.length > 0) return { at, ...ofPorts(byPort, at), byPort: [] };
  // A pod keeps its address to itself: only nodes share theirs.
  const isShared = isNamed && !then.some(({ holder }) => holder.kind === 'pod');
  return { at, ...verdictOf(resolution, asked, scope), byPort: isShared ? byPort : [] };
}

/** Those that could have held the address at `at` and the nearest before and after it, in the order given. */
export function leasesAround(leases: readonly Lease[], at: number): LeaseInTime[] {
  const placed = leases.map((lease) => ({ lease, when: placeOf(lease, at) }));
  const before = placed
    .filter(({ when }) => when === 'before')
    .reduce<LeaseInTime | null>(
      (last, each) => (last === null || endOf(each.lease) >= endOf(last.lease) ? each : last),
      null,
    );
  const after = placed
    .filter(({ when }) => when === 'after')
    .reduce<LeaseInTime | null>(
      (first, each) => (first === null || each.lease.from < first.lease.from ? each : first),
      null,
    );
  return placed.filter((each) => each.when === 'then' || each === before || each === after);
}

function placeOf(lease: Lease, at: number): 'before' | 'then' | 'after' {
  if (couldHold(lease, at)) return 'then';
  return lease.from > at ? 'after' : 'before';
}

/** As attribution asks: the instant is the millisecond that begins at `at`. */
function couldHold(lease: Lease, at: number): boolean {
  return lease.from < at + 1 && endOf(lease) > at;
}

function endOf(lease: Lease): number {
  return lease.until ?? Number.POSITIVE_INFINITY;
}

/** How many different holders these are; a pod is told by its uid. */
function namesOf(leases: readonly Lease[]): number {
  return new Set(leases.map(({ holder }) => (holder.kind === 'pod' ? holder.uid : holderTitle(holder)))).size;
}

type Outcome = Omit<LeaseVerdict, 'at' | 'byPort'>;

function ofPorts(leases: readonly Lease[], at: number): Outcome {
  const lease = leases.at(-1);
  return lease === undefined || namesOf(leases) > 1
    ? { kind: 'ambiguous', reason: 'shared-address', leases }
    : exactly(lease, at);
}

function verdictOf(
  resolution: Resolution,
  { ip, at }: { readonly ip: IpAddress; readonly at: number },
  scope: AttributionScope,
): Outcome {
  switch (resolution.kind) {
    case 'outside': {
      const isLinkLocal = scopeOf(ip) === 'link-local';
      return { kind: 'outside', reason: isLinkLocal ? 'link-local' : 'outside-cluster', leases: [] };
    }
    case 'unknown':
      return { kind: 'unknown', reason: resolution.reason, leases: [] };
    case 'ambiguous': {
      const { candidates } = resolution;
      if (namesOf(candidates) > 1)
        return { kind: 'ambiguous', reason: 'several-holders', leases: candidates };
      const isOpen = candidates.some(
        ({ heldUntil, until }) => until === null && heldUntil !== null && at >= heldUntil,
      );
      return { kind: 'ambiguous', reason: isOpen ? 'open-end' : 'unwatched', leases: candidates };
    }
    case 'exact': {
      const { lease } = resolution;
      return isAhead(lease, at, scope)
        ? { kind: 'unknown', reason: 'frontier', leases: [lease] }
        : exactly(lease, at);
    }
    default:
      return resolution satisfies never;
  }
}

/** Whether the kubelet may still tell otherwise: it has neither reported up to then nor proven that the pod was there later. */
function isAhead(lease: Lease, at: number, { frontier }: AttributionScope): boolean {
  const { holder, heldFrom, heldUntil, sources } = lease;
  const isProven = heldUntil !== null && isProvenEnd(sources?.heldUntil ?? null);
  const isTold = isProven && heldFrom <= at && at < heldUntil;
  return holder.kind === 'pod' && !isTold && frontier(holder.node) < at + 1;
}

function exactly(lease: Lease, at: number): Outcome {
  const surely = lease.heldFrom <= at && (lease.heldUntil === null || at < lease.heldUntil);
  return { kind: 'exact', reason: surely ? 'surely-held' : 'only-candidate', leases: [lease] };
}
