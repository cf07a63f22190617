import { describe, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import { attribute } from '../../src/identity/attribute.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { reattribute } from '../../src/identity/reattribute.ts';
import { mayTestify } from '../../src/identity/testimony.ts';
import { flow, podFact } from '../world.ts';

const A = '192.168.100.1';
const B = '192.168.100.2';
const WEB = '10.244.1.2';
const DB = '10.244.2.2';
const LOST = '10.244.9.9';
const OUT = '93.184.215.14';
const ELSE = '93.184.215.15';

/** web on node-a, which serves the API too, db on node-b, and a pod whose node nobody told. */
function book(): LeaseBook {
  const leases = new LeaseBook();
  leases.observeNode({ name: 'node-a', uid: 'a', createdAt: 0, ips: [ip(A)] }, 0);
  leases.observeNode({ name: 'node-b', uid: 'b', createdAt: 0, ips: [ip(B)] }, 0);
  leases.observeApiServer({ ips: [ip(A)], ports: [6443] }, 0);
  leases.observePod(podFact('shop/web-1', WEB, { at: 10, node: 'node-a' }), 12_000);
  leases.observePod(podFact('shop/db-1', DB, { at: 10, node: 'node-b' }), 12_000);
  leases.observePod(podFact('shop/lost-1', LOST, { at: 10, node: '' }), 12_000);
  return leases;
}

describe('an agent may speak of', () => {
  test.each<[string, string, string, boolean]>([
    ['a pod on its node as client', 'node-a', `${WEB}:1 > ${DB}:80 tcp`, true],
    ['a pod on its node as server', 'node-b', `${WEB}:1 > ${DB}:80 tcp`, true],
    ['its own address as client', 'node-b', `${B}:1 > ${WEB}:80 tcp`, true],
    ['its own address as server', 'node-b', `${WEB}:1 > ${B}:9100 tcp`, true],
    ['its own address as the API server', 'node-a', `${OUT}:1 > ${A}:6443 tcp`, true],
    ['its own address dialled', 'node-a', `${OUT}:1 > ${A}:30080 = ${DB}:80 tcp`, true],
    ['its own address seen', 'node-a', `${OUT}:1 > ${ELSE}:80 = ${DB}:80 as ${A} tcp`, true],
    ['a pod whose node is not known', 'node-a', `${OUT}:1 > ${LOST}:80 tcp`, true],
    ['but not pods of other nodes', 'node-c', `${WEB}:1 > ${DB}:80 tcp`, false],
    ['nor another node', 'node-a', `${B}:1 > ${OUT}:443 tcp`, false],
    ['nor the API server on another node', 'node-b', `${OUT}:1 > ${A}:6443 tcp`, false],
    ["nor another node's address dialled", 'node-a', `${OUT}:1 > ${B}:30080 = ${DB}:80 tcp`, false],
    ["nor another node's address seen", 'node-a', `${OUT}:1 > ${ELSE}:80 = ${DB}:80 as ${B} tcp`, false],
    ["nor its pod's address dialled", 'node-a', `${OUT}:1 > ${WEB}:80 = ${DB}:80 tcp`, false],
    ['nor two strangers', 'node-a', `${OUT}:1 > ${ELSE}:80 tcp`, false],
  ])('%s', (_what, node, text, expected) => {
    const interval = { start: 20_000, end: 21_000 };
    expect(mayTestify(book(), node, { key: flow(text), interval })).toBe(expected);
  });

  test('a pod only while it was there', () => {
    const key = flow(`${WEB}:1 > ${OUT}:443 tcp`);
    expect(mayTestify(book(), 'node-a', { key, interval: { start: 2_000, end: 3_000 } })).toBe(false);
  });
});

const knowledge = (leases: LeaseBook) => ({
  book: leases,
  ranges: { pods: new Set<never>(), services: new Set<never>() },
  listeners: { listens: () => false },
  frontier: () => Number.POSITIVE_INFINITY,
  mayWait: false,
});

test('what others should tell is unattributed, with its reason and example', () => {
  const seen = flow(`${WEB}:1 > ${DB}:80 tcp`, { opened: 3 });
  expect(attribute(knowledge(book()), { node: 'node-c', readLagMs: 0 }, seen)).toEqual({
    evidence: [],
    unattributed: [
      {
        reason: 'testimony',
        end: 'flow',
        hour: 0,
        count: 3,
        example: `tcp|${WEB}|${DB}|80|||`,
        at: 100_000,
      },
    ],
    waiting: null,
    waitsForKubelet: false,
  });
});

test('evidence is taken back when its end turns out to be on another node', () => {
  const before = book();
  const seen = flow(`${OUT}:1 > ${LOST}:80 tcp`);
  const [evidence] = attribute(knowledge(before), { node: 'node-a', readLagMs: 0 }, seen).evidence;
  if (evidence?.during === undefined) throw new Error('there is no evidence');
  const moment = {
    evidence: { ...evidence, during: evidence.during },
    addresses: { client: ip(OUT), server: ip(LOST) },
  };
  expect(reattribute(knowledge(before), moment)).toEqual({ kind: 'unchanged' });
  const after = book();
  after.observePod(podFact('shop/lost-1', LOST, { at: 10, node: 'node-b' }), 13_000);
  expect(reattribute(knowledge(after), moment)).toMatchObject({
    kind: 'lost',
    unattributable: { reason: 'testimony', end: 'flow', count: 1 },
  });
});
