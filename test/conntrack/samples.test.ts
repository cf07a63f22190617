import { describe, expect, test } from 'vitest';
import { rejectCounts, sayings, scanSample, scenario } from './read-sample.ts';

describe('every recorded line is read', () => {
  test.each([
    ['node-a-events.txt', 95, { notice: 26, protocol: 4 }],
    ['node-b-events.txt', 51, { notice: 26, protocol: 4 }],
    ['node-a-dump.txt', 8, { protocol: 2 }],
    ['node-a-dump-extended.txt', 8, { protocol: 2 }],
    ['node-a-proc.txt', 8, { protocol: 2 }],
    ['no-accounting.txt', 14, {}],
    ['midstream.txt', 11, {}],
    ['userspace-destroy.txt', 5, { protocol: 2 }],
    ['tuple-reuse.txt', 11, {}],
    ['enobufs.txt', 0, { notice: 5, lost: 2 }],
  ])('%s', (name, records, rejects) => {
    const scan = scanSample(name);
    expect(scan.records).toHaveLength(records);
    expect(rejectCounts(scan)).toEqual(rejects);
    expect(scan.lines).toBe(records + scan.rejects.length);
  });

  test('/proc prints the same entries as the tool, with addresses in full and without ids', () => {
    const listed = scanSample('node-a-dump-extended.txt').records;
    const proc = scanSample('node-a-proc.txt').records;
    expect(proc).toEqual(listed.map((record) => ({ ...record, id: null, zone: 0 })));
    expect(listed.every((record) => record.id !== null && record.zone === null)).toBe(true);
  });
});

describe('what the scenarios say', () => {
  const cases: readonly [title: string, node: 'a' | 'b', says: readonly string[]][] = [
    [
      'tcp pod->ClusterIP (remote backend b1)',
      'a',
      [
        'opened tcp 10.244.1.3 > 10.96.0.11:80 = 10.244.2.2:8080',
        'answered tcp 10.244.1.3 > 10.96.0.11:80 = 10.244.2.2:8080',
      ],
    ],
    [
      'tcp pod->ClusterIP (remote backend b1)',
      'b',
      ['opened tcp 10.244.1.3 > 10.244.2.2:8080', 'answered tcp 10.244.1.3 > 10.244.2.2:8080'],
    ],
    [
      'tcp pod->ClusterIP backend on the same bridge',
      'a',
      [
        'opened tcp 10.244.1.67 > 10.96.0.14:80 = 10.244.1.66:8080',
        'answered tcp 10.244.1.67 > 10.96.0.14:80 = 10.244.1.66:8080',
      ],
    ],
    [
      'tcp hairpin a1->ClusterIP->a1',
      'a',
      [
        'opened tcp 10.244.1.2 > 10.96.0.13:80 = 10.244.1.2:8080 as 192.168.100.1',
        'answered tcp 10.244.1.2 > 10.96.0.13:80 = 10.244.1.2:8080 as 192.168.100.1',
      ],
    ],
    [
      'tcp refused via ClusterIP (backend RST)',
      'a',
      [
        'opened tcp 10.244.1.3 > 10.96.0.16:80 = 10.244.2.2:9999',
        'counters tcp 10.244.1.3 > 10.96.0.16:80 = 10.244.2.2:9999 2p 100b',
      ],
    ],
    ['tcp SYN dropped in forward (policy) on the source node', 'a', []],
    [
      'tcp pod->other node (masquerade) refused',
      'a',
      [
        'opened tcp 10.244.1.3 > 192.168.100.2:9100 as 192.168.100.1',
        'counters tcp 10.244.1.3 > 192.168.100.2:9100 as 192.168.100.1 2p 100b',
      ],
    ],
    [
      'tcp ext->NodePort nodeA->b1 (SNAT)',
      'a',
      [
        'opened tcp 192.168.100.50 > 192.168.100.1:30080 = 10.244.2.2:8080 as 192.168.100.1',
        'answered tcp 192.168.100.50 > 192.168.100.1:30080 = 10.244.2.2:8080 as 192.168.100.1',
      ],
    ],
    [
      'tcp ext->NodePort nodeA->b1 (SNAT)',
      'b',
      ['opened tcp 192.168.100.1 > 10.244.2.2:8080', 'answered tcp 192.168.100.1 > 10.244.2.2:8080'],
    ],
    [
      'udp replied via ClusterIP',
      'a',
      [
        'opened udp 10.244.1.3 > 10.96.0.12:53 = 10.244.2.2:5353',
        'answered udp 10.244.1.3 > 10.96.0.12:53 = 10.244.2.2:5353',
      ],
    ],
    ['udp one-way (no listener => ICMP unreach)', 'a', ['opened udp 10.244.1.3 > 10.244.2.3:9999']],
    ['udp one-way unreplied', 'a', ['opened udp 10.244.1.3 > 10.244.2.2:9998']],
    ['icmp echo', 'a', []],
    [
      'ipv6 tcp ClusterIP',
      'a',
      [
        'opened tcp fd00:244:1::3 > fd00:96::11:80 = fd00:244:2::2:8080',
        'answered tcp fd00:244:1::3 > fd00:96::11:80 = fd00:244:2::2:8080',
      ],
    ],
    ['sctp raw INIT via ClusterIP', 'a', ['opened sctp 10.244.1.3 > 10.96.0.15:3868 = 10.244.2.2:3868']],
  ];
  test.each(cases)('%s, seen on node %s', (title, node, says) => {
    expect(scenario(`node-${node}-events.txt`, title)).toEqual(says);
  });

  test('a DESTROY by timeout has no timeout number, and still counts', () => {
    const { records } = scanSample('node-a-events.txt');
    const ended = records.filter((record) => record.event === 'destroy' && record.state === 'TIME_WAIT');
    expect(ended.map((record) => record.timeoutS)).toEqual(Array.from({ length: 9 }, () => null));
    expect(sayings(ended)).toContain('counters tcp 10.244.1.3 > 10.96.0.11:80 = 10.244.2.2:8080 10p 538b');
  });

  test('a connection picked up mid-stream was not seen opening', () => {
    expect(sayings(scanSample('midstream.txt').records)).toEqual([
      'opened tcp 10.244.1.3 > 10.244.2.2:7000',
      'answered tcp 10.244.1.3 > 10.244.2.2:7000',
      // The DESTROY of an earlier mid-stream entry, 10.244.2.2:7000 > 10.244.1.3:53024, is not among these.
      'counters tcp 10.244.1.3 > 10.244.2.2:7000 7p 382b',
    ]);
  });

  test('a five-tuple used twice with one id is two connections', () => {
    const { records } = scanSample('tuple-reuse.txt');
    expect(new Set(records.map((record) => record.id)).size).toBe(1);
    expect(sayings(records)).toEqual([
      'opened tcp 10.244.1.3 > 10.244.2.2:8080',
      'answered tcp 10.244.1.3 > 10.244.2.2:8080',
      'counters tcp 10.244.1.3 > 10.244.2.2:8080 8p 434b',
      'opened tcp 10.244.1.3 > 10.244.2.2:8080',
      'answered tcp 10.244.1.3 > 10.244.2.2:8080',
    ]);
  });

  test('what a program deleted ends with [USERSPACE], with or without the program', () => {
    expect(sayings(scanSample('userspace-destroy.txt').records)).toEqual([
      'counters udp 10.244.1.3 > 10.244.2.3:9999 1p 31b',
      'counters udp 10.244.1.3 > 10.244.2.2:9998 1p 31b',
      'counters sctp 10.244.1.3 > 10.96.0.15:3868 = 10.244.2.2:3868 1p 52b',
      'counters tcp 192.168.100.50 > 192.168.100.1:30080 = 10.244.2.2:8080 as 192.168.100.1 10p 538b',
      'counters tcp 10.244.1.3 > 10.244.2.2:7000 7p 382b',
    ]);
  });

  test('without accounting a DESTROY says nothing', () => {
    const { records } = scanSample('no-accounting.txt');
    expect(records.filter((record) => record.event === 'destroy' && record.bytes === null)).toHaveLength(2);
    expect(sayings(records).filter((line) => line.startsWith('counters'))).toHaveLength(2);
  });

  test('a dump proves UDP, also one-way, but not what is closing or half-open', () => {
    expect(sayings(scanSample('node-a-dump.txt').records)).toEqual([
      'present udp 10.244.1.3 > 10.96.0.12:53 = 10.244.2.2:5353',
      'present udp 10.244.1.3 > 10.244.2.2:9998 guessed from 39665',
      'present udp 10.244.1.3 > 10.244.2.3:9999 guessed from 43061',
    ]);
  });
});
