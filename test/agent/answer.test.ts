import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../src/agent/answer.ts';

const sent = { epoch: 'e', sequence: 7 };
const NOW = Date.parse('2026-11-21T12:00:00Z');

function outcome(status: number, body: string, retryAfter?: string) {
  return outcomeOf({ kind: 'answered', status, retryAfter, body }, sent, NOW);
}

const ok = (acknowledged: unknown) => JSON.stringify({ generation: 'g', acknowledged });
const problem = JSON.stringify({ code: 'some-code', detail: 'Some detail.', status: 1 });

describe('an answer', () => {
  it.each([
    [200, ok(sent), { kind: 'acknowledged', generation: 'g' }],
    [200, ok({ ...sent, more: 1 }), { kind: 'acknowledged', generation: 'g' }],
    [200, ok({ ...sent, sequence: 8 }), { kind: 'retry', code: 'not-a-netscribe-server' }],
    [200, ok({ ...sent, epoch: 'f' }), { kind: 'retry', code: 'not-a-netscribe-server' }],
    [
      200,
      '<html>',
      { kind: 'retry', code: 'not-a-netscribe-server', detail: expect.stringContaining('<html>') },
    ],
    [204, '', { kind: 'retry', code: 'http-204' }],
    [301, '', { kind: 'retry', code: 'http-301' }],
    [400, problem, { kind: 'parked', code: 'some-code', detail: 'Some detail.' }],
    [401, problem, { kind: 'unauthorized', code: 'some-code' }],
    [403, problem, { kind: 'parked' }],
    [404, 'nothing here', { kind: 'parked', code: 'http-404', detail: 'nothing here' }],
    [409, problem, { kind: 'fenced', detail: 'Some detail.' }],
    [413, problem, { kind: 'split' }],
    [415, problem, { kind: 'parked' }],
    [429, problem, { kind: 'retry', afterMs: null }],
    [500, problem, { kind: 'retry' }],
    [503, problem, { kind: 'retry', code: 'some-code' }],
    [507, problem, { kind: 'retry' }],
  ])('%i %s', (status, body, expected) => expect(outcome(status, body)).toMatchObject(expected));

  it.each([
    ['0', 0],
    ['5', 5000],
    [' 5 ', 5000],
    ['99999', 300_000],
    ['Sat, 21 Nov 2026 12:00:10 GMT', 10_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['soon', null],
    ['', null],
    [undefined, null],
  ])('with Retry-After %j waits %j ms', (header, afterMs) => {
    expect(outcome(503, '', header)).toMatchObject({ kind: 'retry', afterMs });
  });

  it('that never came is sent again', () => {
    expect(outcomeOf({ kind: 'failed', reason: 'refused' }, sent, NOW)).toEqual({
      kind: 'retry',
      afterMs: null,
      code: 'unreachable',
      detail: 'refused',
    });
  });

  it('of any kind is understood without a throw, and what is logged of it is short', () => {
    const text = fc.oneof(fc.string({ maxLength: 2000 }), fc.json());
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 599 }),
        text,
        fc.option(text, { nil: undefined }),
        (status, body, retryAfter) => {
          const result = outcome(status, body, retryAfter);
          if (result.kind !== 'acknowledged') expect(result.detail.length).toBeLessThan(500);
          expect(result.kind === 'acknowledged').toBe(false);
        },
      ),
    );
  });
});
