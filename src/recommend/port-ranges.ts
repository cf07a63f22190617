/** Many ports of one peer as ranges: an application that opens a port for each call never uses the same twice. */
import type { PortRange } from '../domain/port-range.ts';

/** More distinct ports than this, of one pool, protocol and rule, are drafted as a range. */
export const MAX_SINGLE_PORTS = 16;

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
    return [alignedOver(pool)];
  });
  return { ranges, isWidened };
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
