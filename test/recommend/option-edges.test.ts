/** Options at their edges: what an exclusion holds for, what counts as evidence, and what a baseline says of itself. */
import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { edgeKeyText } from '../../src/domain/edge.ts';
import { isExcludedBy, parseExclusion } from '../../src/recommend/exclusion.ts';
import { createPolicyName } from '../../src/recommend/policy-name.ts';
import { edge, workload, workloadInfo } from '../world.ts';
import { drafted, draftOf, omissionOf, rulesOf } from './drafted.ts';

const web = workloadInfo('shop/web');
const db = workloadInfo('shop/db');
const bare = workloadInfo('shop/Job/once', { selector: null, labels: { 'job-name': 'once' } });

const excludes = (text: string, each: string): boolean => {
  const parsed = parseExclusion(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return isExcludedBy(parsed, edge(each));
};

test.each([
  ['workload=shop/web,peer=shop/web', 'shop/web -> shop/db:1/tcp', false],
  ['workload=shop/web,peer=shop/web', 'shop/web -> shop/web:1/tcp', true],
  ['cidr=172.16.0.0/12', 'external@172.16.5.5 -> shop/web:1/tcp', true],
  ['peer=shop/web', 'pay/web -> pay/db:1/tcp', false],
  ['port=80-90', 'shop/web -> shop/db:90/tcp', true],
  ['port=80-90', 'shop/web -> shop/db:91/tcp', false],
])('%s of %s is %s', (text, each, expected) => {
  expect(excludes(text, each)).toBe(expected);
});

test('a namespace of nothing but pods of the host network has no draft', () => {
  const agent = workloadInfo('ops/agent', { hostNetwork: true });
  const { outcomes } = drafted([agent], [], { options: { granularity: 'namespace' } });
  expect(outcomes.map((each) => each.workload.name)).toEqual(['kube-system']);
});

describe('evidence', () => {
  const hour = (at: number, opened: number, present: number) => ({
    hour: at * 3_600_000,
    opened,
    present,
    answered: 1,
    bytes: 0,
  });
  const keptOf = (hours: Edge['hours'], options: { minOpened?: number; minDays?: number }): boolean => {
    const result = drafted([web, db], [{ ...edge('shop/web -> shop/db:1/tcp'), hours }], { options });
    return rulesOf(result, 'shop/db', 'ingress').length > 0;
  };

  test('is what was opened or what was alive, not both together', () => {
    expect(keptOf([hour(0, 2, 2)], { minOpened: 3 })).toBe(false);
    expect(keptOf([hour(0, 3, 0)], { minOpened: 3 })).toBe(true);
  });

  test('of days is days, not hours', () => {
    expect(keptOf([hour(1, 1, 0), hour(2, 1, 0)], { minDays: 2 })).toBe(false);
    expect(keptOf([hour(23, 1, 0), hour(24, 1, 0)], { minDays: 2 })).toBe(true);
  });

  test('that is missing is listed in one order', () => {
    const edges = ['b', 'a'].map((name) => edge(`shop/${name} -> shop/web:1/tcp`));
    const { leftOut } = drafted([web, db], edges, { options: { minOpened: 2 } });
    expect(leftOut.map((each) => edgeKeyText(each.edge))).toEqual(edges.toReversed().map(edgeKeyText));
  });
});

describe('a baseline', () => {
  const options = { baseline: 'default-deny' } as const;

  test('is withheld only in the namespace that it would cut', () => {
    const result = drafted([web, bare, workloadInfo('pay/api')], [], { options });
    expect(omissionOf(result, 'shop/default-deny')).toContain('baseline-would-cut');
    expect(omissionOf(result, 'pay/default-deny')).toBe('drafted');
  });

  test('has the view of the plugin, and is as ready as its workloads', () => {
    const result = drafted([web], [], { options: { ...options, cni: 'aws-vpc-cni' } });
    expect(rulesOf(result, 'shop/default-deny').at(-1)).toContain('Service kube-system/kube-dns');
    expect(draftOf(result, 'shop/default-deny').readiness).toEqual(draftOf(result, 'shop/web').readiness);
  });
});

test('a draft of several says what any of them lacks', () => {
  const job = (name: string, ports: number) =>
    workloadInfo(`shop/Job/${name}`, {
      selector: null,
      labels: { app: 'job' },
      ports: [{ name: null, protocol: 'udp', port: ports }],
    });
  const result = drafted([job('a', 80), job('b', 81)]);
  expect(draftOf(result, 'shop/app=job').unused.ports).toEqual(['80/udp', '81/udp']);
  const used = drafted([job('a', 80), job('b', 81)], [edge('shop/web -> shop/Job/b:81/udp')]);
  expect(omissionOf(used, 'shop/app=job')).toContain('peer-not-selectable');
});

test('names that are too long are cut, and stay distinct', () => {
  const name = (last: string): string =>
    createPolicyName({ ...workload('shop/web'), name: 'w'.repeat(252) + last });
  expect(name('a')).toHaveLength(253);
  expect(name('a')).not.toBe(name('b'));
});
