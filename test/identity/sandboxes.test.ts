/** A pod keeps its uid and its start time while its sandbox and its address become others. */
import { describe, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import type { Lease } from '../../src/domain/lease.ts';
import type { ContainerTimes, PodFact } from '../../src/identity/facts.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { podFact } from '../world.ts';

const S = 1000;
const [A, B] = ['10.244.1.30', '10.244.1.31'];

/** Seconds of its present start and end, and of those before it. */
function container(
  started: number,
  ended: number | null = null,
  last: [number, number] | null = null,
): ContainerTimes {
  return {
    startedAt: started * S,
    finishedAt: ended === null ? null : ended * S,
    last: last === null ? null : { startedAt: last[0] * S, finishedAt: last[1] * S },
  };
}

function pod(name: string, address: string, detail: Partial<PodFact> & { at?: number } = {}): PodFact {
  return podFact(`shop/${name}`, address, detail);
}

/** `web-1 10..20 sure 12..18`; `?` is open. */
function told(book: LeaseBook, address: string): string[] {
  const at = (time: number | null): string => (time === null ? '?' : String(time / S));
  return book.leasesOf(ip(address)).map(({ holder, from, heldFrom, heldUntil, until }: Lease) => {
    const name = 'name' in holder ? holder.name : holder.kind;
    return `${name} ${at(from)}..${at(until)} sure ${at(heldFrom)}..${at(heldUntil)}`;
  });
}

function sourcesOf(book: LeaseBook, address: string): (string | null)[][] {
  return book
    .leasesOf(ip(address))
    .map(({ sources }) =>
      sources === undefined ? [] : [sources.from, sources.heldFrom, sources.heldUntil, sources.until],
    );
}

describe('a node reboot in which two pods swap addresses', () => {
  const book = new LeaseBook();
  const one = pod('one-1', A, { at: 10, containers: [container(12)], firstContainerStart: 12 * S });
  const two = pod('two-1', B, { at: 10, containers: [container(12)], firstContainerStart: 12 * S });
  for (const each of [one, two]) book.observePod(each, 20 * S);
  // Everything is listed once more long after the last that a kubelet said.
  for (const each of [one, two]) book.observePod(each, 90 * S);
  const again = { sandboxReadyAt: 106 * S, containers: [container(107, null, [12, 100])] };
  book.observePod({ ...one, ...again, ips: [ip(B)], firstContainerStart: 107 * S }, 400 * S);
  book.observePod({ ...two, ...again, ips: [ip(A)], firstContainerStart: 107 * S }, 400 * S);

  test('ends and begins leases by what the kubelet printed, not by when we heard', () => {
    expect(told(book, A)).toEqual(['one-1 10..107 sure 12..100', 'two-1 100..? sure 107..?']);
    expect(told(book, B)).toEqual(['two-1 10..107 sure 12..100', 'one-1 100..? sure 107..?']);
  });

  test('says where each bound came from', () => {
    expect(sourcesOf(book, A)).toEqual([
      ['created', 'sandbox-ready', 'last-word', 'next-sandbox'],
      ['former-finish', 'sandbox-ready', null, null],
    ]);
  });

  test('revises what was said of the time since the last word', () => {
    const spans = book.takeRevised().filter((span) => span.ip === A);
    expect(spans).toEqual([{ ip: A, from: 10 * S, until: Number.MAX_SAFE_INTEGER }]);
  });
});

test('of a sandbox whose containers left no word of their end the next begins at the last word before', () => {
  const book = new LeaseBook();
  book.observePod(pod('one-1', A, { containers: [container(12)] }), 20 * S);
  book.observePod(pod('one-1', B, { sandboxReadyAt: 106 * S, containers: [container(107)] }), 400 * S);
  expect(told(book, B)).toEqual(['one-1 12..? sure 107..?']);
  expect(sourcesOf(book, B)[0]?.[0]).toBe('last-seen-before');
});

test.each([
  ['a later readiness', { sandboxReadyAt: 50 * S, containers: [container(12)] }],
  ['a restart of all containers', { containers: [container(51, null, [12, 49])] }],
])('%s is another sandbox on the same address', (_, later) => {
  const book = new LeaseBook();
  const before = pod('one-1', A, { containers: [container(12)], firstContainerStart: 12 * S });
  book.observePod(before, 20 * S);
  book.observePod({ ...before, firstContainerStart: 51 * S, ...later }, 60 * S);
  expect(book.leasesOf(ip(A)).map(({ id }) => id)).toEqual([`pod:one-1:${A}:0`, `pod:one-1:${A}:1`]);
});

test('a restart of one container of two is the same sandbox', () => {
  const book = new LeaseBook();
  book.observePod(pod('one-1', A, { containers: [container(12), container(12)] }), 20 * S);
  book.observePod(pod('one-1', A, { containers: [container(12), container(51, null, [12, 49])] }), 60 * S);
  expect(told(book, A)).toEqual(['one-1 10..? sure 12..?']);
});

test('an address that comes later is not as old as the pod', () => {
  const book = new LeaseBook();
  book.observePod(pod('one-1', A, { containers: [container(12)] }), 20 * S);
  book.observePod(
    { ...pod('one-1', A, { containers: [container(12)] }), ips: [ip(A), ip('fd00::7')] },
    30 * S,
  );
  expect(told(book, 'fd00::7')).toEqual(['one-1 12..? sure 30..?']);
});

describe('a new boot of the node', () => {
  const node = (bootId: string, second: number) => ({
    name: 'node-a',
    uid: 'n',
    createdAt: 0,
    ips: [],
    bootId,
    reportedAt: second * S,
  });

  test('ends what was proven on the boot before, and nothing younger', () => {
    const book = new LeaseBook();
    book.observeNode(node('first', 60), 61 * S);
    book.observePod(pod('old-1', A, { containers: [container(12)] }), 20 * S);
    book.observePod(pod('young-1', B, { at: 70, containers: [container(72)] }), 80 * S);
    book.observeNode(node('second', 100), 130 * S);
    expect(told(book, A)).toEqual(['old-1 10..101 sure 12..12']);
    expect(told(book, B)).toEqual(['young-1 70..? sure 72..?']);
    expect(sourcesOf(book, A)).toEqual([['created', 'sandbox-ready', 'last-word', 'node-rebooted']]);
  });

  test('the pod is there again when its kubelet says so, not when it is listed again', () => {
    const book = new LeaseBook();
    const before = pod('old-1', A, { containers: [container(12)] });
    book.observeNode(node('first', 60), 61 * S);
    book.observePod(before, 20 * S);
    book.observeNode(node('second', 100), 130 * S);
    book.observePod(before, 140 * S);
    expect(told(book, A)).toHaveLength(1);
    book.observePod({ ...before, sandboxReadyAt: 110 * S, containers: [container(111)] }, 150 * S);
    expect(told(book, A)[1]).toBe('old-1 12..? sure 111..?');
  });
});

describe('the mirror of a static pod', () => {
  const mirror = (uid: string, createdAt: number): PodFact =>
    pod('etcd-a', A, { uid, createdAt: createdAt * S, mirrorOf: 'manifest', containers: [container(12)] });

  test('changes its uid while one lease goes on', () => {
    const book = new LeaseBook();
    book.observePod(mirror('first', 13), 20 * S);
    book.removePod('first', 50 * S);
    book.observePod(mirror('second', 51), 52 * S);
    expect(told(book, A)).toEqual(['etcd-a 10..? sure 12..?']);
    expect(book.leasesOf(ip(A))[0]).toMatchObject({ id: `pod:manifest:${A}:0`, holder: { uid: 'second' } });
  });

  test('may be made, and told to have started, long after its containers', () => {
    const book = new LeaseBook();
    const late = { ...mirror('first', 500), startedAt: 500 * S, firstContainerStart: 12 * S };
    book.observePod(late, 510 * S);
    expect(told(book, A)).toEqual(['etcd-a 0..? sure 12..?']);
  });
});
