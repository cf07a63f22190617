/** Random histories of objects and random faults of a server, one step after the other, and how to carry a step out. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import type { BreakingOff } from '../../fake-api-server/faults.ts';
import type { FakeApiServer } from '../../fake-api-server/server.ts';
import { podObject } from './following.ts';

interface ObjectChange {
  readonly kind: 'put' | 'replace' | 'remove';
  readonly name: number;
}

export type Step =
  | ObjectChange
  /** No watch is open while these happen, and the server forgets that they did. */
  | { readonly kind: 'gap'; readonly changes: readonly ObjectChange[] }
  | { readonly kind: 'cut'; readonly how: BreakingOff }
  | { readonly kind: 'cutAfter'; readonly bytes: number }
  | { readonly kind: 'breakList'; readonly how: BreakingOff; readonly bytes: number }
  | { readonly kind: 'reset' | 'pause' | 'away' | 'silence' | 'slowLists' | 'pieces'; readonly count: number }
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly verb: 'list' | 'watch';
      readonly times: number;
    }
  | { readonly kind: 'streamError'; readonly code: number }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'watchList'; readonly mode: 'served' | 'refused' | 'ignored' }
  | { readonly kind: 'expireIn'; readonly where: 'status' | 'stream' }
  | { readonly kind: 'compact' };

const how = fc.constantFrom<BreakingOff>('reset', 'close', 'end', 'stall');

export const change: fc.Arbitrary<ObjectChange> = fc.record({
  kind: fc.constantFrom('put', 'replace', 'remove'),
  name: fc.nat(3),
});

export const pause: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('pause' as const),
  count: fc.nat(15),
});

/** Faults of connections: they cost no event of a watch that goes on where it was. */
export const connectionFault: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('cut' as const), how }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('cutAfter' as const), bytes: fc.integer({ min: 1, max: 900 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('reset', 'away', 'silence', 'pieces'),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
);

/** Faults of the server's answers and of what it keeps. */
export const serverFault: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('refuse' as const),
    status: fc.constantFrom(401, 403, 404, 410, 429, 500, 503, 504),
    verb: fc.constantFrom('list' as const, 'watch' as const),
    times: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constant('streamError' as const), code: fc.constantFrom(410, 500, 504) }),
  fc.record({
    kind: fc.constant('say' as const),
    text: fc.constantFrom('{"type":\n', '[]\n', '\n', '{"type":"ADDED","object":{"kind":"Pod"}}\n'),
  }),
  fc.record({ kind: fc.constant('breakList' as const), how, bytes: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ kind: fc.constant('slowLists' as const), count: fc.nat(3) }),
  fc.record({
    kind: fc.constant('watchList' as const),
    mode: fc.constantFrom('served' as const, 'refused' as const, 'ignored' as const),
  }),
  fc.record({
    kind: fc.constant('expireIn' as const),
    where: fc.constantFrom('status' as const, 'stream' as const),
  }),
  fc.record({ kind: fc.constant('compact' as const) }),
  fc.record({ kind: fc.constant('gap' as const), changes: fc.array(change, { minLength: 1, maxLength: 6 }) }),
);

let uids = 0;

export async function carryOut(server: FakeApiServer, step: Step): Promise<void> {
  const { faults } = server;
  switch (step.kind) {
    case 'put':
      server.put(podObject(`shop/größe-${step.name}`, undefined, { round: `${server.version} ✓🦊` }));
      return;
    case 'replace':
      server.put(podObject(`shop/größe-${step.name}`, `uid-${uids++}`));
      return;
    case 'remove':
      server.remove('Pod', 'shop', `größe-${step.name}`);
      return;
    case 'gap':
      server.cutWatches('reset');
      for (const each of step.changes) await carryOut(server, each);
      server.compact();
      return;
    case 'cut':
      server.cutWatches(step.how);
      return;
    case 'cutAfter':
      faults.cutAfterBytes.push(step.bytes);
      server.cutWatches();
      return;
    case 'breakList':
      faults.brokenLists.push({ how: step.how, afterBytes: step.bytes });
      return;
    case 'reset':
      faults.resets += step.count;
      return;
    case 'pause':
      await sleep(step.count);
      return;
    case 'away':
      await server.away(step.count);
      return;
    case 'silence':
      faults.silent = true;
      await sleep(step.count);
      faults.silent = false;
      return;
    case 'slowLists':
      faults.listPauseMs = step.count;
      return;
    case 'pieces':
      faults.chunkBytes = step.count;
      faults.gzip = step.count > 6;
      return;
    case 'refuse':
      faults.answers.push({ status: step.status, verb: step.verb, times: step.times });
      return;
    case 'streamError':
      server.failWatches(step.code, 'as the schedule says');
      return;
    case 'say':
      server.sayOnWatches(step.text);
      return;
    case 'watchList':
      faults.watchList = step.mode;
      return;
    case 'expireIn':
      faults.expiredIn = step.where;
      return;
    case 'compact':
      server.compact();
      return;
    default:
      step satisfies never;
  }
}
