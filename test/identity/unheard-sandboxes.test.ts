/** A pod that changed its sandbox twice between two words of its kubelet had, in between, an address that nobody was ever told. */
import { describe, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import type { ContainerTimes, PodFact } from '../../src/identity/facts.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { resolve } from '../../src/identity/resolve.ts';
import { podFact } from '../world.ts';

const S = 1000;
const [MOVED_FROM, MOVED_TO, FINISHED, RUNNING, ELSEWHERE] = [
  '10.244.1.1',
  '10.244.1.2',
  '10.244.1.3',
  '10.244.1.4',
  '10.244.2.1',
];

function container(started: number, last: [number, number] | null = null): ContainerTimes {
  return {
    startedAt: started * S,
    finishedAt: null,
    last: last === null ? null : { startedAt: last[0] * S, finishedAt: last[1] * S },
  };
}

function runs(name: string, address: string, detail: Partial<PodFact> & { at?: number } = {}): PodFact {
  const { at = 10 } = detail;
  const times = { firstContainerStart: (at + 2) * S, containers: [container(at + 2)] };
  return podFact(`shop/${name}`, address, { ...times, ...detail });
}

/** Its containers ended at second 20; of its sandbox's end nothing is said but that a live kubelet ends it within a minute. */
function finishes(name: string, address: string, node: string): PodFact {
  const ended = { ...container(12), finishedAt: 20 * S };
  return runs(name, address, {
    node,
    phase: 'Succeeded',
    containers: [ended],
    lastContainerFinish: 20 * S,
  });
}

/** The pod that moves, one that finished and one that runs on its node, and one that finished on another. */
function world(): LeaseBook {
  const book = new LeaseBook();
  book.observePod(runs('moved-1', MOVED_FROM), 15 * S);
  book.observePod(runs('running-1', RUNNING), 15 * S);
  book.observePod(finishes('finished-1', FINISHED, 'node-a'), 21 * S);
  book.observePod(finishes('elsewhere-1', ELSEWHERE, 'node-b'), 21 * S);
  return book;
}

function who(book: LeaseBook, address: string, second: number): string {
  const answer = resolve(
    book,
    { pods: new Set(), services: new Set() },
    {
      observer: 'node-a',
      ip: ip(address),
      port: null,
      protocol: 'tcp',
      interval: { start: second * S, end: second * S + 1 },
    },
  );
  return answer.kind === 'exact' && answer.lease.holder.kind === 'pod'
    ? answer.lease.holder.name
    : answer.kind;
}

/** Its kubelet says at second 60 that it is in a sandbox of second 50, and of the run before: when that was. */
function moves(last: [number, number] | null): PodFact {
  const again = { sandboxReadyAt: 50 * S, firstContainerStart: 51 * S, containers: [container(51, last)] };
  return runs('moved-1', MOVED_TO, again);
}

describe('a pod whose former run was in a sandbox of which nobody was told', () => {
  const book = world();
  const before = [30, 19].map((second) => who(book, FINISHED, second));
  book.takeRevised();
  book.observePod(moves([30, 40]), 60 * S);
  const revised = book.takeRevised();

  test('may have had an address that another pod is no longer sure to have had', () => {
    expect(before).toEqual(['finished-1', 'finished-1']);
    expect(who(book, FINISHED, 30)).toBe('ambiguous');
  });

  test('takes nothing from what is certain, from other nodes, and from times before and after', () => {
    expect(who(book, FINISHED, 19)).toBe('finished-1');
    expect(who(book, RUNNING, 30)).toBe('running-1');
    expect(who(book, ELSEWHERE, 30)).toBe('elsewhere-1');
    expect(who(book, FINISHED, 53)).toBe('finished-1');
    expect(who(book, MOVED_TO, 53)).toBe('moved-1');
  });

  test('has what rested on it asked again', () => {
    const touched = revised
      .filter(({ from, until }) => from <= 30 * S && until > 30 * S)
      .map((each) => each.ip);
    expect(touched).toContain(ip(FINISHED));
    expect(touched).not.toContain(ip(ELSEWHERE));
  });
});

test('a pod that only restarted, or moved with the run that was told, leaves no doubt about others', () => {
  const moved = world();
  moved.observePod(moves([12, 40]), 60 * S);
  expect(who(moved, FINISHED, 30)).toBe('finished-1');
  const crashed = world();
  const again = { containers: [container(41, [12, 40])], sandboxReadyAt: 11 * S };
  crashed.observePod({ ...runs('moved-1', MOVED_FROM), ...again }, 60 * S);
  expect(who(crashed, FINISHED, 30)).toBe('finished-1');
});

test('a pod that is told for the first time, in its second sandbox, may have had another address before', () => {
  const book = world();
  const again = {
    sandboxReadyAt: 50 * S,
    firstContainerStart: 51 * S,
    containers: [container(51, [30, 40])],
  };
  book.observePod(runs('late-1', MOVED_TO, { at: 25, ...again }), 60 * S);
  expect([who(book, FINISHED, 24), who(book, FINISHED, 30)]).toEqual(['finished-1', 'ambiguous']);
});

test('a time in which a sandbox was not told is forgotten with the leases of then', () => {
  const book = world();
  book.observePod(moves([30, 40]), 60 * S);
  book.takeRevised();
  book.forgetBefore(100 * S);
  expect(book.unwatchedDuring({ start: 30 * S, end: 31 * S }, { kind: 'node', name: 'node-a' })).toBeNull();
});
