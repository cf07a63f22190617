import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sightingOf } from '../../src/conntrack/flow-of.ts';
import type { ConntrackRecord } from '../../src/conntrack/text-scan.ts';
import { flowKeyText } from '../../src/domain/flow.ts';
import { say, scanText } from './read-sample.ts';

/** What a line says, given as `event protocol words: original > reply`, each tuple as `ip:port ip:port`. */
function says(line: string): string {
  return say(sightingOf(recordOf(line)));
}

function recordOf(line: string): ConntrackRecord {
  const [head = '', tuples = ''] = line.split(': ');
  const [event, protocol = '', ...words] = head.split(' ');
  const flags = words.filter((word) => word.startsWith('['));
  const state = words.find((word) => /^[A-Z]/.test(word)) ?? '';
  const [original = '', reply = ''] = tuples.split(' > ').map((tuple) => tupleText(tuple));
  const number = { tcp: 6, udp: 17, sctp: 132 }[protocol];
  const counters = words.includes('counted') ? 'packets=1 bytes=60' : '';
  const time = event === 'dump' || words.includes('untimed') ? '' : '[1000.5]\t ';
  const eventWord = event === 'dump' ? '' : `[${event?.toUpperCase()}]`;
  const text = `${time}${eventWord} ${protocol} ${number} 9 ${state} ${original} ${counters} ${flags[0] ?? ''} ${reply} ${counters} ${flags[1] ?? ''}`;
  const { records, rejects } = scanText(`${text}\n`);
  expect(rejects).toEqual([]);
  const [record] = records;
  if (record === undefined) throw new Error(`no record in ${text}`);
  return record;
}

function tupleText(tuple: string): string {
  const [, source, sport, destination, dport] = /^(\S+):(\d+) (\S+):(\d+)$/.exec(tuple) ?? [];
  return `src=${source} dst=${destination} sport=${sport} dport=${dport}`;
}

const DIRECT = '10.0.0.1:40000 10.0.0.2:80 > 10.0.0.2:80 10.0.0.1:40000';
const BY_SERVICE = '10.0.0.1:40000 10.96.0.1:80 > 10.0.0.2:8080 10.0.0.1:40000';
const REVERSED = '10.0.0.2:53 10.0.0.1:40000 > 10.0.0.1:40000 10.0.0.2:53';

describe('opened', () => {
  const cases: readonly [promise: string, line: string, saying: string][] = [
    ['a SYN opens', `new tcp SYN_SENT [UNREPLIED]: ${DIRECT}`, 'opened tcp 10.0.0.1 > 10.0.0.2:80'],
    [
      'a Service is the dialled end',
      `new tcp SYN_SENT [UNREPLIED]: ${BY_SERVICE}`,
      'opened tcp 10.0.0.1 > 10.96.0.1:80 = 10.0.0.2:8080',
    ],
    [
      'a port alone can be translated',
      'new tcp SYN_SENT: 10.0.0.1:40000 10.0.0.2:80 > 10.0.0.2:8080 10.0.0.1:40000',
      'opened tcp 10.0.0.1 > 10.0.0.2:80 = 10.0.0.2:8080',
    ],
    [
      'a rewritten client is seen as another',
      'new tcp SYN_SENT: 10.0.0.1:40000 9.9.9.9:443 > 9.9.9.9:443 192.168.0.1:5000',
      'opened tcp 10.0.0.1 > 9.9.9.9:443 as 192.168.0.1',
    ],
    [
      "a rewritten client's port alone is no other client",
      'new tcp SYN_SENT: 10.0.0.1:40000 9.9.9.9:443 > 9.9.9.9:443 10.0.0.1:5000',
      'opened tcp 10.0.0.1 > 9.9.9.9:443',
    ],
    [
      'TCP that is established at once was picked up mid-stream, and was not seen opening',
      `new tcp ESTABLISHED [UNREPLIED]: ${REVERSED}`,
      'nothing: mid-stream',
    ],
    [
      'also when it looks the right way round',
      `new tcp ESTABLISHED [UNREPLIED]: ${DIRECT}`,
      'nothing: mid-stream',
    ],
    ['nor does TCP open without a state', `new tcp: ${DIRECT}`, 'nothing: mid-stream'],
    [
      'a SYN from a low port to a high one is seen',
      `new tcp SYN_SENT [UNREPLIED]: ${REVERSED}`,
      'opened tcp 10.0.0.2 > 10.0.0.1:40000',
    ],
    ['an SCTP INIT opens', `new sctp CLOSED [UNREPLIED]: ${DIRECT}`, 'opened sctp 10.0.0.1 > 10.0.0.2:80'],
    [
      'an SCTP HEARTBEAT, which either end may send, opens nothing',
      `new sctp HEARTBEAT_SENT [UNREPLIED]: ${DIRECT}`,
      'nothing: mid-stream',
    ],
    ['UDP opens', `new udp [UNREPLIED]: ${DIRECT}`, 'opened udp 10.0.0.1 > 10.0.0.2:80'],
    [
      'a late UDP answer is guessed',
      `new udp [UNREPLIED]: ${REVERSED}`,
      'opened udp 10.0.0.2 > 10.0.0.1:40000 guessed from 53',
    ],
    [
      'between two ephemeral ports UDP is seen',
      'new udp: 10.0.0.2:50000 10.0.0.1:40000 > 10.0.0.1:40000 10.0.0.2:50000',
      'opened udp 10.0.0.2 > 10.0.0.1:40000',
    ],
    [
      'between two service ports too',
      'new udp: 10.0.0.2:123 10.0.0.1:123 > 10.0.0.1:123 10.0.0.2:123',
      'opened udp 10.0.0.2 > 10.0.0.1:123',
    ],
    [
      '32767 is a service port, 32768 an ephemeral one',
      'new udp: 10.0.0.2:32767 10.0.0.1:32768 > 10.0.0.1:32768 10.0.0.2:32767',
      'opened udp 10.0.0.2 > 10.0.0.1:32768 guessed from 32767',
    ],
    [
      'what was sent by way of a Service is no answer',
      'new udp: 10.0.0.2:514 10.96.0.1:514 > 10.0.0.1:40514 10.0.0.2:514',
      'opened udp 10.0.0.2 > 10.96.0.1:514 = 10.0.0.1:40514',
    ],
    ['without a time it says nothing', `new tcp SYN_SENT untimed: ${DIRECT}`, 'nothing: no-time'],
  ];
  test.each(cases)('%s', (_, line, saying) => {
    expect(says(line)).toBe(saying);
  });

  test("has the record's time", () => {
    expect(sightingOf(recordOf(`new udp: ${DIRECT}`))).toMatchObject({ at: 1_000_500 });
  });
});

describe('answered', () => {
  const cases: readonly [promise: string, line: string, saying: string][] = [
    [
      'TCP by ESTABLISHED',
      `update tcp ESTABLISHED: ${BY_SERVICE}`,
      'answered tcp 10.0.0.1 > 10.96.0.1:80 = 10.0.0.2:8080',
    ],
    [
      'also when it becomes assured with it',
      `update tcp ESTABLISHED [ASSURED]: ${DIRECT}`,
      'answered tcp 10.0.0.1 > 10.0.0.2:80',
    ],
    ['SCTP by ESTABLISHED', `update sctp ESTABLISHED: ${DIRECT}`, 'answered sctp 10.0.0.1 > 10.0.0.2:80'],
    ['UDP by its first reply', `update udp: ${DIRECT}`, 'answered udp 10.0.0.1 > 10.0.0.2:80'],
    [
      'a reply to what is guessed has the guessed key',
      `update udp: ${REVERSED}`,
      'answered udp 10.0.0.2 > 10.0.0.1:40000 guessed from 53',
    ],
    ['a SYN-ACK alone is no answer', `update tcp SYN_RECV: ${DIRECT}`, 'nothing: update'],
    ['nor is the close', `update tcp FIN_WAIT [ASSURED]: ${DIRECT}`, 'nothing: update'],
    ['nor a change without a state', `update tcp: ${DIRECT}`, 'nothing: update'],
    ['nor UDP becoming assured', `update udp x [ASSURED]: ${DIRECT}`.replace(' x', ''), 'nothing: update'],
    ['nor a change of UDP before the reply', `update udp [UNREPLIED]: ${DIRECT}`, 'nothing: update'],
    ['without a time it says nothing', `update udp untimed: ${DIRECT}`, 'nothing: no-time'],
  ];
  test.each(cases)('%s', (_, line, saying) => {
    expect(says(line)).toBe(saying);
  });
});

describe('counters', () => {
  const cases: readonly [promise: string, line: string, saying: string][] = [
    [
      'a DESTROY adds both directions',
      `destroy tcp TIME_WAIT counted: ${DIRECT}`,
      'counters tcp 10.0.0.1 > 10.0.0.2:80 2p 120b',
    ],
    ['without accounting it says nothing', `destroy tcp TIME_WAIT: ${DIRECT}`, 'nothing: destroy'],
    [
      'it needs no time',
      `destroy udp untimed counted: ${DIRECT}`,
      'counters udp 10.0.0.1 > 10.0.0.2:80 2p 120b',
    ],
    [
      'a late UDP answer keeps its key',
      `destroy udp counted: ${REVERSED}`,
      'counters udp 10.0.0.2 > 10.0.0.1:40000 guessed from 53 2p 120b',
    ],
    [
      'TCP that may have been mid-stream is on no key',
      `destroy tcp TIME_WAIT counted: ${REVERSED}`,
      'nothing: orientation',
    ],
  ];
  test.each(cases)('%s', (_, line, saying) => {
    expect(says(line)).toBe(saying);
  });
});

describe('present', () => {
  const cases: readonly [promise: string, line: string, saying: string][] = [
    [
      'a translated entry is the right way round',
      `dump tcp ESTABLISHED: ${BY_SERVICE}`,
      'present tcp 10.0.0.1 > 10.96.0.1:80 = 10.0.0.2:8080',
    ],
    [
      'any other is guessed',
      `dump tcp ESTABLISHED: ${DIRECT}`,
      'present tcp 10.0.0.1 > 10.0.0.2:80 guessed from 40000',
    ],
    [
      'SCTP too',
      `dump sctp ESTABLISHED: ${DIRECT}`,
      'present sctp 10.0.0.1 > 10.0.0.2:80 guessed from 40000',
    ],
    [
      'one-way UDP is alive',
      `dump udp [UNREPLIED]: ${BY_SERVICE}`,
      'present udp 10.0.0.1 > 10.96.0.1:80 = 10.0.0.2:8080',
    ],
    [
      'mid-stream TCP heard from one side is not',
      `dump tcp ESTABLISHED [UNREPLIED]: ${DIRECT}`,
      'nothing: half-open',
    ],
    ...['SYN_SENT', 'SYN_RECV', 'SYN_SENT2'].map((state): [string, string, string] => [
      `${state} is half-open`,
      `dump tcp ${state}: ${DIRECT}`,
      'nothing: half-open',
    ]),
    ...['TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'FIN_WAIT'].map((state): [string, string, string] => [
      `${state} is closing`,
      `dump tcp ${state}: ${DIRECT}`,
      'nothing: closing',
    ]),
    [
      'an SCTP INIT without an answer is half-open',
      `dump sctp CLOSED [UNREPLIED]: ${DIRECT}`,
      'nothing: half-open',
    ],
    ['a closed SCTP association is closing', `dump sctp CLOSED: ${DIRECT}`, 'nothing: closing'],
    ['TCP without a state says nothing', `dump tcp: ${DIRECT}`, 'nothing: no-state'],
  ];
  test.each(cases)('%s', (_, line, saying) => {
    expect(says(line)).toBe(saying);
  });
});

test('all events of one connection that began with its first packet have one key', () => {
  const endpoint = fc
    .tuple(fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1'), fc.integer({ min: 1, max: 65_535 }))
    .map(([ip, port]) => `${ip}:${port}`);
  const tuples = fc
    .tuple(endpoint, endpoint, endpoint, endpoint)
    .map(([a, b, c, d]) => `${a} ${b} > ${c} ${d}`);
  const first = { tcp: 'SYN_SENT', udp: '', sctp: 'CLOSED' };
  fc.assert(
    fc.property(tuples, fc.constantFrom('tcp', 'udp', 'sctp'), (ends, protocol) => {
      const lines = [
        `new ${protocol} ${first[protocol]} [UNREPLIED]`,
        `update ${protocol} ${protocol === 'udp' ? '' : 'ESTABLISHED'}`,
        `destroy ${protocol} counted`,
      ];
      const sightings = lines.map((line) => sightingOf(recordOf(`${line}: ${ends}`)));
      const keys = sightings.flatMap((sighting) =>
        sighting.kind === 'nothing' ? [] : [flowKeyText(sighting.key)],
      );
      expect(new Set(keys).size).toBe(1);
      expect(keys.length).toBeGreaterThanOrEqual(2);
    }),
    { seed: 1 },
  );
});
