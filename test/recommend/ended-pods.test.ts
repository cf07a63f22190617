/** Pods that have ended: they count for what a workload needs, never for what its selector must match (NETPOL 4.3). */
import { describe, expect, test } from 'vitest';
import type { KnownPod, WorkloadInfo } from '../../src/recommend/cluster.ts';
import { edge, workloadInfo } from '../world.ts';
import { codesOf, drafted, draftOf, omissionOf, rulesOf, selectorOf } from './drafted.ts';

type Labels = Readonly<Record<string, string>>;

const db = workloadInfo('shop/db');
const fromWeb = edge('shop/web -> shop/db:5432/tcp');

/** The workload with one more pod, of other labels. */
const withPod = (info: WorkloadInfo, labels: Labels, detail: Partial<KnownPod> = {}): WorkloadInfo => {
  const name = `${info.ref.name}-other`;
  const [like] = [...info.pods, ...workloadInfo('shop/like').pods];
  if (like === undefined) throw new Error('no pod to make another of');
  const more = { ...like, namespace: info.ref.namespace, name, uid: name, workload: info.ref, labels };
  return { ...info, pods: [...info.pods, { ...more, ...detail }] };
};
const ended = { ended: true };

/** Its object and pods are gone. */
const gone = (text: string, ...podLabels: readonly Labels[]): WorkloadInfo => {
  const info = workloadInfo(text, { selector: null, templateLabels: null, podLabels });
  return { ...info, pods: info.pods.map((pod) => ({ ...pod, ...ended })) };
};

const cronJob = (labels: Labels): WorkloadInfo =>
  workloadInfo('shop/CronJob/web', { selector: null, labels, podLabels: [] });

describe('a workload that was given other labels', () => {
  const report = withPod(cronJob({ app: 'reporter' }), { app: 'report' }, ended);
  const reported = edge('shop/CronJob/web -> shop/db:5432/tcp');

  test('is selected as its template says, and so its peers name it', () => {
    const result = drafted([report, db], [reported]);
    expect(selectorOf(result, 'shop/web')).toBe('app=reporter');
    expect(codesOf(result, 'shop/web')).toEqual([]);
    expect(rulesOf(result, 'shop/db', 'ingress')).toEqual([
      'ingress observed: shop/web: {"podSelector":{"matchLabels":{"app":"reporter"}}} 5432/TCP',
    ]);
  });

  test('gets the same bytes as without the pod of before', () => {
    const policies = (info: WorkloadInfo) =>
      drafted([info, db], [reported]).outcomes.map((outcome) => outcome.kind === 'draft' && outcome.policy);
    expect(policies(report)).toEqual(policies(cronJob({ app: 'reporter' })));
  });

  test('teaches nothing about labels of others', () => {
    const mail = workloadInfo('shop/CronJob/mail', { selector: null, labels: { app: 'mail', zone: 'z' } });
    expect(selectorOf(drafted([report, mail]), 'shop/mail')).toBe('app=mail');
  });

  test('but keeps one of them, teaches that the other changes', () => {
    const released = withPod(cronJob({ app: 'web', build: 'b2' }), { app: 'web', build: 'b1' }, ended);
    const mail = workloadInfo('shop/CronJob/mail', { selector: null, labels: { build: 'x', zone: 'z' } });
    expect(selectorOf(drafted([mail]), 'shop/mail')).toBe('build=x');
    expect(selectorOf(drafted([released, mail]), 'shop/mail')).toBe('zone=z');
  });

  test('has its own selector, also where it was made anew under the old name', () => {
    const selector = { matchLabels: { 'app.kubernetes.io/name': 'web' } };
    const web = workloadInfo('shop/web', { labels: selector.matchLabels, selector });
    const result = drafted([withPod(web, { app: 'web' }, ended), db], [fromWeb]);
    expect(selectorOf(result, 'shop/web')).toBe('app.kubernetes.io/name=web');
    expect(rulesOf(result, 'shop/db', 'ingress')).toHaveLength(1);
  });

  test('frees its former labels for another workload', () => {
    const other = workloadInfo('shop/other', { labels: { app: 'report' } });
    expect(selectorOf(drafted([report, other]), 'shop/other')).toBe('app=report');
  });

  test('while a pod with the former ones lives, has no draft, and is told to wait or to label', () => {
    const living = withPod(cronJob({ app: 'reporter' }), { app: 'report' });
    expect(omissionOf(drafted([living]), 'shop/web')).toBe(
      'not-selectable: no selector can name it: its pods carry different labels and share none that is stable; add one to its pod template, such as app.kubernetes.io/name: web, or draft again when those with other labels have ended',
    );
    const web = withPod(workloadInfo('shop/web'), { old: 'web' });
    expect(omissionOf(drafted([web]), 'shop/web')).toContain(
      'or draft again when those with other labels have ended',
    );
  });

  test('while a pod with the former ones lives and shares a label, is selected by what they share', () => {
    const both = withPod(cronJob({ app: 'reporter', zone: 'z' }), { app: 'report', zone: 'z' });
    expect(selectorOf(drafted([both]), 'shop/web')).toBe('zone=z');
  });
});

describe('a workload of which only pods are known', () => {
  const cluster = (...podLabels: readonly Labels[]): WorkloadInfo =>
    workloadInfo('shop/Cluster/pg', { selector: null, templateLabels: null, podLabels });

  test('is selected by what its ended pods carried too, so that a failover changes no byte', () => {
    const pg = withPod(
      cluster({ cluster: 'pg', role: 'primary' }),
      { cluster: 'pg', role: 'replica' },
      ended,
    );
    expect(selectorOf(drafted([pg]), 'shop/pg')).toBe('cluster=pg');
    expect(codesOf(drafted([pg]), 'shop/pg')).toEqual([]);
  });

  test('is selected by what its living pods share where nothing else is left, and says so', () => {
    const pg = withPod(cluster({ role: 'primary' }), { role: 'replica' }, ended);
    expect(selectorOf(drafted([pg]), 'shop/pg')).toBe('role=primary');
    const codes = draftOf(drafted([pg]), 'shop/pg').caveats.map(({ code }) => code);
    expect(codes).toContain('selector-leaves-ended');
  });
});

describe('a workload that is gone', () => {
  const web = workloadInfo('shop/web');

  test('never keeps one that is there from a selector of its own', () => {
    const before = gone('shop/StatefulSet/web', { app: 'web' }, { app: 'elsewhere' });
    expect(selectorOf(drafted([web, before]), 'shop/web')).toBe('app=web');
    expect(codesOf(drafted([web, before]), 'shop/web')).toEqual([]);
  });

  test('shares the policy of the one that took over its labels, which needs what it needed', () => {
    const before = gone('shop/StatefulSet/web', { app: 'web' });
    const result = drafted([web, before, db], [edge('shop/StatefulSet/web -> shop/db:5432/tcp')]);
    expect(draftOf(result, 'shop/web').sharedWith.map(({ kind }) => kind)).toEqual(['StatefulSet']);
    expect(selectorOf(result, 'shop/web')).toBe('app=web');
    expect(rulesOf(result, 'shop/web', 'egress')).toHaveLength(2);
    expect(rulesOf(result, 'shop/db', 'ingress')).toEqual([
      'ingress observed: shop/web: {"podSelector":{"matchLabels":{"app":"web"}}} 5432/TCP',
    ]);
  });

  test('whose labels several have now, is nobody’s rule: who talked to it is told how to leave it out', () => {
    const front = { app: 'web', part: 'front' };
    const back = { app: 'web', part: 'back' };
    const parts = [front, back].map((labels) =>
      workloadInfo(`shop/${labels.part}`, { labels, selector: { matchLabels: { app: 'web' } } }),
    );
    const before = gone('shop/web', front, back);
    const edges = [fromWeb];
    const result = drafted([...parts, before, db], edges);
    expect(selectorOf(result, 'shop/front')).toBe('app=web, part=front');
    expect(draftOf(result, 'shop/front').sharedWith).toEqual([]);
    expect(omissionOf(result, 'shop/db')).toContain('gone=leave-out');
    const left = drafted([...parts, before, db], edges, { options: { gone: 'leave-out' } });
    expect(rulesOf(left, 'shop/db', 'ingress')).toEqual([]);
    expect(codesOf(left, 'shop/db')).toEqual(['left-out']);
  });

  const toDb = edge('shop/Job/once -> shop/db:5432/tcp');

  test('gives what it needed to none of two whose selectors both name it', () => {
    const before = gone('shop/Job/once', { app: 'a', part: 'p', tier: 't', zone: 'z' });
    const left = workloadInfo('shop/web', {
      selector: { matchLabels: { app: 'a', part: 'p' } },
      labels: { app: 'a', part: 'p', tier: 't' },
      podLabels: [{ app: 'a', part: 'p', zone: 'z' }],
    });
    const right = workloadInfo('shop/front', {
      selector: { matchLabels: { tier: 't', zone: 'z' } },
      labels: { tier: 't', zone: 'z', app: 'a' },
      podLabels: [{ tier: 't', zone: 'z', part: 'p' }],
    });
    const result = drafted([left, right, before, db], [toDb]);
    for (const { ref } of [left, right]) {
      expect(draftOf(result, `shop/${ref.name}`).sharedWith).toEqual([]);
      expect(rulesOf(result, `shop/${ref.name}`, 'egress')).toHaveLength(1);
    }
    expect(omissionOf(result, 'shop/db')).toContain('gone=leave-out');
  });

  test('and cannot be told from one that is there, which is told from it, is called gone', () => {
    const before = gone('shop/Job/once', { app: 'a', x: '1' }, { app: 'a', y: '1' });
    const heir = workloadInfo('shop/web', { labels: { app: 'a', x: '1', y: '1' } });
    const result = drafted([before, heir, db], [toDb]);
    expect(selectorOf(result, 'shop/web')).toBe('app=a, x=1, y=1');
    expect(draftOf(result, 'shop/web').sharedWith).toEqual([]);
    expect(omissionOf(result, 'shop/db')).toContain('gone=leave-out');
  });

  test('without a label that stays is called gone: nobody can label it any more', () => {
    const before = gone('shop/Job/once', { 'job-name': 'once' });
    expect(omissionOf(drafted([before, db], [toDb]), 'shop/db')).toContain('gone=leave-out');
  });

  test('that had a label of its own stands as a peer by it', () => {
    const before = gone('shop/web', { app: 'old' });
    expect(rulesOf(drafted([before, db], [fromWeb]), 'shop/db', 'ingress')).toEqual([
      'ingress observed: shop/web: {"podSelector":{"matchLabels":{"app":"old"}}} 5432/TCP',
    ]);
  });
});

test('of a release of an old chart the selector names no version', () => {
  const labels = { app: 'web', release: 'prod' };
  expect(codesOf(drafted([workloadInfo('shop/web', { labels })]), 'shop/web')).toEqual([]);
  const report = workloadInfo('shop/CronJob/report', {
    selector: null,
    labels: { release: 'prod', zone: 'z' },
  });
  expect(selectorOf(drafted([report]), 'shop/report')).toBe('zone=z');
});
