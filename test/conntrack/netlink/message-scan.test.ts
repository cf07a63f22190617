import { describe, expect, it } from 'vitest';
import { sightingOf } from '../../../src/conntrack/flow-of.ts';
import type { ConntrackRecord } from '../../../src/conntrack/record.ts';
import { ip } from '../../../src/domain/ip.ts';
import { say } from '../read-sample.ts';
import { attribute, buildMessage, message, nested, u32 } from './build-message.ts';
import type { Raw } from './build-message.ts';
import { listed } from './sample-record.ts';
import { READ_AT, scanMessages } from './scan-messages.ts';

function decode(record: ConntrackRecord, raw: Raw = {}): ConntrackRecord {
  const scan = scanMessages(buildMessage(record, raw));
  expect(scan.rejects).toEqual([]);
  return scan.records[0]!;
}

describe('the beginning of a TCP entry', () => {
  // 0x01 window scale, 0x02 SACK, 0x08 liberal, 0x20 a highest acknowledgement is known.
  it.each<[string, readonly [number, number], boolean, boolean | null]>([
    ['was seen when neither direction is liberal', [0x23, 0x23], false, false],
    ['was seen when one direction alone is liberal', [0x2b, 0x23], false, false],
    ['was missed when both are liberal', [0x2a, 0x2a], false, true],
    ['was missed though only one side was heard', [0x2a, 0x0a], false, true],
    ['was seen when a SYN scaled the window, whatever a flow table did then', [0x2b, 0x2b], true, false],
    ['was seen when only one end scales', [0x2b, 0x2a], true, false],
    ['is unknown when a flow table made both liberal', [0x2a, 0x2a], true, null],
  ])('%s', (_, tcpFlags, offloaded, midStream) => {
    expect(decode(listed({ offloaded }), { tcpFlags })).toMatchObject({ midStream });
  });

  it('is unknown without flags', () => {
    expect(decode(listed({ event: 'destroy', at: 1 }))).toMatchObject({ midStream: null });
  });

  it('decides the orientation, in lists too', () => {
    const server = {
      origSourcePort: 80,
      origDestinationPort: 40_000,
      replySourcePort: 40_000,
      replyDestinationPort: 80,
    };
    const saw = (record: ConntrackRecord, tcpFlags: readonly [number, number]): string =>
      say(sightingOf(decode(record, { tcpFlags })));
    expect(saw(listed(), [0x23, 0x23])).toBe('present tcp 10.0.0.1 > 10.0.0.2:80');
    expect(saw(listed(), [0x2a, 0x2a])).toBe('present tcp 10.0.0.1 > 10.0.0.2:80 guessed from 40000');
    expect(saw(listed(server), [0x2a, 0x2a])).toBe('present tcp 10.0.0.1 > 10.0.0.2:40000 guessed from 80');
    // From a low port to a high one, but the SYN was seen: an old client, not an answer.
    expect(saw(listed(server), [0x23, 0x23])).toBe('present tcp 10.0.0.1 > 10.0.0.2:40000');
    expect(saw(listed({ event: 'new', at: 5 }), [0x2a, 0x2a])).toBe('nothing: mid-stream');
    expect(saw(listed({ event: 'new', at: 5, state: 'SYN_SENT' }), [0x23, 0])).toBe(
      'opened tcp 10.0.0.1 > 10.0.0.2:80',
    );
  });
});

describe('other entries', () => {
  it('of UDP are listed the right way round, unless they look like a late answer', () => {
    const udp = { protocol: 'udp', state: null } as const;
    expect(say(sightingOf(decode(listed(udp))))).toBe('present udp 10.0.0.1 > 10.0.0.2:80');
    const late = listed({ ...udp, origSourcePort: 53, replySourcePort: 40_000, origDestinationPort: 40_000 });
    expect(say(sightingOf(decode(late)))).toBe('present udp 10.0.0.1 > 10.0.0.2:40000 guessed from 53');
  });

  it('of SCTP have their state, and are guessed in lists, since a heartbeat of either end may have begun them', () => {
    const sctp = { protocol: 'sctp', state: 'ESTABLISHED' } as const;
    expect(say(sightingOf(decode(listed(sctp))))).toBe(
      'present sctp 10.0.0.1 > 10.0.0.2:80 guessed from 40000',
    );
    expect(say(sightingOf(decode(listed({ ...sctp, event: 'new', at: 1, state: 'CLOSED' }))))).toBe(
      'opened sctp 10.0.0.1 > 10.0.0.2:80',
    );
  });

  it('that are offloaded show no state, and are alive', () => {
    const record = decode(listed({ state: null, timeoutS: null, offloaded: true }));
    expect(record).toMatchObject({ offloaded: true, state: null });
    expect(sightingOf(record)).toMatchObject({ kind: 'present' });
    expect(sightingOf(decode(listed({ state: null })))).toEqual({ kind: 'nothing', reason: 'no-state' });
  });

  it('have their zone, also when only one direction has it', () => {
    expect(decode(listed({ zone: 0 }))).toMatchObject({ zone: 0 });
    expect(decode(listed({ zone: 65_535 }))).toMatchObject({ zone: 65_535 });
    const oneWay = nested(1, attribute(3, Buffer.from([0, 9])));
    expect(decode(listed(), { more: [oneWay] })).toMatchObject({ zone: 9 });
  });

  it('show an IPv4-mapped address as IPv4', () => {
    const end = (type: number): Buffer =>
      attribute(type, Buffer.from('00000000000000000000ffff0a000009', 'hex'));
    expect(decode(listed(), { more: [nested(1, nested(1, end(3)))] })).toMatchObject({
      origSource: ip('10.0.0.9'),
    });
  });
});

describe('the time of an event', () => {
  it('is the kernel’s stamp, else that of the read; a listed entry has none', () => {
    const opened = listed({ event: 'new', state: 'SYN_SENT' });
    expect(decode({ ...opened, at: 1_795_295_318_024.5 })).toMatchObject({ at: 1_795_295_318_024.5 });
    expect(decode(opened)).toMatchObject({ event: 'new', at: READ_AT });
    expect(decode(listed())).toMatchObject({ at: null });
  });
});

describe('what is no entry', () => {
  const good = buildMessage(listed());
  it.each<[string, Buffer, string[]]>([
    ['of ICMP is left out by its protocol', buildMessage(listed(), { ipNumber: 1 }), ['protocol']],
    ['of an unknown protocol too', buildMessage(listed(), { ipNumber: 255 }), ['protocol']],
    ['has a port 0', buildMessage(listed({ origDestinationPort: 0 })), ['malformed']],
    [
      'has a state that does not exist',
      buildMessage(listed(), { more: [nested(4, nested(1, attribute(1, Buffer.from([200]))))] }),
      ['malformed'],
    ],
    [
      'has counters beyond 2^53',
      buildMessage(listed(), { more: [nested(9, attribute(1, Buffer.alloc(8, 255)))] }),
      ['malformed'],
    ],
    [
      'has a status of two bytes',
      buildMessage(listed(), { more: [attribute(3, Buffer.alloc(2))] }),
      ['malformed'],
    ],
    ['has no tuples', message(0, 0, Buffer.concat([Buffer.alloc(4), attribute(3, u32(0))])), ['malformed']],
    [
      'has an attribute longer than the message',
      buildMessage(listed(), { more: [Buffer.from([200, 0, 3, 0])] }),
      ['truncated'],
    ],
    [
      'has an attribute shorter than its own header',
      buildMessage(listed(), { more: [Buffer.from([3, 0, 3, 0])] }),
      ['truncated'],
    ],
    ['is a message of another subsystem', message(0, 0, Buffer.alloc(8), 2), ['malformed']],
    ['is an empty message', message(0, 0, Buffer.alloc(0)), ['truncated']],
    ['claims a length below its header’s', Buffer.alloc(32, 1).fill(0, 0, 4), ['malformed']],
    ['is no message at all', Buffer.from('garbage'), ['truncated']],
  ])('%s', (_, bytes, rejects) => {
    expect(scanMessages(bytes)).toMatchObject({ records: [], rejects });
  });

  it('hides nothing that comes before or after it', () => {
    const scan = scanMessages(Buffer.concat([good, buildMessage(listed(), { ipNumber: 1 }), good]));
    expect(scan.records).toHaveLength(2);
    expect(scan.rejects).toEqual(['protocol']);
  });
});

describe('the end of a list', () => {
  it.each<[string, Buffer, number]>([
    ['is told', message(3, 2, Buffer.alloc(4), 0), 0],
    ['carries the error', message(3, 2, Buffer.from(Int32Array.of(-4).buffer), 0), 4],
    ['is an error at once', message(2, 0, Buffer.from(Int32Array.of(-1, 0, 0, 0, 0).buffer), 0), 1],
  ])('%s', (_, bytes, errno) => {
    expect(scanMessages(bytes)).toMatchObject({ ends: [errno], rejects: [], interruptions: 0 });
  });

  it('says that entries moved meanwhile, on any of its messages', () => {
    const moved = buildMessage(listed());
    moved.writeUInt16LE(0x12, 6);
    expect(scanMessages(moved)).toMatchObject({ interruptions: 1, records: [{ event: 'dump' }] });
    expect(scanMessages(message(3, 0x12, Buffer.alloc(4), 0))).toMatchObject({ interruptions: 1, ends: [0] });
  });
});
