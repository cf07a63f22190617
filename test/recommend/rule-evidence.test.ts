/** The numbers behind a rule, each against edges in which it differs from every other number. */
import { expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { HOUR_MS } from '../../src/domain/edge.ts';
import { ruleEvidence } from '../../src/recommend/rule-evidence.ts';
import { edge, workloadInfo } from '../world.ts';
import { draftOf, drafted } from './drafted.ts';

const at = (hour: number, opened: number, answered: number, present: number): Edge['hours'][number] => ({
  hour: hour * HOUR_MS,
  opened,
  answered,
  present,
  bytes: 0,
});

const first: Edge = {
  ...edge('shop/web -> shop/db:5432/tcp', { testimony: { agreed: 1, oneSided: 20, disputed: 300 } }),
  hours: [at(22, 10, 7, 2), at(23, 5, 1, 4), at(24, 0, 0, 3)],
  firstSeen: 900,
  lastSeen: 1000,
  witnesses: ['node-b', 'node-c'],
  clientPods: { names: ['web-0', 'web-1'], count: 2 },
  serverPods: { names: ['db-0'], count: 9 },
};
const second: Edge = {
  ...edge('shop/web -> shop/db:9187/tcp', { testimony: { agreed: 4, oneSided: 50, disputed: 600 } }),
  hours: [at(25, 100, 90, 6)],
  firstSeen: 500,
  lastSeen: 2000,
  witnesses: ['node-a', 'node-b'],
  clientPods: { names: ['web-1', 'web-2'], count: 2 },
  serverPods: { names: ['db-0'], count: 3 },
};

test('are added up over hours and edges; what was alive counts once an edge, and a pod once', () => {
  expect(ruleEvidence([first, second])).toMatchObject({
    opened: 115,
    answered: 98,
    present: 10,
    daysSeen: 2,
    firstSeen: 500,
    lastSeen: 2000,
    clientPods: 3,
    serverPods: 9,
    witnesses: ['node-a', 'node-b', 'node-c'],
    testimony: { agreed: 5, oneSided: 70, disputed: 900 },
  });
});

test('of one edge are its own, and none are none', () => {
  expect(ruleEvidence([first])).toMatchObject({
    clientPods: 2,
    serverPods: 9,
    witnesses: ['node-b', 'node-c'],
  });
  expect(ruleEvidence([])).toBeNull();
});

test('Services that were dialled are named in one order', () => {
  const dialled = edge('shop/web -> shop/db:1/tcp', { services: ['shop/z', 'shop/a'] });
  const [rule] = draftOf(
    drafted([workloadInfo('shop/web'), workloadInfo('shop/db')], [dialled]),
    'shop/db',
  ).rules;
  expect(rule?.services).toEqual(['shop/a', 'shop/z']);
});
