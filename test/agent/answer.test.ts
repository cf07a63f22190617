import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../src/agent/answer.ts';

const sent = { epoch: 'e', sequence: 7, encoding: 'zstd', flows: 2 } as const;
const NOW = Date.parse('2026-11-21T12:00:00Z');

function outcome(status: number, body: string, retryAfter?: string) {
  return outcomeOf({ kind: 'answered', status, retryAfter, body }, sent, NOW);
}

const ok = (acknowledged: unknown) => JSON.stringify({ generation: 'g', acknowledged });
const told = { code: 'some-code', detail: 'Some detail.', status: 1 };
const problem = JSON.stringify({ ...told, type: 'urn:netscribe:problem:some-code' });
const foreign = JSON.stringify(told);
const FOREIGN = { kind: 'retry', afterMs: null, code: 'not-a-netscribe-server' };

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
    [422, problem, { kind: 'parked' }],
    [400, foreign, FOREIGN],
    [400, '', FOREIGN],
    [403, '<html>blocked', { ...FOREIGN, detail: '403 from what does not take batches: <html>blocked' }],
    [404, 'nothing here', { ...FOREIGN, detail: '404 from what does not take batches: nothing here' }],
    [404, problem, { ...FOREIGN, detail: '404 from what does not take batches: Some detail.' }],
    [405, problem, FOREIGN],
    [405, '<html>', FOREIGN],
    [409, '<html>', FOREIGN],
    [409, foreign, FOREIGN],
    [
      401,
      '<html>log in',
      {
        kind: 'unauthorized',
        code: 'not-a-netscribe-server',
        detail: '401 from what does not take batches: <html>log in',
      },
    ],
    [413, '<html>', { kind: 'split', code: 'http-413' }],
    [429, '<html>', { kind: 'retry', code: 'http-429' }],
    [502, '<html>', { kind: 'retry', code: 'http-502' }],
    [409, problem, { kind: 'fenced', detail: 'Some detail.' }],
    [413, problem, { kind: 'split' }],
    [415, problem, { kind: 'recode', code: 'some-code' }],
    [415, '<html>', { kind: 'recode', code: 'http-415' }],
    [429, problem, { kind: 'retry', afterMs: null }],
    [500, problem, { kind: 'retry' }],
    [503, problem, { kind: 'retry', code: 'some-code' }],
    [507, problem, { kind: 'retry' }],
  ])('%i %s', (status, body, expected) => expect(outcome(status, body)).toMatchObject(expected));

  it.each([
    ['a server of ours', problem, { kind: 'parked', code: 'some-code' }],
    ['a stranger', '<html>', { ...FOREIGN, detail: '413 from what does not take batches: <html>' }],
  ])('413 of %s to what cannot be split: %j', (_who, body, expected) => {
    const exchange = { kind: 'answered', status: 413, retryAfter: undefined, body } as const;
    for (const flows of [0, 1]) expect(outcomeOf(exchange, { ...sent, flows }, NOW)).toMatchObject(expected);
  });

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
    expect(outcomeOf({ kind: 'failed', code: 'unreachable', reason: 'refused' }, sent, NOW)).toEqual({
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
      { seed: 1 },
    );
  });
});
