/** Names of policies: valid, never shared within a namespace, and the same whatever else is listed in which order. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WorkloadRef } from '../../src/domain/workload.ts';
import { workloadKey } from '../../src/domain/workload.ts';
import { createPolicyName, policyNames } from '../../src/recommend/policy-name.ts';
import { workloadInfo } from '../world.ts';
import { drafted, draftOf } from './drafted.ts';

const refs = (...texts: readonly string[]): WorkloadRef[] =>
  texts.map((text) => {
    const [namespace = '', kind = '', name = ''] = text.split('/');
    return { namespace, kind, name };
  });
const namesOf = (of: readonly WorkloadRef[]): string[] => {
  const names = policyNames(of);
  return of.map((ref) => names.get(workloadKey(ref)) ?? '');
};

describe('a name', () => {
  test('is that of kind and workload where nothing shares it', () => {
    expect(namesOf(refs('shop/Deployment/web', 'shop/StatefulSet/web', 'other/Deployment/web'))).toEqual([
      'netscribe-deployment-web',
      'netscribe-statefulset-web',
      'netscribe-deployment-web',
    ]);
  });

  test.each([
    ['kinds that differ in case', 'shop/Foo/web', 'shop/foo/web'],
    ['kinds with hyphens', 'shop/Foo/bar-web', 'shop/Foo-Bar/web'],
    ['long names', `shop/Foo/${'w'.repeat(253)}`, `shop/foo/${'w'.repeat(253)}`],
  ])('of %s is shared by none: the first in order has it, in any order', (_, first, second) => {
    const [plain = '', other = ''] = namesOf(refs(first, second));
    expect(plain).toBe(createPolicyName(refs(first)[0] ?? expect.fail()));
    expect(other).toMatch(/-[0-9a-f]{16}$/);
    expect(other).not.toBe(plain);
    expect(namesOf(refs(second, first))).toEqual([other, plain]);
    expect(namesOf(refs(second.replace('shop', 'other'), first))[1]).toBe(plain);
  });

  test.each([
    ['shop/Job/app=migrate', 'netscribe-job-migrate'],
    ['shop/Pod/app.kubernetes.io/name=Data_Loader.v2', 'netscribe-pod-data-loader-v2'],
    ['shop/Job/app=shop, component=seed, !canary', 'netscribe-job-shop-seed-canary'],
    ['shop/Job/seed=', 'netscribe-job-seed'],
  ])('of %s, called by its label, is %s', (called, name) => {
    const [namespace = '', kind = ''] = called.split('/');
    const ref = { namespace, kind, name: called.slice(`${namespace}/${kind}/`.length) };
    expect(createPolicyName(ref)).toBe(name);
  });

  test('is never that of a baseline', () => {
    expect(namesOf(refs('shop/Default/deny'))[0]).toMatch(/^netscribe-default-deny-[0-9a-f]{16}$/);
  });
});

test('law: names are valid and distinct, whatever the kinds and names are', () => {
  const part = fc.constantFrom('a', 'A', 'b', 'a-b', 'A-b', 'a-A', 'aA', 'deny', 'default', 'x'.repeat(250));
  const called = fc.constantFrom('a=b', 'a=B_a', 'a=, !b', `a=${'b'.repeat(250)}`);
  const anyName = fc.oneof(part, called);
  const ref = fc.record({ namespace: fc.constantFrom('shop', 'other'), kind: part, name: anyName });
  const distinct = fc.uniqueArray(
    ref.map((each) => ({ ...each, name: each.name.toLowerCase() })),
    { selector: workloadKey, minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(distinct, fc.infiniteStream(fc.nat()), (all, order) => {
      const names = namesOf(all);
      for (const name of names) expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?$/);
      expect(new Set(names.map((name, index) => `${all[index]?.namespace}/${name}`)).size).toBe(all.length);
      const shuffled = all
        .map((each) => ({ each, at: order.next().value }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ each }) => each);
      expect(policyNames(shuffled)).toEqual(policyNames(all));
    }),
    { seed: 4, numRuns: 1000 },
  );
});

test('workloads of kinds that differ in case are drafted apart', () => {
  const [upper, lower] = ['Foo', 'foo'].map((kind) =>
    workloadInfo(`shop/${kind}/web`, { selector: null, labels: { app: kind } }),
  );
  if (upper === undefined || lower === undefined) throw new Error('two workloads');
  const result = drafted([upper, lower], []);
  const drafts = result.outcomes.flatMap((outcome) =>
    outcome.kind === 'draft' && outcome.workload.namespace === 'shop' ? [outcome.policy] : [],
  );
  expect(drafts.map(({ spec }) => spec.podSelector)).toEqual([
    { matchLabels: { app: 'Foo' } },
    { matchLabels: { app: 'foo' } },
  ]);
  expect(new Set(drafts.map(({ metadata }) => metadata.name)).size).toBe(2);
  expect(draftOf(result, 'shop/web').policy.metadata.name).toBe('netscribe-foo-web');
});
