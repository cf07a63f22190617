/** Many ports of one peer as ranges: an application that opens a port for each call never uses the same twice. */
import { mergeRanges, subtractRanges } from '../domain/port-range.ts';
import type { PortRange } from '../domain/port-range.ts';

/** More distinct ports than this, of one pool, protocol and rule, are drafted as a range. */
export const MAX_SINGLE_PORTS = 16;

/** Istio's and other meshes' tunnel port, over which every port of a pod is reached (istio.io, "HBONE"). */
export const HBONE_PORT = 15_008;

/** Ports below belong to named services (RFC 6335 section 6) and are never part of a dynamic range. */
const FIRST_USER_PORT = 1024;
/** Linux takes client ports from here (net.ipv4.ip_local_port_range); RPC and media ports below come from configuration. */
const FIRST_EPHEMERAL_PORT = 32_768;

/**
 * The ports as ranges, sorted. A pool of too many becomes the smallest aligned block (as a prefix is one of addresses)
 * over its ports, which stays the same for more ports inside it.
 */
export function portRanges(ports: Iterable<number>): {
  readonly ranges: PortRange[];
  readonly isWidened: boolean;
} {
  const distinct = [...new Set(ports)].toSorted((a, b) => a - b);
  if (distinct.length <= MAX_SINGLE_PORTS)
    return { ranges: distinct.map((port) => ({ from: port, to: port })), isWidened: false };
  const pools = [
    distinct.filter((port) => port < FIRST_USER_PORT),
    distinct.filter((port) => port >= FIRST_USER_PORT && port < FIRST_EPHEMERAL_PORT),
    distinct.filter((port) => port >= FIRST_EPHEMERAL_PORT),
  ];
  let isWidened = false;
  const ranges = pools.flatMap((pool, index) => {
    if (index === 0 || pool.length <= MAX_SINGLE_PORTS) return pool.map((port) => ({ from: port, to: port }));
    isWidened = true;
    return besideTunnel(alignedOver(pool), pool);
  });
  return { ranges, isWidened };
}

/** The tunnel of a mesh is in no range that only reaches over it: it would be every port there is. */
function besideTunnel(range: PortRange, seen: readonly number[]): PortRange[] {
  return seen.includes(HBONE_PORT)
    ? [range]
    : subtractRanges([range], [{ from: HBONE_PORT, to: HBONE_PORT }]);
}

/** The ports and no other, sorted; where a range must not hold more than was seen. Of too many, neighbours stand together. */
export function exactPortRanges(ports: Iterable<number>): {
  readonly ranges: PortRange[];
  readonly areMany: boolean;
} {
  const singles = [...new Set(ports)].map((port) => ({ from: port, to: port }));
  const areMany = singles.length > MAX_SINGLE_PORTS;
  return { ranges: areMany ? mergeRanges(singles) : singles.toSorted((a, b) => a.from - b.from), areMany };
}

/** The smallest block of 2^n ports that starts at a multiple of its size and holds them all, within the user ports. */
function alignedOver(sorted: readonly number[]): PortRange {
  const first = sorted[0] ?? FIRST_USER_PORT;
  const last = sorted.at(-1) ?? first;
  let size = 1;
  while (Math.floor(first / size) !== Math.floor(last / size)) size *= 2;
  const from = Math.floor(first / size) * size;
  return { from: Math.max(from, FIRST_USER_PORT), to: Math.min(from + size - 1, 65_535) };
}
