/** Workloads of which some pods are on their node's network (NETPOL rule 24): no policy governs those, the others need one. */
import { expect, test } from 'vitest';
import type { WorkloadInfo } from '../../src/recommend/cluster.ts';
import { edge, workloadInfo } from '../world.ts';
import { codesOf, drafted, draftOf, omissionOf, rulesOf, selectorOf } from './drafted.ts';

const db = workloadInfo('shop/db');

/** The workload, each pod with what is given for it. */
const withPods = (
  info: WorkloadInfo,
  ...each: readonly { readonly hostNetwork?: boolean; readonly ended?: boolean }[]
): WorkloadInfo => ({ ...info, pods: info.pods.map((pod, index) => ({ ...pod, ...each[index] })) });

/** Of an operator's own kind: no template is known. */
const agent = workloadInfo('shop/Agent/a', { selector: null, templateLabels: null, labels: { app: 'a' } });
const mixed = withPods(agent, { hostNetwork: true }, { hostNetwork: false });

test('the others are drafted, with a caveat, whichever pod is listed first', () => {
  const edges = [edge('shop/Agent/a -> shop/db:5432/tcp')];
  for (const pods of [mixed.pods, mixed.pods.toReversed()]) {
    for (const hostNetwork of [true, false]) {
      const result = drafted([{ ...mixed, pods, hostNetwork }, db], edges);
      expect(selectorOf(result, 'shop/a')).toBe('app=a');
      expect(codesOf(result, 'shop/a')).toEqual(['partly-host-network']);
      expect(rulesOf(result, 'shop/db', 'ingress')).toHaveLength(1);
      expect(codesOf(result, 'shop/db')).toEqual([]);
    }
  }
});

test('the others are not cut off by a baseline: where they have no draft, there is none', () => {
  const options = { baseline: 'default-deny' } as const;
  const both = drafted([mixed, db], [], { options });
  expect(draftOf(both, 'shop/default-deny').policy.spec.podSelector).toEqual({});
  expect(draftOf(both, 'shop/a').policy.spec.podSelector).toEqual({ matchLabels: { app: 'a' } });
  const bare = { ...mixed, pods: mixed.pods.map((pod) => ({ ...pod, labels: { 'job-name': 'x' } })) };
  expect(omissionOf(drafted([bare, db], [], { options }), 'shop/default-deny')).toBe(
    'baseline-would-cut: a baseline would cut off shop/a, which got no draft',
  );
});

test.each<[string, WorkloadInfo, string]>([
  ['switched off', workloadInfo('shop/web'), 'partly-host-network'],
  ['switched on', workloadInfo('shop/web', { hostNetwork: true }), 'partly-host-network'],
])('in the middle of a rollout by which the host network is %s, the others are drafted', (_, web, code) => {
  const rolling = withPods(web, { hostNetwork: true }, { hostNetwork: false });
  const result = drafted([rolling, db], [edge('shop/web -> shop/db:5432/tcp')]);
  expect(selectorOf(result, 'shop/web')).toBe('app=web');
  expect(codesOf(result, 'shop/web')).toEqual([code]);
  expect(rulesOf(result, 'shop/db', 'ingress')).toHaveLength(1);
});

test('a pod that ended on the host network is none of the workload’s any more', () => {
  const web = withPods(workloadInfo('shop/web'), { hostNetwork: true, ended: true });
  const result = drafted([web, db], [edge('shop/web -> shop/db:5432/tcp')]);
  expect(codesOf(result, 'shop/web')).toEqual([]);
  expect(rulesOf(result, 'shop/db', 'ingress')).toHaveLength(1);
});

test('what moved to the host network for good has no draft, and its peers are told why', () => {
  const web = withPods(
    workloadInfo('shop/web', { hostNetwork: true }),
    {},
    { hostNetwork: false, ended: true },
  );
  const result = drafted([web, db], [edge('shop/web -> shop/db:5432/tcp')]);
  expect(result.outcomes.map(({ workload }) => workload.name)).toEqual(['coredns', 'db']);
  expect(omissionOf(result, 'shop/db')).toContain("its pods are on their node's network");
});

test('pods on the host network are nobody’s rivals: no selector finds them', () => {
  const proxy = workloadInfo('shop/DaemonSet/proxy', { hostNetwork: true, labels: { app: 'db' } });
  expect(selectorOf(drafted([db, proxy]), 'shop/db')).toBe('app=db');
  expect(codesOf(drafted([db, proxy]), 'shop/db')).toEqual([]);
});
