/** What the book keeps over a restart, what it forgets, and whom else than pods it knows. */
import { describe, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import type { Lease } from '../../src/domain/lease.ts';
import type { ServiceFact } from '../../src/identity/facts.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { resolve } from '../../src/identity/resolve.ts';
import { podFact } from '../world.ts';

const S = 1000;
const A = '10.244.1.30';

/** What a restart leaves: as JSON, as a database has it. */
function restarted(book: LeaseBook): LeaseBook {
  const again = new LeaseBook();
  again.restore(JSON.parse(JSON.stringify(book.takeChanged())) as Lease[]);
  return again;
}

function who(book: LeaseBook, start: number, end: number): string {
  const answer = resolve(
    book,
    { pods: new Set<never>(), services: new Set<never>() },
    {
      observer: 'node-a',
      ip: ip(A),
      port: null,
      protocol: 'tcp',
      interval: { start, end },
    },
  );
  return answer.kind === 'exact' && 'name' in answer.lease.holder ? answer.lease.holder.name : answer.kind;
}

describe('over a restart', () => {
  test('what goes on goes on, and nothing needs to be revised', () => {
    const before = new LeaseBook();
    before.observePod(podFact('shop/web-1', A), 20 * S);
    const book = restarted(before);
    book.observePod(podFact('shop/web-1', A), 90 * S);
    book.closeAbsent(91 * S);
    expect(book.leasesOf(ip(A))).toMatchObject([{ id: `pod:web-1:${A}:0`, heldUntil: null, until: null }]);
    expect(book.takeRevised()).toEqual([]);
  });

  test('a sandbox that became another meanwhile is told', () => {
    const before = new LeaseBook();
    before.observePod(podFact('shop/web-1', A), 20 * S);
    const book = restarted(before);
    book.observePod(podFact('shop/web-1', A, { sandboxReadyAt: 50 * S }), 90 * S);
    expect(book.leasesOf(ip(A))).toMatchObject([{ until: 51 * S }, { from: 11 * S, heldFrom: 51 * S }]);
  });

  test('what is gone was there until the last that was learnt, and may live on', () => {
    const before = new LeaseBook();
    before.observePod(podFact('shop/web-1', A), 20 * S);
    before.observePod(podFact('shop/other-1', '10.244.1.9', { at: 30 }), 40 * S);
    const book = restarted(before);
    book.closeAbsent(91 * S);
    expect(book.leasesOf(ip(A))).toMatchObject([{ heldUntil: 32 * S, until: null }]);
    expect([who(book, 20 * S, 21 * S), who(book, 50 * S, 51 * S)]).toEqual(['web-1', 'ambiguous']);
  });

  test('a lease without sources, as older versions stored it, is taken as it is', () => {
    const book = new LeaseBook();
    const { sources: _, ...old } = restoredLease();
    book.restore([old]);
    expect(book.leasesOf(ip(A))).toMatchObject([
      { ...old, sources: { from: 'restored', until: 'restored' } },
    ]);
    expect(book.takeChanged()).toEqual([]);
  });
});

function restoredLease(): Lease {
  return {
    id: `pod:web-1:${A}:3`,
    ip: ip(A),
    holder: {
      kind: 'pod',
      namespace: 'shop',
      name: 'web-1',
      uid: 'web-1',
      node: 'node-a',
      workload: { namespace: 'shop', kind: 'Deployment', name: 'web' },
    },
    from: 10 * S,
    heldFrom: 12 * S,
    heldUntil: 20 * S,
    until: 30 * S,
    sources: { from: 'created', heldFrom: 'observed', heldUntil: 'container-finish', until: 'sandbox-gone' },
  };
}

test('while nobody watched only what is certain is exact', () => {
  const book = new LeaseBook();
  book.restore([restoredLease()]);
  expect([who(book, 13 * S, 14 * S), who(book, 22 * S, 23 * S)]).toEqual(['web-1', 'web-1']);
  book.unwatched(5 * S, 40 * S);
  expect([11, 13, 22].map((second) => who(book, second * S, (second + 1) * S))).toEqual([
    'ambiguous',
    'web-1',
    'ambiguous',
  ]);
  // What was said of the rest before is to be asked again.
  expect(book.takeRevised()).toEqual([
    { ip: ip(A), from: 10 * S, until: 12 * S },
    { ip: ip(A), from: 20 * S, until: 30 * S },
  ]);
  expect(book.takeRevised()).toEqual([]);
});

test('closed leases are forgotten with the flows they explain, and open ones never', () => {
  const book = new LeaseBook();
  const count = 10_000;
  book.restore(
    Array.from({ length: count }, (_, index) => ({
      ...restoredLease(),
      id: `pod:${index}:${A}:0`,
      ip: ip(`10.0.${index >>> 8}.${index & 255}`),
    })),
  );
  book.observePod(podFact('shop/web-9', A), 20 * S);
  expect([book.size, book.forgetBefore(30 * S), book.forgetBefore(31 * S), book.size]).toEqual([
    count + 1,
    0,
    count,
    1,
  ]);
  // Rows have moved: the pod is still found, and goes on.
  book.observePod(podFact('shop/web-9', A, { phase: 'Succeeded', lastContainerFinish: 40 * S }), 50 * S);
  expect(book.leasesOf(ip(A))).toMatchObject([{ id: `pod:web-9:${A}:0`, until: 110 * S }]);
});

describe('Services', () => {
  const service = (detail: Partial<ServiceFact> = {}): ServiceFact => ({
    namespace: 'shop',
    name: 'web',
    uid: 's',
    createdAt: 5 * S,
    ips: [ip('10.96.0.11'), ip('fd00:96::b')],
    ports: [{ protocol: 'tcp', port: 80 }],
    nodePorts: [],
    ...detail,
  });
  const served = (book: LeaseBook, second: number, port: number): string =>
    resolve(
      book,
      { pods: new Set<never>(), services: new Set<never>() },
      {
        observer: 'node-a',
        ip: ip('fd00:96::b'),
        port,
        protocol: 'tcp',
        interval: { start: second * S, end: (second + 1) * S },
      },
    ).kind;

  test('have the ports that they had then', () => {
    const book = new LeaseBook();
    book.observeService(service(), 10 * S);
    book.observeService(service({ ports: [{ protocol: 'tcp', port: 81 }] }), 60 * S);
    expect([served(book, 20, 80), served(book, 80, 80), served(book, 80, 81), served(book, 6, 81)]).toEqual([
      'exact',
      'unknown',
      'exact',
      'unknown',
    ]);
  });

  test('get a load balancer after our last sight without it, and give up an address for good', () => {
    const book = new LeaseBook();
    const balanced = service({ ips: [...service().ips, ip('203.0.113.9')] });
    for (const [index, each] of [service(), balanced, service(), balanced].entries())
      book.observeService(each, (10 + 20 * index) * S);
    const leases = book.leasesOf(ip('203.0.113.9'));
    expect(leases.map(({ from, heldFrom, until }) => [from, heldFrom, until])).toEqual([
      [10 * S, 30 * S, 50 * S],
      [50 * S, 70 * S, null],
    ]);
    expect(new Set(leases.map(({ id }) => id)).size).toBe(2);
  });

  test('are known again after a restart, and closed when they are not there', () => {
    const before = new LeaseBook();
    before.observeService(service(), 10 * S);
    before.observeService(service({ uid: 'gone', name: 'gone', ips: [ip('10.96.0.12')] }), 10 * S);
    const book = restarted(before);
    book.observeService(service(), 60 * S);
    book.closeAbsent(61 * S);
    expect(book.all().map(({ ip: address, until }) => [address, until])).toEqual([
      ['10.96.0.11', null],
      ['10.96.0.12', 61 * S],
      ['fd00:96::b', null],
    ]);
  });
});
