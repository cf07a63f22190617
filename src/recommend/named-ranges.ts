/** Ranges that have a name: those a user supplies, and the few that clouds publish for health checks. */
import { cidrContains, parseCidr } from '../domain/cidr.ts';
import type { Cidr } from '../domain/cidr.ts';
import { compareText } from '../domain/text-order.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Direction } from '../netpol/world.ts';

export interface NamedRange {
  readonly name: string;
  readonly cidrs: readonly string[];
}

/**
 * Health checks come from these and need ingress only. Google: load balancing, "Probe IP ranges and firewall rules";
 * Azure: "What is IP address 168.63.129.16?".
 */
const HEALTH_CHECKS: readonly NamedRange[] = [
  { name: 'Azure health probes', cidrs: ['168.63.129.16/32'] },
  { name: 'Google Cloud health checks', cidrs: ['130.211.0.0/22', '35.191.0.0/16'] },
];

/** Tells to which list an address belongs. */
export class NamedRanges {
  readonly #supplied: readonly { range: NamedRange; blocks: readonly Cidr[] }[];
  readonly #healthChecks: readonly { range: NamedRange; blocks: readonly Cidr[] }[];

  constructor(supplied: Readonly<Record<string, readonly string[]>>) {
    this.#supplied = parsed(
      Object.entries(supplied)
        .toSorted(([a], [b]) => compareText(a, b))
        .map(([name, cidrs]) => ({ name, cidrs })),
    );
    this.#healthChecks = parsed(HEALTH_CHECKS);
  }

  /** The list whose narrowest block holds the address; a user's list wins over a built-in one. Null for none. */
  find(address: IpAddress, direction: Direction): NamedRange | null {
    return (
      narrowest(this.#supplied, address) ??
      (direction === 'ingress' ? narrowest(this.#healthChecks, address) : null)
    );
  }

  /** Every block of every list. */
  blocks(): readonly Cidr[] {
    return [...this.#supplied, ...this.#healthChecks].flatMap(({ blocks }) => blocks);
  }
}

function parsed(ranges: readonly NamedRange[]): { range: NamedRange; blocks: readonly Cidr[] }[] {
  return ranges.map((range) => ({
    range,
    blocks: range.cidrs.map(parseCidr).filter((block) => block !== null),
  }));
}

function narrowest(
  lists: readonly { range: NamedRange; blocks: readonly Cidr[] }[],
  address: IpAddress,
): NamedRange | null {
  let found: { range: NamedRange; length: number } | null = null;
  for (const { range, blocks } of lists) {
    for (const block of blocks) {
      if (!cidrContains(block, address) || block.length <= (found?.length ?? -1)) continue;
      found = { range, length: block.length };
    }
  }
  return found?.range ?? null;
}
