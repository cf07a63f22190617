import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parsePolicy } from '../../../src/netpol/parse/parse-policy.ts';

const VALID = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { podSelector: {} },
};

interface Case {
  readonly what: string;
  readonly change: Readonly<Record<string, unknown>>;
  readonly without: string | null;
  readonly says: readonly string[];
}

/** Cases apart at blank lines: `# what`, fields of the policy that replace those of a valid one, `=> field: message`. */
const CASES = readFileSync(join(import.meta.dirname, 'invalid-policies.txt'), 'utf8')
  .trim()
  .split('\n\n')
  .map((text): Case => {
    const lines = text.split('\n');
    const body = lines.filter((line) => !/^(?:#|=>|without )/.test(line)).join('\n');
    return {
      what: (lines[0] ?? '').replace('# ', ''),
      change: (parse(body) ?? {}) as Record<string, unknown>,
      without: /^without (\w+)$/m.exec(text)?.[1] ?? null,
      says: lines.filter((line) => line.startsWith('=> ')).map((line) => line.slice(3)),
    };
  });

const problemsOf = (value: unknown) => {
  const parsed = parsePolicy(value, { defaultNamespace: null });
  return parsed.kind === 'invalid' ? parsed.problems.map((each) => `${each.field}: ${each.message}`) : [];
};
const policy = (change: Readonly<Record<string, unknown>>) => ({ ...VALID, ...change });
const metadata = (fields: Readonly<Record<string, unknown>>) =>
  policy({ metadata: { ...VALID.metadata, ...fields } });

describe('an invalid policy', () => {
  test('there are more than fifty kinds', () => {
    expect(CASES.length).toBeGreaterThan(85);
    expect(CASES.filter(({ says }) => says.length === 0)).toEqual([]);
  });

  test.each(CASES)('$what', ({ change, without, says }) => {
    const entries = Object.entries(policy(change)).filter(([name]) => name !== without);
    expect(problemsOf(Object.fromEntries(entries))).toEqual(says);
  });

  test.each([
    ['a name', metadata({ name: 'a'.repeat(254) }), 'metadata.name: is longer than 253 characters'],
    [
      'a namespace',
      metadata({ namespace: 'a'.repeat(64) }),
      'metadata.namespace: is longer than 63 characters',
    ],
    [
      'a label value',
      metadata({ labels: { app: 'a'.repeat(64) } }),
      `metadata.labels.app: "${'a'.repeat(64)}" is no label value: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit`,
    ],
    [
      'its annotations',
      metadata({ annotations: { note: 'x'.repeat(262_144) } }),
      'metadata.annotations: are 262148 bytes; at most 262144 are allowed',
    ],
  ])('%s that is too long', (_what, value, says) => {
    expect(problemsOf(value)).toEqual([says]);
  });

  test.each([
    [undefined, ': is null, not a mapping'],
    ['text', ': is text, not a mapping'],
    [[VALID], ': is a list, not a mapping'],
  ])('%j is none at all', (value, says) => {
    expect(problemsOf(value)[0]).toBe(says);
  });
});

describe('a valid policy', () => {
  test.each([
    ['names of 253 and 63 characters', metadata({ name: 'a'.repeat(253), namespace: 'a'.repeat(63) })],
    [
      'what kubectl get prints',
      {
        ...metadata({
          uid: 'd0',
          resourceVersion: '7',
          generation: 1,
          creationTimestamp: '2026-11-21T22:52:56Z',
          managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:spec': {} } }],
          annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
          finalizers: ['example.com/wait'],
          ownerReferences: [{ apiVersion: 'v1', kind: 'A', name: 'a', uid: 'b' }],
        }),
        status: {},
      },
    ],
    [
      'nulls where Go has nil',
      policy({ spec: { podSelector: { matchLabels: null }, ingress: null, egress: [] } }),
    ],
    [
      'null beside a block',
      policy({ spec: { ingress: [{ from: [{ podSelector: null, ipBlock: { cidr: '::/0' } }] }] } }),
    ],
    ['two policy types of one kind', policy({ spec: { policyTypes: ['Egress', 'Egress'] } })],
    [
      'Exists with an empty list',
      policy({ spec: { podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: [] }] } } }),
    ],
    ['label keys that are words of JavaScript', metadata({ labels: { constructor: 'a', toString: '' } })],
    [
      'a port range',
      policy({ spec: { egress: [{ ports: [{ port: 1, endPort: 65_535, protocol: 'SCTP' }] }] } }),
    ],
    ['a range of one port', policy({ spec: { egress: [{ ports: [{ port: 80, endPort: 80 }] }] } })],
    ['a port name of digits and a letter', policy({ spec: { ingress: [{ ports: [{ port: '8-a' }] }] } })],
  ])('%s', (_what, value) => {
    expect(problemsOf(value)).toEqual([]);
  });

  test('keeps null, empty and absent apart', () => {
    const spec = { podSelector: null, ingress: [{ from: null }, { from: [] }, {}], policyTypes: [] };
    expect(parsePolicy(policy({ spec }), { defaultNamespace: null })).toMatchObject({ policy: { spec } });
  });

  test('is in the given namespace when it names none', () => {
    const value = policy({ metadata: { name: 'web' } });
    expect(parsePolicy(value, { defaultNamespace: 'pay' })).toMatchObject({
      policy: { metadata: { name: 'web', namespace: 'pay' } },
    });
  });

  test.each([
    ['10.1.2.3/8', '10.1.2.3/8 has bits set beyond its prefix; it means 10.0.0.0/8'],
    ['2001:db8::1/32', '2001:db8::1/32 has bits set beyond its prefix; it means 2001:db8::/32'],
    ['::ffff:10.0.0.0/104', "::ffff:10.0.0.0/104 is IPv4 in IPv6's clothes; it means 10.0.0.0/8"],
  ])('of the block %s is warned about', (cidr, message) => {
    const spec = { ingress: [{ from: [{ ipBlock: { cidr } }] }] };
    expect(parsePolicy(policy({ spec }), { defaultNamespace: null })).toMatchObject({
      policy: { spec },
      warnings: [{ field: 'spec.ingress[0].from[0].ipBlock.cidr', message }],
    });
  });

  test('without a spec is one of {}, with a warning', () => {
    expect(parsePolicy(policy({ spec: null }), { defaultNamespace: null })).toMatchObject({
      policy: { spec: {} },
      warnings: [
        { field: 'spec', message: 'is absent, which denies all ingress to every pod of the namespace' },
      ],
    });
  });
});
