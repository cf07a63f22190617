import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import type { PodFact } from '../../src/identity/facts.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { resolve } from '../../src/identity/resolve.ts';
import type { Resolution } from '../../src/identity/resolve.ts';
import { CidrSet } from '../../src/domain/cidr-set.ts';
import { cidr } from '../../src/domain/cidr.ts';
import { podFact } from '../world.ts';

const S = 1000;
const ranges = { pods: new CidrSet([cidr('10.244.0.0/16')]), services: new CidrSet([cidr('10.96.0.0/16')]) };
const IP = '10.244.1.30';

/** Who held the address throughout one second. */
function at(book: LeaseBook, address: string, second: number, port: number | null = null): Resolution {
  return resolve(book, ranges, {
    observer: 'node-a',
    ip: ip(address),
    port,
    protocol: 'tcp',
    interval: { start: second * S, end: (second + 1) * S },
  });
}

/** The holder's name, or why there is none. */
function who(book: LeaseBook, second: number, address = IP): string {
  const answer = at(book, address, second);
  switch (answer.kind) {
    case 'exact':
      return 'name' in answer.lease.holder ? answer.lease.holder.name : answer.lease.holder.kind;
    case 'ambiguous':
      return `ambiguous ${answer.candidates.map((lease) => ('name' in lease.holder ? lease.holder.name : '')).join(',')}`;
    case 'unknown':
      return answer.reason;
    case 'outside':
      return 'outside';
    default:
      return answer satisfies never;
  }
}

function finished(fact: PodFact, second: number, sandboxGone: number | null): PodFact {
  return {
    ...fact,
    phase: 'Succeeded',
    lastContainerFinish: second * S,
    sandboxGoneAt: sandboxGone === null ? null : sandboxGone * S,
  };
}

describe('the lease book', () => {
  test('a reused pod IP resolves to the pod that held it then', () => {
    const book = new LeaseBook();
    const old = podFact('shop/cleanup-1', IP, { at: 10 });
    book.observePod(old, 12 * S);
    book.observePod(finished(old, 20, 21), 22 * S);
    book.observePod(podFact('shop/web-1', IP, { at: 30 }), 33 * S);
    expect([15, 18, 35, 500].map((second) => who(book, second))).toEqual([
      'cleanup-1',
      'cleanup-1',
      'web-1',
      'web-1',
    ]);
  });

  test('between the end of one holder and the start of the next nobody held it', () => {
    const book = new LeaseBook();
    const old = podFact('shop/cleanup-1', IP, { at: 10 });
    book.observePod(old, 12 * S);
    book.observePod(finished(old, 20, 21), 22 * S);
    book.observePod(podFact('shop/web-1', IP, { at: 30 }), 33 * S);
    expect(who(book, 25)).toBe('no-holder-then');
  });

  test('a Succeeded pod that stays listed does not hold its address for ever', () => {
    const book = new LeaseBook();
    book.observePod(finished(podFact('shop/cleanup-1', IP, { at: 10 }), 20, null), 21 * S);
    expect(who(book, 50)).toBe('cleanup-1');
    expect(who(book, 21 + 61)).toBe('no-holder-then');
  });

  test('a successor within the doubt of the predecessor is ambiguous, and exact once it surely holds', () => {
    const book = new LeaseBook();
    book.observePod(finished(podFact('shop/cleanup-1', IP, { at: 10 }), 20, null), 21 * S);
    book.observePod(podFact('shop/web-1', IP, { at: 30, sandboxReadyAt: 33 * S }), 40 * S);
    expect(who(book, 31)).toBe('ambiguous cleanup-1,web-1');
    expect(who(book, 34)).toBe('web-1');
  });

  test('the same name with a new uid is another holder', () => {
    const book = new LeaseBook();
    book.observePod(podFact('shop/db-0', IP, { at: 10, uid: 'first' }), 12 * S);
    book.observePod(
      podFact('shop/db-0', IP, { at: 10, uid: 'first', deletion: { at: 50 * S, graceS: 30 } }),
      21 * S,
    );
    book.removePod('first', 25 * S);
    book.observePod(podFact('shop/db-0', '10.244.2.9', { at: 26, uid: 'second' }), 29 * S);
    expect(who(book, 15)).toBe('db-0');
    expect(who(book, 27)).toBe('no-holder-then');
    expect(who(book, 40, '10.244.2.9')).toBe('db-0');
  });

  test('a pod that vanished without a graceful end leaves doubt, never a certain holder', () => {
    const book = new LeaseBook();
    book.observePod(podFact('shop/web-1', IP, { at: 10 }), 20 * S);
    book.removePod('web-1', 60 * S);
    expect(who(book, 15)).toBe('web-1');
    expect(who(book, 70)).toBe('ambiguous web-1');
  });

  test('a force-deleted pod leaves doubt; deletionTimestamp in the future proves nothing after the request', () => {
    const book = new LeaseBook();
    const pod = podFact('shop/web-1', IP, { at: 10 });
    book.observePod(pod, 12 * S);
    book.observePod({ ...pod, deletion: { at: 20 * S, graceS: 0 } }, 20 * S);
    book.removePod('web-1', 20 * S);
    expect(who(book, 30)).toBe('ambiguous web-1');
  });

  test('a graceful removal ends the lease', () => {
    const book = new LeaseBook();
    const pod = podFact('shop/web-1', IP, { at: 10 });
    book.observePod(pod, 12 * S);
    book.observePod({ ...pod, deletion: { at: 50 * S, graceS: 30 } }, 21 * S);
    book.removePod('web-1', 25 * S);
    expect(who(book, 24)).toBe('web-1');
    expect(who(book, 26)).toBe('no-holder-then');
    // deletionTimestamp is the request plus the grace period: only the request proves that the pod was there.
    expect(book.leasesOf(ip(IP))[0]).toMatchObject({ heldUntil: 20 * S, until: 25 * S });
  });

  test('a pod whose address changed holds the new one no earlier than the last that its kubelet said of the old', () => {
    const book = new LeaseBook();
    book.observePod(podFact('shop/web-1', IP, { at: 10 }), 12 * S);
    book.observePod(podFact('shop/web-1', '10.244.1.31', { at: 10 }), 100 * S);
    // The condition was printed in second 11; that we still saw it in second 12 says nothing of a late kubelet.
    expect(who(book, 10, '10.244.1.31')).toBe('no-holder-then');
    expect(who(book, 50, '10.244.1.31')).toBe('web-1');
    expect(who(book, 11)).toBe('web-1');
  });

  test('before the pod started nobody can have spoken from its address', () => {
    const book = new LeaseBook();
    book.observePod(podFact('shop/web-1', IP, { at: 10 }), 12 * S);
    expect(who(book, 8)).toBe('no-holder-then');
  });

  test('hostNetwork pods hold no lease; their node does', () => {
    const book = new LeaseBook();
    book.observeNode({ name: 'node-a', uid: 'n', createdAt: 0, ips: [ip('192.168.100.1')] }, S);
    book.observePod(podFact('kube-system/proxy-1', '192.168.100.1', { hostNetwork: true }), 12 * S);
    expect(who(book, 20, '192.168.100.1')).toBe('node-a');
  });

  test('an API endpoint is a node address: the port decides', () => {
    const book = new LeaseBook();
    book.observeNode({ name: 'node-a', uid: 'n', createdAt: 0, ips: [ip('192.168.100.1')] }, S);
    book.observeApiServer({ ips: [ip('192.168.100.1')], ports: [6443] }, S);
    expect(at(book, '192.168.100.1', 20, 6443)).toMatchObject({
      kind: 'exact',
      lease: { holder: { kind: 'apiserver' } },
    });
    expect(at(book, '192.168.100.1', 20, 10250)).toMatchObject({
      kind: 'exact',
      lease: { holder: { kind: 'node' } },
    });
  });

  test('a Service resolves only on a port it has', () => {
    const book = new LeaseBook();
    book.observeService(
      {
        namespace: 'shop',
        name: 'web',
        uid: 's',
        createdAt: 0,
        ips: [ip('10.96.0.11')],
        ports: [{ protocol: 'tcp', port: 80 }],
        nodePorts: [{ protocol: 'tcp', port: 30080 }],
      },
      S,
    );
    expect(at(book, '10.96.0.11', 20, 80)).toMatchObject({
      kind: 'exact',
      lease: { holder: { kind: 'service', name: 'web' } },
    });
    expect(at(book, '10.96.0.11', 20, 81)).toEqual({ kind: 'unknown', reason: 'service-unknown' });
    book.removeService('s', 60 * S);
    expect(at(book, '10.96.0.11', 70, 80)).toEqual({ kind: 'unknown', reason: 'service-unknown' });
  });

  test.each([
    ['10.244.9.9', 'pod-never-seen'],
    ['10.96.0.99', 'service-unknown'],
    ['127.0.0.1', 'loopback'],
    ['224.0.0.22', 'group-address'],
    ['169.254.169.254', 'outside'],
    ['93.184.215.14', 'outside'],
    ['192.168.100.25', 'outside'],
  ])('%s, which nobody ever held, is %s', (address, answer) => {
    expect(who(new LeaseBook(), 20, address)).toBe(answer);
  });

  test('law: certain intervals of pod leases of one address never overlap, whatever was observed in which order', () => {
    const step = fc.record({
      uid: fc.constantFrom('a', 'b', 'c', 'd'),
      act: fc.constantFrom('run', 'finish', 'gone', 'delete', 'remove'),
      started: fc.integer({ min: 0, max: 60 }),
      ended: fc.integer({ min: 0, max: 90 }),
      observed: fc.integer({ min: 0, max: 100 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const book = new LeaseBook();
        for (const { uid, act, started, ended, observed } of steps) {
          const fact = podFact(`shop/${uid}`, IP, { at: started, uid });
          if (act === 'remove') book.removePod(uid, observed * S);
          else if (act === 'run') book.observePod(fact, observed * S);
          else if (act === 'delete')
            book.observePod({ ...fact, deletion: { at: ended * S, graceS: 30 } }, observed * S);
          else book.observePod(finished(fact, ended, act === 'gone' ? ended : null), observed * S);
        }
        const certain = book
          .leasesOf(ip(IP))
          .map((lease) => ({
            from: lease.heldFrom,
            until: lease.heldUntil ?? lease.until ?? Number.POSITIVE_INFINITY,
          }))
          .filter((interval) => interval.from < interval.until);
        for (const [index, one] of certain.entries())
          for (const other of certain.slice(index + 1))
            expect(one.from >= other.until || other.from >= one.until).toBe(true);
        for (const lease of book.leasesOf(ip(IP))) expect(lease.from).toBeLessThanOrEqual(lease.heldFrom);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
