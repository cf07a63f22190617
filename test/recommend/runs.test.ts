/** Jobs and bare pods, made anew under another name each time: the next run changes no byte of any draft. */
import { describe, expect, test } from 'vitest';
import type { WorkloadInfo } from '../../src/recommend/cluster.ts';
import { lastingName } from '../../src/recommend/runs.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { edge, workloadInfo } from '../world.ts';
import { codesOf, draftOf, drafted, rulesOf, selectorOf } from './drafted.ts';

type Labels = Readonly<Record<string, string>>;

/** `shop/Job/migrate-7` with one pod, ended or not. */
function run(path: string, labels: Labels, pod: { ended: boolean } = { ended: false }): WorkloadInfo {
  const kind = path.split('/')[1];
  const info = workloadInfo(path, {
    selector: null,
    labels,
    podLabels: [{ ...labels, 'job-name': path.split('/')[2] ?? '' }],
  });
  return {
    ...info,
    templateLabels: kind === 'Job' && !pod.ended ? labels : null,
    pods: info.pods.map((each) => ({ ...each, ended: pod.ended })),
  };
}

const db = workloadInfo('shop/db');
const lives = { ended: false };
const ended = { ended: true };

function yamlOf(runs: readonly WorkloadInfo[]): string {
  const edges = runs.map(({ ref }) => edge(`shop/${ref.kind}/${ref.name} -> shop/db:5432/tcp`));
  return printPolicies(drafted([db, ...runs], edges).outcomes, { withEvidence: false });
}

describe('runs of one thing', () => {
  test.each([
    ['Job', 'migrate-7', 'migrate-8'],
    ['Job', 'zz-1', 'aa-1'],
    ['Pod', 'task-x1', 'task-a2'],
    ['Workflow', 'nightly-x2x9k', 'nightly-2bbcd'],
    ['TaskRun', 'build-run-1', 'build-run-2'],
  ])('%s %s, then %s: not a byte moves (DESIGN section 6, "Stable")', (kind, one, next) => {
    const labels = { app: 'migrate' };
    const first = yamlOf([run(`shop/${kind}/${one}`, labels)]);
    const both = yamlOf([run(`shop/${kind}/${one}`, labels, ended), run(`shop/${kind}/${next}`, labels)]);
    expect(both).toBe(first);
    expect(yamlOf([run(`shop/${kind}/${next}`, labels)])).toBe(first);
    expect(first).toContain(`name: netscribe-${kind.toLowerCase()}-migrate\n`);
    expect(first).toContain('# observed: shop/app=migrate\n');
    expect(first).toContain(`# shop/app=migrate (${kind})\n`);
  });

  test('are called by their best label, with a caveat, and the JSON has their names', () => {
    const labels = {
      'app.kubernetes.io/name': 'Data_Loader',
      'app.kubernetes.io/instance': 'shop',
      app: 'x',
    };
    const result = drafted([run('shop/Job/load-1', labels, ended), run('shop/Job/load-2', labels)]);
    const draft = draftOf(result, 'shop/app.kubernetes.io/name=Data_Loader');
    expect(draft.policy.metadata.name).toBe('netscribe-job-data-loader');
    expect(draft.sharedWith.map(({ name }) => name)).toEqual(['load-1', 'load-2']);
    expect(draft.caveats.map(({ code }) => code)).toContain('called-by-label');
    expect(draft.caveats.map(({ code }) => code)).not.toContain('merged');
    expect(draft.caveats.map(({ sentence }) => sentence).join()).not.toMatch(/load-\d/);
  });

  test('are called by all that their selector names where others are called by that label too', () => {
    const seed = { app: 'shop', job: 'a' };
    const result = drafted([
      run('shop/Job/seed-1', { ...seed, zone: 'x' }),
      run('shop/Job/load-1', { ...seed, zone: 'y' }),
      run('shop/Job/mail-1', { app: 'shop', job: 'b', zone: 'x' }),
      run('shop/Job/rest-1', { app: 'other', job: 'a', zone: 'x' }),
    ]);
    const names = result.outcomes.flatMap((each) =>
      each.kind === 'draft' && each.workload.namespace === 'shop' ? [each.policy.metadata.name] : [],
    );
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^netscribe-job-[a-z-]+$/);
  });

  test('are of kind Pod where both Jobs and bare pods are among them', () => {
    const labels = { app: 'migrate' };
    const result = drafted([run('shop/Job/migrate-1', labels), run('shop/Pod/by-hand', labels)]);
    expect(draftOf(result, 'shop/app=migrate').workload.kind).toBe('Pod');
  });

  test('have the readiness of the only one', () => {
    const result = drafted([run('shop/Job/migrate-1', { app: 'migrate' })]);
    const draft = draftOf(result, 'shop/app=migrate');
    expect(draft.readiness).toEqual(
      result.appraised.find(({ workload }) => workload.kind === 'Job')?.readiness,
    );
  });
});

describe('a name that stays', () => {
  test('is kept: of a pod or Job that is called as its label is', () => {
    const result = drafted([
      run('shop/Pod/debug', { run: 'debug' }),
      run('shop/Job/migrate', { app: 'migrate' }),
    ]);
    expect(draftOf(result, 'shop/debug').policy.metadata.name).toBe('netscribe-pod-debug');
    expect(draftOf(result, 'shop/migrate').policy.metadata.name).toBe('netscribe-job-migrate');
    expect(codesOf(result, 'shop/debug')).toEqual([]);
  });

  test('is that of the controller where a run carries the labels of its pods', () => {
    const web = workloadInfo('shop/web');
    const yaml = (runs: readonly WorkloadInfo[]): string =>
      printPolicies(drafted([web, ...runs]).outcomes, { withEvidence: false });
    const one = yaml([run('shop/Pod/a-debug', { app: 'web' })]);
    expect(one).toContain('name: netscribe-deployment-web\n');
    expect(one).toContain('no label tells shop/web (Deployment) from Jobs or pods of other names');
    expect(yaml([run('shop/Pod/b-debug', { app: 'web' }), run('shop/Pod/c', { app: 'web' }, ended)])).toBe(
      one,
    );
  });

  test('is not taken by a Job that no label names', () => {
    const result = drafted([run('shop/Job/a-job', {}), run('shop/Job/x-1', { app: 'a-job' })]);
    expect(draftOf(result, 'shop/app=a-job').policy.metadata.name).toBe('netscribe-job-a-job');
  });
});

describe('a label that only one run carries', () => {
  test.each([
    ['manual-1', 'manual-22'],
    ['7', '8'],
    ['manual__2026-11-21T22_00', 'manual__2026-11-22T22_00'],
    ['build-81b8eee', 'build-4a661bc'],
  ])('is no reason for two policies, be it %s or %s: not a byte moves', (one, next) => {
    const task = (id: string, pod = lives): WorkloadInfo => {
      const stays = { app: 'task', team: 'data' };
      return run(`shop/Pod/task-${id.toLowerCase()}`, { ...stays, 'run-id': id, date: `at-${id}` }, pod);
    };
    const first = yamlOf([task(one)]);
    expect(first).toContain('name: netscribe-pod-task\n');
    expect(yamlOf([task(one), task(next)])).toBe(first);
    expect(yamlOf([task(one, ended), task(next)])).toBe(first);
    expect(yamlOf([task(next)])).toBe(first);
  });

  test.each([
    ['customer', '17', '42'],
    ['env', 'prod1', 'prod2'],
    ['shard', '1', '2'],
  ])('is not one that tells who is who, such as %s', (key, one, other) => {
    const task = (value: string): WorkloadInfo => run(`shop/Pod/t-${value}`, { app: 'task', [key]: value });
    const result = drafted([db, task(one), task(other)], [edge(`shop/Pod/t-${one} -> shop/db:5432/tcp`)]);
    expect(selectorOf(result, `shop/${key}=${one}`)).toBe(`${key}=${one}`);
    expect(rulesOf(result, `shop/${key}=${other}`, 'egress')).toHaveLength(1);
  });

  test('of which nobody can say whether it is one is named with a caveat, in the run and in its peers', () => {
    const task = (id: string): WorkloadInfo => run(`shop/Pod/t-${id}`, { app: 'task', run: id });
    const result = drafted([db, task('anna'), task('otto')], [edge('shop/Pod/t-anna -> shop/db:5432/tcp')]);
    expect(selectorOf(result, 'shop/run=anna')).toBe('run=anna');
    expect(codesOf(result, 'shop/run=anna')).toContain('selector-names-run');
    expect(codesOf(result, 'shop/db')).toEqual(['selector-names-run']);
    expect(rulesOf(result, 'shop/db', 'ingress')).toHaveLength(1);
  });

  test('is named with a caveat where it is all there is', () => {
    const result = drafted([
      run('shop/Job/seven', { app: 'seed-7' }),
      run('shop/Job/eight', { app: 'seed-8' }),
    ]);
    expect(codesOf(result, 'shop/app=seed-7')).toEqual(['called-by-label', 'selector-names-run']);
  });

  test('is none where the label says what it is, or is all there is', () => {
    const result = drafted([
      run('shop/Job/seed-1', { app: 'shop', component: 'seed' }),
      run('shop/Job/load-1', { app: 'shop', component: 's3' }),
      run('shop/Pod/one', { run: 'one' }),
      run('shop/Pod/two', { run: 'two' }),
    ]);
    expect(codesOf(result, 'shop/component=seed')).toEqual(['called-by-label']);
    expect(codesOf(result, 'shop/component=s3')).toEqual(['called-by-label']);
    expect(codesOf(result, 'shop/one')).toEqual([]);
  });
});

test.each([
  ['Job', 'migrate-4471', 'migrate'],
  ['Pod', 'nightly-x2x9k', 'nightly'],
  ['Workflow', 'load-2026-11-22-81b8eee', 'load'],
  ['Job', 'copy.v1.2.3', 'copy'],
  ['Job', 'seed-all', 'seed-all'],
  ['Job', '2026-11-22', '2026'],
  ['Deployment', 'web-2', 'web-2'],
])('a label for %s %s could be %s', (kind, name, label) => {
  expect(lastingName({ namespace: 'shop', kind, name })).toBe(label);
});
