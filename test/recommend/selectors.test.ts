/** Selectors (NETPOL 4.3): each names exactly the pods and templates of its workload, by labels that stay. */
import { describe, expect, test } from 'vitest';
import { isValidLabel } from '../../src/recommend/label-rank.ts';
import { cluster, edge, service, workloadInfo } from '../world.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import { codesOf, drafted, draftOf, omissionOf, rulesOf, selectorOf } from './drafted.ts';

type Detail = NonNullable<Parameters<typeof workloadInfo>[1]>;

/** A workload whose template and pods carry these labels, without a selector of its own, as a CronJob has none. */
const unselected = (text: string, labels: Record<string, string>, detail: Detail = {}) =>
  workloadInfo(text, { selector: null, labels, ...detail });

describe('the controller’s own selector', () => {
  test('stands as it is, redundant labels and expressions included', () => {
    const web = workloadInfo('shop/web', {
      labels: { app: 'web', tier: 'front' },
      selector: {
        matchLabels: { app: 'web' },
        matchExpressions: [{ key: 'tier', operator: 'In', values: ['front', 'edge'] }],
      },
    });
    expect(selectorOf(drafted([web]), 'shop/web')).toBe('app=web, tier in (edge, front)');
  });

  test('is never that of a bare ReplicaSet, which names a rollout', () => {
    const bare = workloadInfo('shop/ReplicaSet/web', {
      labels: { app: 'web' },
      selector: { matchLabels: { app: 'web', 'pod-template-hash': '7d4f9c6b5' } },
    });
    expect(selectorOf(drafted([bare]), 'shop/web')).toBe('app=web');
  });

  test('that pins a version stands, and says that the next version needs a draft of its own', () => {
    const reviews = (version: string) =>
      workloadInfo(`shop/reviews-${version}`, { labels: { app: 'reviews', version } });
    const result = drafted([reviews('v1'), reviews('v2')]);
    expect(selectorOf(result, 'shop/reviews-v1')).toBe('app=reviews, version=v1');
    expect(codesOf(result, 'shop/reviews-v1')).toEqual(['selector-pins-version']);
  });
});

describe('overlapping controllers', () => {
  const stable = { app: 'shop', tier: 'web', team: 'a' };
  const canary = { app: 'shop', tier: 'canary', team: 'b' };
  const overlapping = (labels: Record<string, string>, name: string) =>
    workloadInfo(`shop/${name}`, { labels, selector: { matchLabels: { app: 'shop' } } });

  test('get the one label that separates them, the best known first', () => {
    const result = drafted([overlapping(stable, 'web'), overlapping(canary, 'canary')]);
    expect(selectorOf(result, 'shop/web')).toBe('app=shop, tier=web');
    expect(selectorOf(result, 'shop/canary')).toBe('app=shop, tier=canary');
  });

  test('get the label by which a Service finds them before any other', () => {
    const services = [service('shop/front', { selector: { team: 'a' } })];
    const result = drafted([overlapping(stable, 'web'), overlapping(canary, 'canary')], [], {
      detail: { services },
    });
    expect(selectorOf(result, 'shop/web')).toBe('app=shop, team=a');
  });

  test('get as many labels as it takes, and no more', () => {
    const all = [
      overlapping({ app: 'shop', a: '1', b: '1', c: '1' }, 'x'),
      overlapping({ app: 'shop', a: '1', b: '2', c: '1' }, 'y'),
      overlapping({ app: 'shop', a: '2', b: '1', c: '1' }, 'z'),
    ];
    expect(selectorOf(drafted(all), 'shop/x')).toBe('a=1, app=shop, b=1');
  });

  test('are told apart from a template without pods: a workload at zero replicas, a CronJob that did not run', () => {
    const idle = workloadInfo('shop/idle', {
      labels: { app: 'shop', tier: 'idle' },
      selector: { matchLabels: { app: 'shop' } },
      podLabels: [],
    });
    expect(selectorOf(drafted([overlapping(stable, 'web'), idle]), 'shop/web')).toBe('app=shop, tier=web');
    expect(selectorOf(drafted([overlapping(stable, 'web'), idle]), 'shop/idle')).toBe('app=shop, tier=idle');
  });

  test('are told apart from pods that ended in the window', () => {
    const gone = overlapping(canary, 'canary');
    const ended = {
      ...gone,
      selector: null,
      templateLabels: null,
      pods: gone.pods.map((pod) => ({ ...pod, ended: true })),
    };
    expect(selectorOf(drafted([overlapping(stable, 'web'), ended]), 'shop/web')).toBe('app=shop, tier=web');
  });
});

describe('labels that change', () => {
  test('are learnt from any owner of the cluster that varies them, and used last', () => {
    const leader = workloadInfo('db/patroni', {
      labels: { app: 'patroni' },
      podLabels: [
        { app: 'patroni', role: 'primary' },
        { app: 'patroni', role: 'replica' },
      ],
    });
    const jobs = [
      unselected('shop/CronJob/report', { role: 'report', zone: 'a' }),
      unselected('shop/CronJob/mail', { role: 'mail', zone: 'b' }),
    ];
    expect(selectorOf(drafted(jobs), 'shop/report')).toBe('role=report');
    expect(selectorOf(drafted([leader, ...jobs]), 'shop/report')).toBe('zone=a');
  });

  test('serve where nothing else does, with a caveat', () => {
    const varying = workloadInfo('db/patroni', {
      labels: { app: 'patroni' },
      podLabels: [
        { app: 'patroni', role: 'primary' },
        { app: 'patroni', role: 'replica' },
      ],
    });
    const jobs = [
      unselected('shop/CronJob/report', { role: 'report' }),
      unselected('shop/CronJob/mail', { role: 'mail' }),
    ];
    const result = drafted([varying, ...jobs]);
    expect(selectorOf(result, 'shop/report')).toBe('role=report');
    expect(codesOf(result, 'shop/report')).toEqual(['selector-unstable']);
  });

  test('never stand in a selector when they are known to: a hash, a checksum, a chart, an injected one', () => {
    const job = unselected(
      'shop/CronJob/report',
      { app: 'report', 'helm.sh/chart': 'report-1.2.3', 'config-checksum': 'x' },
      {
        podLabels: [
          {
            app: 'report',
            'helm.sh/chart': 'report-1.2.3',
            'config-checksum': 'x',
            'security.istio.io/tlsMode': 'istio',
          },
        ],
      },
    );
    expect(selectorOf(drafted([job]), 'shop/report')).toBe('app=report');
  });

  test('a release alone names nothing: every part of it carries the label', () => {
    const job = unselected('shop/Job/once', { 'app.kubernetes.io/instance': 'shop' });
    expect(omissionOf(drafted([job]), 'shop/once')).toContain('not-selectable');
  });
});

describe('labels that another workload has and this has not', () => {
  test('exclude it, with a caveat that this is fragile', () => {
    const web = workloadInfo('shop/web', { labels: { app: 'web' } });
    const canary = workloadInfo('shop/canary', {
      labels: { app: 'web', channel: 'canary' },
      selector: { matchLabels: { app: 'web', channel: 'canary' } },
    });
    const result = drafted([web, canary]);
    expect(selectorOf(result, 'shop/web')).toBe('app=web, !channel');
    expect(codesOf(result, 'shop/web')).toEqual(['selector-fragile']);
    expect(selectorOf(result, 'shop/canary')).toBe('app=web, channel=canary');
    expect(codesOf(result, 'shop/canary')).toEqual([]);
  });

  test('exclude it by value where some of its own pods carry the key', () => {
    const web = workloadInfo('shop/web', {
      labels: { app: 'web' },
      podLabels: [
        { app: 'web', shard: 'a' },
        { app: 'web', shard: 'b' },
      ],
    });
    const other = workloadInfo('shop/other', {
      labels: { app: 'web', shard: 'x' },
      selector: { matchLabels: { app: 'web', shard: 'x' } },
    });
    expect(selectorOf(drafted([web, other]), 'shop/web')).toBe('app=web, shard not in (x)');
  });
});

describe('workloads that no label tells apart', () => {
  const jobs = ['shop/Job/migrate-1', 'shop/Job/migrate-2'].map((name) =>
    unselected(name, { app: 'migrate', 'job-name': name.split('/')[2] ?? '' }),
  );
  const db = workloadInfo('shop/db');

  test('share one policy with the rules of all', () => {
    const result = drafted(
      [...jobs, db],
      [
        edge('shop/Job/migrate-1 -> shop/db:5432/tcp'),
        edge('shop/Job/migrate-2 -> external@93.184.215.14:443/tcp'),
      ],
    );
    expect(result.outcomes.map(({ workload }) => workload.name)).toEqual(['coredns', 'app=migrate', 'db']);
    const draft = draftOf(result, 'shop/app=migrate');
    expect(draft.sharedWith.map(({ name }) => name)).toEqual(['migrate-1', 'migrate-2']);
    expect(draft.rules.map(({ title }) => title)).toEqual(['DNS', 'shop/db', 'public addresses']);
  });

  test('are one peer: a rule for both is written once', () => {
    const result = drafted(
      [...jobs, db],
      jobs.map(({ ref }) => edge(`shop/Job/${ref.name} -> shop/db:5432/tcp`)),
    );
    expect(rulesOf(result, 'shop/db', 'ingress')).toEqual([
      'ingress observed: shop/app=migrate: {"podSelector":{"matchLabels":{"app":"migrate"}}} 5432/TCP',
    ]);
  });

  const twins = ['rollout-a', 'rollout-b'].map((name) =>
    unselected(`shop/Rollout/${name}`, { app: 'web' }, { templateLabels: null }),
  );

  test('are named by the first, and all told', () => {
    const draft = draftOf(drafted(twins), 'shop/rollout-a');
    expect(draft.policy.metadata.name).toBe('netscribe-rollout-rollout-a');
    expect(draft.sharedWith.map(({ name }) => name)).toEqual(['rollout-b']);
    expect(draft.caveats.find(({ code }) => code === 'merged')?.sentence).toContain(
      'shop/rollout-a (Rollout), shop/rollout-b (Rollout)',
    );
  });

  test('are named by one that is still there', () => {
    const [first, second] = twins;
    if (first === undefined || second === undefined) throw new Error('two rollouts');
    const gone = { ...first, pods: first.pods.map((pod) => ({ ...pod, ended: true })) };
    const result = drafted([gone, second]);
    expect(draftOf(result, 'shop/rollout-b').sharedWith.map(({ name }) => name)).toEqual(['rollout-a']);
  });

  test('go without a policy when not even together a label names them', () => {
    const mixed = unselected(
      'shop/Pod/driver',
      { app: 'migrate' },
      { podLabels: [{ app: 'x' }, { app: 'migrate' }] },
    );
    expect(omissionOf(drafted([...jobs, mixed]), 'shop/driver')).toContain('not-selectable');
  });
});

describe('what no selector can name', () => {
  const bare = unselected(
    'shop/Job/once',
    { 'job-name': 'once', 'batch.kubernetes.io/controller-uid': 'x' },
    { podLabels: [{ 'job-name': 'once' }] },
  );

  test('is omitted, and told which label to add', () => {
    expect(omissionOf(drafted([bare]), 'shop/once')).toBe(
      'not-selectable: no selector can name it: no label of its pods is stable; add one to its pod template, such as app.kubernetes.io/name: once',
    );
  });

  test('leaves its peers without a draft too, and says how to go on', () => {
    const web = workloadInfo('shop/web');
    const result = drafted([bare, web], [edge('shop/Job/once -> shop/web:8080/tcp')]);
    expect(omissionOf(result, 'shop/web')).toContain('peer-not-selectable: it talks to shop/once (no label');
    expect(omissionOf(result, 'shop/web')).toContain('exclude=peer=NAMESPACE/NAME');
  });

  test('is a label that no object can carry', () => {
    expect(isValidLabel('app', 'x'.repeat(63))).toBe(true);
    expect(isValidLabel('app', 'x'.repeat(64))).toBe(false);
    expect(isValidLabel('app', '')).toBe(true);
    for (const value of ['-x', 'a b', 'a\n', 'ü', '{{ .Values.x }}'])
      expect(isValidLabel('app', value)).toBe(false);
    for (const key of ['__proto__', 'a/b/c', 'A/b', '/b', '']) expect(isValidLabel(key, 'x')).toBe(false);
    const templated = unselected('shop/CronJob/report', { app: '{{ .Values.x }}', tier: 'report' });
    expect(selectorOf(drafted([templated]), 'shop/report')).toBe('tier=report');
  });

  test('is a prototype’s property: a label called constructor is a label', () => {
    const odd = unselected('shop/CronJob/report', { constructor: 'x' });
    const other = unselected('shop/CronJob/mail', { app: 'mail' });
    expect(selectorOf(drafted([odd, other]), 'shop/report')).toBe('constructor=x');
  });
});

test('selectors do not depend on the order in which workloads are listed', () => {
  const all = ['a', 'b', 'c', 'd'].map((name, index) =>
    unselected(`shop/CronJob/${name}`, {
      app: 'x',
      tier: index % 2 === 0 ? 'even' : 'odd',
      part: name > 'b' ? 'z' : 'y',
    }),
  );
  const policies = (workloads: typeof all) =>
    recommend({
      cluster: cluster(workloads),
      edges: [],
      window: { start: 0, end: 1 },
      known: { nodeCidrs: [], controlPlaneCidrs: [] },
    }).outcomes;
  expect(policies(all.toReversed())).toEqual(policies(all));
});
