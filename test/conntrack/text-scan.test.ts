import { describe, expect, test } from 'vitest';
import { rejectCounts, scanPieces, scanText } from './read-sample.ts';

const LINE =
  '[1795295318.024588]\t    [NEW] ipv4     2 tcp      6 4 SYN_SENT src=10.244.1.3 dst=10.96.0.11 sport=51110 dport=80 ' +
  '[UNREPLIED] src=10.244.2.2 dst=10.244.1.3 sport=8080 dport=51110 id=46563233';
const TUPLES = 'src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1';

/** The only record of a line, with its newline added. */
function recordOf(line: string) {
  const { records, rejects } = scanText(`${line}\n`);
  expect(rejects).toEqual([]);
  expect(records).toHaveLength(1);
  return records[0];
}

/** Why a line, with its newline added, is no record. */
function reasonOf(line: string | Uint8Array): string | undefined {
  const bytes = typeof line === 'string' ? new TextEncoder().encode(line) : line;
  const { records, rejects } = scanPieces([bytes, Uint8Array.of(10)]);
  expect(records).toEqual([]);
  return rejects[0]?.reason;
}

describe('a record', () => {
  test('has all that the line says', () => {
    expect(recordOf(LINE)).toEqual({
      event: 'new',
      at: 1795295318024.588,
      protocol: 'tcp',
      state: 'SYN_SENT',
      timeoutS: 4,
      origSource: '10.244.1.3',
      origDestination: '10.96.0.11',
      origSourcePort: 51110,
      origDestinationPort: 80,
      replySource: '10.244.2.2',
      replyDestination: '10.244.1.3',
      replySourcePort: 8080,
      replyDestinationPort: 51110,
      unreplied: true,
      assured: false,
      zone: null,
      id: 46563233,
      packets: null,
      bytes: null,
    });
  });

  const ours: readonly [promise: string, line: string, says: object][] = [
    [
      'a listed entry is a dump',
      `tcp      6 431999 ESTABLISHED ${TUPLES} [ASSURED] mark=0 use=1`,
      { event: 'dump', at: null, assured: true },
    ],
    [
      'an update that changed no state has none',
      ` [UPDATE] tcp      6 300 ${TUPLES}`,
      { event: 'update', state: null, timeoutS: 300 },
    ],
    [
      'a destroy by timeout has no number',
      `[DESTROY] udp      17 ${TUPLES}`,
      { event: 'destroy', timeoutS: null },
    ],
    [
      'an offloaded entry has no timeout',
      `ipv4     2 tcp      6 ESTABLISHED ${TUPLES} [OFFLOAD] mark=0 zone=0 use=2`,
      { timeoutS: null, state: 'ESTABLISHED' },
    ],
    ['the zone is read', `udp 17 30 ${TUPLES} mark=0 zone=7 use=2`, { zone: 7 }],
    ['and that of the original direction', `udp 17 30 ${TUPLES} zone-orig=9 use=2`, { zone: 9 }],
    [
      'counters of both directions are summed',
      `[DESTROY] udp 17 src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 packets=3 bytes=50000000000 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1 packets=4 bytes=1`,
      { packets: 7, bytes: 50000000001 },
    ],
    [
      'labels, contexts and marks are passed over',
      `udp 17 30 ${TUPLES} mark=4 secctx=système labels=a,b helper=ftp use=1 id=5`,
      { id: 5 },
    ],
    [
      'times of the kernel are passed over',
      `udp 17 30 ${TUPLES} delta-time=5 [start=Sat Nov 21 21:08:38 2026] [stop=Sat Nov 21 21:08:43 2026] id=4294967295`,
      { id: 4294967295 },
    ],
    [
      "a program's name is not read",
      `[DESTROY] udp 17 ${TUPLES} id=5 [USERSPACE] portid=9 progname=x src=9.9.9.9 [NEW] id=6`,
      { id: 5, origSource: '10.0.0.1' },
    ],
    ['a time can have no fraction', `[1795295318] [NEW] udp 17 30 ${TUPLES}`, { at: 1795295318000 }],
    ['or one of nanoseconds', `[1.000000500] [NEW] udp 17 30 ${TUPLES}`, { at: 1000.0005 }],
    ['a carriage return before the newline is no part of the line', `udp 17 30 ${TUPLES} id=5\r`, { id: 5 }],
    [
      'IPv6 in full becomes canonical',
      'ipv6     10 udp 17 30 src=fd00:0244:0001:0000:0000:0000:0000:0003 dst=::1 sport=1 dport=2 src=0:0:0:0:0:0:0:1 dst=FD00:244:1::3 sport=2 dport=1',
      {
        origSource: 'fd00:244:1::3',
        origDestination: '::1',
        replySource: '::1',
        replyDestination: 'fd00:244:1::3',
      },
    ],
    [
      'IPv4 in IPv6 becomes IPv4',
      `udp 17 30 ${TUPLES.replace('10.0.0.1', '::ffff:10.0.0.1')}`,
      { origSource: '10.0.0.1' },
    ],
  ];
  test.each(ours)('%s', (_, line, says) => {
    expect(recordOf(line)).toMatchObject(says);
  });
});

describe('a line that is no record', () => {
  const rejected: readonly [reason: string, line: string][] = [
    [
      'protocol',
      'icmp     1 4 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=25296 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=25296 id=3860755616',
    ],
    [
      'protocol',
      '    [NEW] unknown  2 594 src=10.244.1.65 dst=224.0.0.22 [UNREPLIED] src=224.0.0.22 dst=10.244.1.65',
    ],
    [
      'protocol',
      'ipv4     2 gre      47 175 src=10.0.0.1 dst=10.0.0.2 srckey=0x0 dstkey=0x0 src=10.0.0.2 dst=10.0.0.1 srckey=0x0 dstkey=0x0 use=1',
    ],
    ['malformed', 'unknown  2 594'],
    ['malformed', 'the quick brown fox'],
    ['malformed', TUPLES],
    ['malformed', `tcpx 6 4 ${TUPLES.slice(4)}`],
    ['malformed', `tcp 17 4 SYN_SENT ${TUPLES}`],
    ['malformed', `sctp132 4 CLOSED ${TUPLES}`],
    ['malformed', `ipv42 udp 17 30 ${TUPLES}`],
    ['malformed', `[1795295318.024588 [NEW] udp 17 30 ${TUPLES}`],
    ['malformed', `[NEW] [NEW] udp 17 30 ${TUPLES}`],
    ['malformed', `[GONE] udp 17 30 ${TUPLES}`],
    ['malformed', `udp 17 30 ${TUPLES.replace('sport=1', 'sport=0')}`],
    ['malformed', `udp 17 30 ${TUPLES.replace('dport=2', 'dport=65536')}`],
    ['malformed', `udp 17 30 ${TUPLES.replace('dport=2', 'dport=99999999999999999999')}`],
    ['malformed', `udp 17 30 ${TUPLES.replace('10.0.0.1', '10.0.0.256')}`],
    ['malformed', `udp 17 30 ${TUPLES.replace('10.0.0.1', '010.0.0.1')}`],
    ['malformed', `udp 17 30 ${TUPLES.replace('10.0.0.1', '10..01.1')}`],
    ['malformed', `udp 17 30 ${TUPLES.replace('10.0.0.1', 'fe80::1%eth0')}`],
    ['malformed', `udp 17 30 ${TUPLES} src=10.0.0.3`],
    ['malformed', `udp 17 30 ${TUPLES} id=x`],
    ['malformed', `udp 17 30 ${TUPLES} zone=65536`],
    ['malformed', `udp 17 30 ${TUPLES}\0`],
    ['malformed', `udp 17 30 ${TUPLES} mark=\0`],
    ['malformed', `udp 17 30 ${TUPLES} id=3[1795295318.024588] [NEW] udp 17 30 ${TUPLES}`],
    ['malformed', `udp 17 30 ${TUPLES} mark=3 [NEW] udp 17 30 ${TUPLES}`],
    ['malformed', `udp 17 30 ${TUPLES} [1795295318.024588] [NEW] udp 17 30 ${TUPLES}`],
    ['truncated', 'udp 17 30'],
    ['truncated', 'udp 17 30 src=10.0.0.1 dst=10.0'],
    ['truncated', 'udp 17 30 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2'],
    ['truncated', `udp 17 30 ${TUPLES.slice(0, -1)}`],
    ['notice', 'conntrack v1.4.7 (conntrack-tools): 12 flow entries have been shown.'],
    ['notice', '# taken on node a'],
    ['lost', 'WARNING: We have hit ENOBUFS! We are losing events.'],
  ];
  test.each(rejected)('%s: %s', (reason, line) => {
    expect(reasonOf(line)).toBe(reason);
  });

  test('bytes that are no UTF-8 are malformed wherever they stand', () => {
    for (const line of [
      `udp 17 30 ${TUPLES} labels=?`,
      '# ?',
      'icmp 1 4 src=10.0.0.1 dst=10.0.0.2 x=?',
      `ud? 17 ${TUPLES}`,
    ]) {
      const bytes = new TextEncoder().encode(line).map((byte) => (byte === 0x3f ? 0xff : byte));
      expect(reasonOf(bytes)).toBe('malformed');
    }
  });

  test('an empty line is counted and passed over', () => {
    const scan = scanText(`\n  \n\r\n${LINE}\n\n`);
    expect(scan).toMatchObject({ lines: 5, rejects: [] });
    expect(scan.records).toHaveLength(1);
  });

  test('a line is named by its number and a printable beginning', () => {
    expect(scanText(`${LINE}\n\nx\x1b[31m${'y'.repeat(500)}\n`).rejects).toEqual([
      { reason: 'malformed', line: 3, excerpt: `x.[31m${'y'.repeat(114)}` },
    ]);
  });
});

describe('the end of the input', () => {
  test('a last line without its newline is truncated even if it looks whole', () => {
    expect(rejectCounts(scanText(`${LINE}\n${LINE}`))).toEqual({ truncated: 1 });
  });

  test('but a notice is still one', () => {
    expect(rejectCounts(scanText('Please, check --buffer'))).toEqual({ notice: 1 });
  });

  test('blanks after the last newline are nothing', () => {
    expect(scanText(`${LINE}\n \t`).rejects).toEqual([]);
  });
});

describe('a line over 4 KiB', () => {
  const long = `${LINE} labels=${'x'.repeat(4096)}`;

  test('is malformed once, and the next line is read', () => {
    for (const piece of [Infinity, 4096, 1000, 1]) {
      const scan = scanText(`${long}\n${LINE}\n`, piece);
      expect(scan.rejects.map(({ reason, line }) => [reason, line])).toEqual([['malformed', 1]]);
      expect(scan.records).toHaveLength(1);
    }
  });

  test('of 64 MiB without a newline is held only in part', () => {
    const piece = new Uint8Array(1 << 20).fill(120);
    const before = process.memoryUsage().arrayBuffers;
    const scan = scanPieces(Array.from({ length: 64 }, () => piece));
    expect(scan.rejects).toEqual([{ reason: 'malformed', line: 1, excerpt: 'x'.repeat(120) }]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
  });

  test('a line of exactly 4 KiB is read', () => {
    const line = `${LINE} labels=`;
    expect(scanText(`${line}${'x'.repeat(4096 - line.length)}\n`, 1000).records).toHaveLength(1);
  });
});
