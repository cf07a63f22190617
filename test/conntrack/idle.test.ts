/** How long an entry has been idle follows from what is left of its timeout, where both are known. */
import { expect, test } from 'vitest';
import { IDLE_UNKNOWN, idleMsOf, UNKNOWN_TIMEOUTS } from '../../src/conntrack/idle.ts';
import type { StateTimeouts } from '../../src/conntrack/idle.ts';

const TIMEOUTS: StateTimeouts = { tcpEstablished: 432_000, sctpEstablished: 210, udp: 30, udpStream: 120 };

const tcp = { protocol: 'tcp', assured: true, offloaded: false } as const;
const udp = { protocol: 'udp', assured: false, offloaded: false } as const;

test.each([
  ['TCP that just spoke', tcp, 432_000, 0],
  ['TCP that spoke four seconds ago', tcp, 431_996, 4000],
  ['UDP that one end spoke on', udp, 21, 9000],
  ['UDP that both ends speak on', { ...udp, assured: true }, 100, 20_000],
  ['SCTP', { ...tcp, protocol: 'sctp' }, 200, 10_000],
  [
    'an entry in a flow table, whose timeout stands still',
    { ...tcp, offloaded: true },
    432_000,
    IDLE_UNKNOWN,
  ],
  ['more left than the kernel gives: a rule gave it another timeout', udp, 31, IDLE_UNKNOWN],
  ['an entry that does not say what is left', udp, -1, IDLE_UNKNOWN],
] as const)('%s', (_, facts, leftS, idleMs) => {
  expect(idleMsOf(facts, leftS, TIMEOUTS)).toBe(idleMs);
});

test('nothing is known where the timeouts are not', () => {
  expect(idleMsOf(tcp, 10, UNKNOWN_TIMEOUTS)).toBe(IDLE_UNKNOWN);
});
