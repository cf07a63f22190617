/** Runs the socket filter outside the kernel, over what a kernel sent. */
import { describe, expect, it } from 'vitest';
import {
  eventFilter,
  FIND_ATTRIBUTE,
  FIND_NESTED,
  OPCODE,
} from '../../../src/conntrack/netlink/event-filter.ts';
import type { ConntrackRecord } from '../../../src/conntrack/record.ts';
import { sightingOf } from '../../../src/conntrack/flow-of.ts';
import { buildMessage } from './build-message.ts';
import { listed } from './sample-record.ts';
import { readMessages, scanMessages } from './scan-messages.ts';

/** Whether the filter lets a message in: the instructions as net/core/filter.c runs them. */
function passes(bytes: Buffer): boolean {
  const program = eventFilter();
  let [a, x] = [0, 0];
  for (let at = 0; at < program.length; at++) {
    const { code, k, onTrue, onFalse } = program[at]!;
    expect(onTrue >= 0 && onTrue < 256 && onFalse >= 0 && onFalse < 256).toBe(true);
    switch (code) {
      case OPCODE.LOAD_BYTE:
        a = bytes.readUInt8(k);
        break;
      case OPCODE.LOAD_WORD:
        if (k === FIND_ATTRIBUTE) a = find(bytes, { from: a, to: bytes.length, type: x });
        else if (k === FIND_NESTED) a = find(bytes, { from: a + 4, to: a + bytes.readUInt16LE(a), type: x });
        else throw new Error(`no such load: ${k}`);
        break;
      case OPCODE.LOAD_BYTE_INDIRECT:
        a = bytes.readUInt8(x + k);
        break;
      case OPCODE.LOAD_WORD_INDIRECT:
        a = bytes.readUInt32BE(x + k);
        break;
      case OPCODE.LOAD_CONSTANT:
        a = k;
        break;
      case OPCODE.LOAD_X_CONSTANT:
        x = k;
        break;
      case OPCODE.A_TO_X:
        x = a;
        break;
      case OPCODE.JUMP_EQUAL:
        at += a === k ? onTrue : onFalse;
        break;
      case OPCODE.JUMP_ANY_BIT:
        at += (a & k) !== 0 ? onTrue : onFalse;
        break;
      case OPCODE.RETURN:
        return k !== 0;
      default:
        throw new Error(`no such instruction: ${code}`);
    }
  }
  throw new Error('the program has no end');
}

function find(bytes: Buffer, { from, to, type }: { from: number; to: number; type: number }): number {
  for (let at = from; at + 4 <= to; at += (bytes.readUInt16LE(at) + 3) & ~3) {
    if ((bytes.readUInt16LE(at + 2) & 0x3fff) === type) return at;
    if (bytes.readUInt16LE(at) < 4) return 0;
  }
  return 0;
}

describe('the socket filter', () => {
  it('passes of a kernel’s events exactly those that say something, and every NEW and DESTROY', () => {
    let passed = 0;
    for (const bytes of readMessages('events.hex')) {
      const [record] = scanMessages(bytes).records;
      const isUpdate = bytes.readUInt8(4) === 0 && (bytes.readUInt16LE(6) & 0x400) === 0;
      const isAnswer = record !== undefined && sightingOf(record).kind === 'answered';
      const isWanted = !isUpdate || isAnswer;
      expect(passes(bytes)).toBe(isWanted);
      if (passes(bytes)) passed++;
    }
    expect(passed).toBeGreaterThan(20);
    expect(passed).toBeLessThan(readMessages('events.hex').length - 20);
  });

  it.each<[string, Partial<ConntrackRecord>, boolean]>([
    ['TCP that is answered', { state: 'ESTABLISHED' }, true],
    ['TCP that is not answered yet', { state: 'ESTABLISHED', unreplied: true }, false],
    ['TCP in its handshake', { state: 'SYN_RECV', assured: false }, false],
    ['TCP that closes', { state: 'TIME_WAIT' }, false],
    ['TCP that changed something other than its state', { state: null }, false],
    ['SCTP that is answered', { protocol: 'sctp', state: 'ESTABLISHED' }, true],
    ['SCTP in its handshake', { protocol: 'sctp', state: 'COOKIE_ECHOED' }, false],
    ['UDP’s first reply', { protocol: 'udp', state: null, assured: false }, true],
    ['UDP that becomes a stream', { protocol: 'udp', state: null, assured: true }, false],
    ['UDP without a reply', { protocol: 'udp', state: null, assured: false, unreplied: true }, false],
  ])('of the updates: %s', (_, changes, isPassed) => {
    const update = listed({ event: 'update', at: 1, ...changes });
    expect(passes(buildMessage(update))).toBe(isPassed);
    expect(sightingOf(update).kind === 'answered').toBe(isPassed);
    expect(passes(buildMessage({ ...update, event: 'new' }))).toBe(true);
    expect(passes(buildMessage({ ...update, event: 'destroy' }))).toBe(true);
  });
});
