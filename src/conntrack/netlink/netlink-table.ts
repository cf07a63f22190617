/** Reads /proc/net/netlink, where the kernel counts for each netlink socket what it could not deliver. */
import { readFileSync } from 'node:fs';

/** NETLINK_NETFILTER, in the column `Eth`. */
const NETFILTER = '12';

/** One netfilter socket. */
export interface NetlinkRow {
  readonly inode: number;
  /** Bits of the groups it listens to; 0 for a socket that only makes requests. */
  readonly groups: number;
  /** Messages dropped since the socket was opened; a counter of 32 bits, which wraps. */
  readonly drops: number;
}

/** Every netfilter socket in this network namespace, or null when the table cannot be read. */
export function readNetlinkTable(): NetlinkRow[] | null {
  try {
    return parseNetlinkTable(readFileSync('/proc/net/netlink', 'latin1'));
  } catch {
    return null;
  }
}

/** The rows of netfilter sockets; columns are found by their names, and a row that lacks one is left out. */
export function parseNetlinkTable(text: string): NetlinkRow[] {
  const [head = '', ...lines] = text.split('\n');
  const names = head.trim().split(/\s+/);
  const [eth, groups, drops, inode] = ['Eth', 'Groups', 'Drops', 'Inode'].map((name) => names.indexOf(name));
  return lines.flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const word = (index: number | undefined): string => words[index ?? -1] ?? '';
    if (word(eth) !== NETFILTER) return [];
    const row = {
      inode: Number.parseInt(word(inode), 10),
      groups: Number.parseInt(word(groups), 16),
      drops: Number.parseInt(word(drops), 10),
    };
    return Object.values(row).every((value) => Number.isSafeInteger(value)) ? [row] : [];
  });
}

/** Tells how many drops of some sockets are new. */
export class DropCounter {
  readonly #known = new Map<number, number>();

  /** Drops of these sockets since the last call, or since they were opened; null when the table does not show any of them. */
  take(rows: readonly NetlinkRow[] | null, inodes: ReadonlySet<number>): number | null {
    const own = rows?.filter((row) => inodes.has(row.inode)) ?? [];
    if (own.length === 0) return null;
    let fresh = 0;
    for (const { inode, drops } of own) {
      fresh += (drops - (this.#known.get(inode) ?? 0)) >>> 0;
      this.#known.set(inode, drops);
    }
    return fresh;
  }
}
