/** What a verdict says besides yes and no: at each side why, which policies isolate and which of their rules allow. */
import { describe, expect, test } from 'vitest';
import { compilePolicies } from '../../../src/netpol/compile.ts';
import { evaluate } from '../../../src/netpol/evaluate.ts';
import type { NetworkPolicySpec } from '../../../src/netpol/policy.ts';
import { connection, egress, ingress, judge, policy, WORLD } from '../small-cluster.ts';

const toDb = 'shop/web-1 -> shop/db-1:5432';
const sql = { ports: [{ port: 5432 }] };
const other = { ports: [{ port: 1 }] };
const denyAll: Readonly<Record<string, NetworkPolicySpec>> = {
  'shop/p': { policyTypes: ['Ingress', 'Egress'] },
};

describe('a verdict', () => {
  test('names at both sides every rule that matches, by policy and index', () => {
    const policies = {
      'shop/in-b': ingress({}, sql),
      'shop/in-a': ingress(other, sql),
      'shop/out': egress(other, other, sql),
    };
    expect(judge(policies, toDb)).toEqual({
      allowed: true,
      egress: {
        allowed: true,
        reason: 'allowed-by-rule',
        isolatedBy: ['shop/out'],
        allowedBy: [{ policy: 'shop/out', rule: 2 }],
      },
      ingress: {
        allowed: true,
        reason: 'allowed-by-rule',
        isolatedBy: ['shop/in-a', 'shop/in-b'],
        allowedBy: [
          { policy: 'shop/in-a', rule: 1 },
          { policy: 'shop/in-b', rule: 0 },
          { policy: 'shop/in-b', rule: 1 },
        ],
      },
    });
  });

  test('of a denial at both sides names at each the policies that isolate', () => {
    const policies = { 'shop/in-b': ingress(other), 'shop/in-a': ingress(), 'shop/out': egress(other) };
    const denied = { allowed: false, reason: 'no-rule-matches', allowedBy: [] };
    expect(judge(policies, toDb)).toEqual({
      allowed: false,
      egress: { ...denied, isolatedBy: ['shop/out'] },
      ingress: { ...denied, isolatedBy: ['shop/in-a', 'shop/in-b'] },
    });
  });

  test('of a denial at one side still says why the other allows', () => {
    const policies = { 'shop/in': ingress(sql), 'shop/out': egress() };
    expect(judge(policies, toDb)).toMatchObject({
      allowed: false,
      egress: { allowed: false, isolatedBy: ['shop/out'] },
      ingress: { allowed: true, allowedBy: [{ policy: 'shop/in', rule: 0 }] },
    });
  });

  test('names no policy that does not isolate the pod in that direction', () => {
    const policies = {
      'shop/in': ingress(sql),
      'data/in': ingress(),
      'shop/web': { podSelector: { matchLabels: { app: 'web' } } },
    };
    const nothing = { allowed: true, reason: 'not-isolated', isolatedBy: [], allowedBy: [] };
    expect(judge(policies, toDb)).toMatchObject({ egress: nothing, ingress: { isolatedBy: ['shop/in'] } });
  });

  test('rule 6: is the same whatever the order of the policies', () => {
    const objects = ['shop/c', 'shop/a', 'shop/b'].map((key) => policy(key, ingress(sql)));
    const forward = evaluate(compilePolicies(objects, WORLD), connection(toDb));
    const backward = evaluate(compilePolicies(objects.toReversed(), WORLD), connection(toDb));
    expect(forward).toEqual(backward);
    expect(forward.ingress.isolatedBy).toEqual(['shop/a', 'shop/b', 'shop/c']);
  });
});

describe('the reason at each side', () => {
  test.each([
    ['rule 22', 'shop/web-1 -> shop/web-1:8080', 'self', 'self'],
    ['rule 22', 'shop/web-1 -> 127.0.0.1:80', 'self', 'not-a-pod'],
    ['rule 22', '10.244.1.10 -> shop/web-1:8080', 'not-a-pod', 'self'],
    ['rule 23', '192.168.0.1 -> shop/web-1:8080', 'not-a-pod', 'own-node'],
    ['rule 24', 'shop/host-1 -> shop/web-1:8080', 'host-network', 'own-node'],
    ['rule 24', 'shop/web-1 -> shop/host-1:8080', 'no-rule-matches', 'host-network'],
    ['rule 23', 'shop/web-1 as 192.168.0.2 -> shop/db-1:5432', 'no-rule-matches', 'own-node'],
    ['rule 6', 'shop/web-1 -> data/cache-1:6379', 'no-rule-matches', 'not-isolated'],
    ['rule 24', 'shop/host-1 -> data/host-2:80', 'host-network', 'host-network'],
    ['rule 7', '203.0.113.9 -> 198.51.100.1:80', 'not-a-pod', 'not-a-pod'],
    ['rule 7', '203.0.113.9 -> shop/web-1:8080', 'not-a-pod', 'no-rule-matches'],
  ])('%s: %s: %s, %s', (_, line, egressReason, ingressReason) => {
    const verdict = judge(denyAll, line);
    expect([verdict.egress.reason, verdict.ingress.reason]).toEqual([egressReason, ingressReason]);
  });

  test('stands beside the policies that self and own-node overrule', () => {
    expect(judge(denyAll, 'shop/web-1 -> shop/web-1:8080').egress.isolatedBy).toEqual(['shop/p']);
    expect(judge(denyAll, '192.168.0.1 -> shop/web-1:8080').ingress.isolatedBy).toEqual(['shop/p']);
    expect(judge(denyAll, '203.0.113.9 -> shop/host-1:8080').ingress.isolatedBy).toEqual([]);
  });
});
