/** Parse after print is the identity, and an independent validator of types takes whatever the parser takes. */
import * as fc from 'fast-check';
import { NetworkPolicy as ModelPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readManifestText } from '../../../src/netpol/parse/manifest-text.ts';
import { parsePolicy } from '../../../src/netpol/parse/parse-policy.ts';
import type { NetworkPolicy } from '../../../src/netpol/policy.ts';
import { printPolicies } from '../../../src/recommend/print-yaml.ts';
import { randomPolicy } from './random-policy.ts';

const SEED = 20_261_122;

/** JSON is a tenth of YAML's work. */
const RUNS = {
  json: { numRuns: 4600, seed: SEED },
  yaml: { numRuns: 400, seed: SEED },
  lists: { numRuns: 100, seed: SEED },
};

function policiesIn(text: string): NetworkPolicy[] {
  const { objects, problems } = readManifestText('policies.yaml', text);
  expect(problems).toEqual([]);
  return objects.map(({ value }) => {
    const parsed = parsePolicy(value, { defaultNamespace: null });
    if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems));
    return parsed.policy;
  });
}

const printYaml = (policy: unknown) => stringify(policy, { compat: 'yaml-1.1', lineWidth: 0 });

test('a policy printed as YAML is read as the same policy', () => {
  fc.assert(
    fc.property(randomPolicy, (policy) => {
      expect(policiesIn(printYaml(policy))).toEqual([policy]);
    }),
    RUNS.yaml,
  );
});

test('a policy printed as JSON is read as the same policy', () => {
  fc.assert(
    fc.property(randomPolicy, fc.constantFrom(undefined, 2, '\t'), (policy, indent) => {
      expect(policiesIn(JSON.stringify(policy, null, indent))).toEqual([policy]);
    }),
    RUNS.json,
  );
});

test('policies are read alike from a List, from documents and one by one', () => {
  fc.assert(
    fc.property(fc.array(randomPolicy, { minLength: 1, maxLength: 3 }), (policies) => {
      const list = { apiVersion: 'v1', kind: 'List', items: policies };
      expect(policiesIn(printYaml(list))).toEqual(policies);
      expect(policiesIn(JSON.stringify(list))).toEqual(policies);
      expect(policiesIn(policies.map((policy) => `---\n${printYaml(policy)}`).join(''))).toEqual(policies);
    }),
    RUNS.lists,
  );
});

test('drafts as netscribe prints them are read as the policies they are', () => {
  fc.assert(
    fc.property(fc.array(randomPolicy, { minLength: 1, maxLength: 2 }), fc.string(), (policies, remark) => {
      const workload = { namespace: 'shop', kind: 'Deployment', name: 'web' };
      const printed = printPolicies(
        [
          { kind: 'omitted', workload, code: 'no-selector', sentence: remark },
          ...policies.map((policy) => ({
            kind: 'draft' as const,
            workload,
            policy,
            rules: [],
            caveats: [{ code: 'remark', sentence: remark }],
            readiness: { state: 'ready' as const },
            coverage: null,
            unused: { ports: [], services: [] },
            heldBack: [],
            existing: null,
            sharedWith: [],
            cni: 'default' as const,
            leftOut: [],
          })),
        ],
        { withEvidence: false },
      );
      expect(policiesIn(printed)).toEqual(policies);
    }),
    RUNS.lists,
  );
});

test("kubernetes-models' validator of types takes every policy that the parser takes", () => {
  fc.assert(
    fc.property(randomPolicy, (policy) => {
      expect(parsePolicy(policy, { defaultNamespace: null }).kind).toBe('policy');
      const model = new ModelPolicy(withoutNulls(policy) as ConstructorParameters<typeof ModelPolicy>[0]);
      expect(() => model.validate()).not.toThrow();
    }),
    RUNS.json,
  );
});

/** Its schemas know no null, which the API server reads as absent. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]));
}
