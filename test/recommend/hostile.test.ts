/** Clusters as nobody would build them: the drafts stay valid, short enough to read, and quick. */
import { NetworkPolicy as ModelledPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { parsePolicy } from '../../src/netpol/parse/parse-policy.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import type { Recommendation } from '../../src/recommend/recommend.ts';
import { edge, workloadInfo } from '../world.ts';
import { drafted, draftOf } from './drafted.ts';

/** Every draft, as printed and read again, is a policy that the API server takes. */
function expectValid({ outcomes }: Recommendation): void {
  const drafts = outcomes.filter((outcome) => outcome.kind === 'draft');
  expect(drafts.length).toBeGreaterThan(0);
  for (const draft of drafts) {
    const read = parseDocument(printPolicies([draft], { withEvidence: true })).toJS() as unknown;
    expect(parsePolicy(read, { defaultNamespace: null }).kind).toBe('policy');
    new ModelledPolicy(read as ConstructorParameters<typeof ModelledPolicy>[0]).validate();
  }
}

const LONG = 'x'.repeat(63);

describe('hostile clusters', () => {
  test('names of 63 characters and more', () => {
    const namespace = 'n'.repeat(63);
    const long = workloadInfo(`${namespace}/${'w'.repeat(253)}`, { labels: { app: LONG } });
    const job = workloadInfo(`${namespace}/CronJob/${'j'.repeat(52)}`, {
      selector: null,
      labels: { [`${'p'.repeat(50)}.example.com/${LONG}`]: LONG },
    });
    const result = drafted(
      [long, job],
      [edge(`${namespace}/CronJob/${job.ref.name} -> ${namespace}/${long.ref.name}:1/tcp`)],
    );
    expectValid(result);
    expect(draftOf(result, `${namespace}/${long.ref.name}`).policy.metadata.name.length).toBeLessThanOrEqual(
      253,
    );
  });

  test('label values that are words of YAML', () => {
    const words = ['yes', 'null', '1.0', '0x1f', 'true', '1e3', '2026-11-22', '0777', '12_000', ''];
    const workloads = words.map((value, index) =>
      workloadInfo(`shop/w${index}`, { labels: { app: value, n: `n${index}` } }),
    );
    const edges = words.map((_, index) =>
      edge(`shop/w${index} -> shop/w${(index + 1) % words.length}:80/tcp`),
    );
    const result = drafted(workloads, edges);
    expectValid(result);
    for (const [index, value] of words.entries())
      expect(draftOf(result, `shop/w${index}`).policy.spec.podSelector?.matchLabels).toMatchObject({
        app: value,
      });
  });

  test('text that would break out of a comment', () => {
    const odd = workloadInfo('shop/Job/once', { selector: null, labels: { app: 'a\n---\nkind: Secret' } });
    const { outcomes } = drafted([odd]);
    const named = outcomes.map((outcome) =>
      outcome.kind === 'omitted' ? { ...outcome, sentence: 'x\n---\nkind: Secret' } : outcome,
    );
    expect(printPolicies(named, { withEvidence: false })).not.toMatch(/^kind: Secret/m);
  });

  test('5,000 peers', () => {
    const peers = Array.from({ length: 5000 }, (_, index) => workloadInfo(`shop/peer-${index}`));
    const result = drafted(
      [workloadInfo('shop/hub'), ...peers],
      peers.map(({ ref }) => edge(`shop/${ref.name} -> shop/hub:8080/tcp`)),
    );
    expect(draftOf(result, 'shop/hub').rules.filter(({ direction }) => direction === 'ingress')).toHaveLength(
      5000,
    );
    expect(result.outcomes.every(({ kind }) => kind === 'draft')).toBe(true);
  }, 120_000);

  test('5,000 addresses and 5,000 ports', () => {
    const far = Array.from({ length: 5000 }, (_, index) =>
      edge(`shop/web -> external@172.16.${index >> 8}.${index & 255}:443/tcp`),
    );
    const ports = Array.from({ length: 5000 }, (_, index) =>
      edge(`shop/web -> external@172.31.0.1:${20_000 + index}/udp`),
    );
    const result = drafted([workloadInfo('shop/web')], [...far, ...ports]);
    const rules = draftOf(result, 'shop/web').rules.filter(({ basis }) => basis === 'observed');
    expect(rules.map(({ peers, ports: list }) => [peers?.length, list.length])).toEqual([
      [20, 1],
      [1, 1],
    ]);
    expectValid(result);
  });

  test('a namespace without traffic, and one without anything', () => {
    const result = drafted([workloadInfo('quiet/web')], [], {
      detail: { namespaces: new Map([['empty', {}]]) },
    });
    expect(draftOf(result, 'quiet/web').policy.spec.ingress).toEqual([]);
    expect(result.outcomes.map(({ workload }) => workload.namespace)).toEqual(['kube-system', 'quiet']);
    expectValid(result);
  });

  test.each([
    ['Job', 'app=run', 1000, /policy is called by app=run and/],
    ['Rollout', 'run-0', 999, /and 995 more apart/],
  ])('a thousand of kind %s with the same labels are one draft: %s', (kind, name, others, sentence) => {
    const alike = Array.from({ length: 1000 }, (_, index) =>
      workloadInfo(`shop/${kind}/run-${index}`, {
        selector: null,
        labels: { app: 'run', 'job-name': `run-${index}` },
      }),
    );
    const result = drafted(alike);
    expect(result.outcomes).toHaveLength(2);
    const draft = draftOf(result, `shop/${name}`);
    expect(draft.sharedWith).toHaveLength(others);
    expect(draft.caveats.map((caveat) => caveat.sentence).join()).toMatch(sentence);
  });
});
