import { describe, expect, it } from 'vitest';
import { DropCounter, parseNetlinkTable } from '../../../src/conntrack/netlink/netlink-table.ts';
import { RecentMaximum } from '../../../src/conntrack/netlink/recent-maximum.ts';

const TABLE = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
000000008e9e65c7 0   0          00000000 0        0        0     2        0        4
00000000eb290266 12  0          00000000 0        0        0     2        0        1513
0000000028d80288 12  3298123456 00000007 212480   0        0     2        4834     208323
00000000723d7281 16  12         00000002 0        0        0     2        9        77
`;

describe('/proc/net/netlink', () => {
  it('has a row for each netfilter socket', () => {
    expect(parseNetlinkTable(TABLE)).toEqual([
      { inode: 1513, groups: 0, drops: 0 },
      { inode: 208_323, groups: 7, drops: 4834 },
    ]);
  });

  it.each([
    ['nothing', ''],
    ['no head', TABLE.split('\n').slice(1).join('\n')],
    ['half a row', `${TABLE.split('\n')[0]}\nx 12`],
  ])('that holds %s has no rows', (_, text) => {
    expect(parseNetlinkTable(text)).toEqual([]);
  });

  it('gives what is new since the last look, for our own sockets, over the end of its 32 bits', () => {
    const drops = new DropCounter();
    const row = (inode: number, count: number): { inode: number; groups: number; drops: number } => ({
      inode,
      groups: 1,
      drops: count,
    });
    const own = new Set([5]);
    expect(drops.take([row(5, 10), row(6, 99)], own)).toBe(10);
    expect(drops.take([row(5, 10)], own)).toBe(0);
    expect(drops.take([row(5, 2 ** 32 - 1)], own)).toBe(2 ** 32 - 11);
    expect(drops.take([row(5, 3)], own)).toBe(4);
    expect(drops.take([row(6, 99)], own)).toBeNull();
    expect(drops.take(null, own)).toBeNull();
  });
});

describe('a recent maximum', () => {
  it('holds for at least one span and at most two', () => {
    const recent = new RecentMaximum(100);
    expect(recent.at(0)).toBe(0);
    recent.note(7, 1000);
    recent.note(3, 1050);
    expect(recent.at(1099)).toBe(7);
    expect(recent.at(1150)).toBe(7);
    recent.note(4, 1160);
    expect(recent.at(1260)).toBe(4);
    expect(recent.at(9999)).toBe(0);
  });
});
