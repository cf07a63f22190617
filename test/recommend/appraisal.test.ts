/** How sure a draft is, as the recommender says it: caveats, what is unused or held back, and what was taken in. */
import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { HOUR_MS, edgeKeyText } from '../../src/domain/edge.ts';
import type { ClusterInfo, WorkloadInfo } from '../../src/recommend/cluster.ts';
import type { Draft } from '../../src/recommend/draft.ts';
import type { History, PodLife } from '../../src/recommend/history.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import type { RecommendInput, Recommendation } from '../../src/recommend/recommend.ts';
import { ruleEvidence } from '../../src/recommend/rule-evidence.ts';
import { cluster, edge, service, workload, workloadInfo } from '../world.ts';

const DAY = 24 * HOUR_MS;
const window = { start: 0, end: 8 * DAY };

const port = (number: number) => ({ name: null, protocol: 'tcp' as const, port: number });
const web = workloadInfo('shop/web', { ports: [port(8080), port(9090)] });
const db = workloadInfo('shop/db');
const report = workloadInfo('shop/CronJob/report', { podLabels: [], selector: null });

/** Seen on two days, first and last. */
function seen(text: string): Edge {
  const hours = [0, 7 * DAY].map((hour) => ({ hour, opened: 2, present: 1, answered: 2, bytes: 0 }));
  return { ...edge(text, { services: ['shop/db'] }), hours, firstSeen: 5, lastSeen: 7 * DAY + 9 };
}

const rare = {
  ...seen('shop/web -> shop/db:6432/tcp'),
  hours: seen('shop/a -> shop/b:1/tcp').hours.slice(1),
};
const EDGES = [seen('shop/web -> shop/db:5432/tcp'), seen('shop/db -> shop/web:8080/tcp'), rare];

const life = (name: string, node: string): PodLife => ({
  workload: workload(name),
  uid: name,
  node,
  from: DAY,
  heldFrom: DAY,
  heldUntil: 3 * DAY,
  until: 3 * DAY,
});
const HISTORY: History = {
  pods: [life('shop/web', 'node-a'), life('shop/db', 'node-b')],
  nodes: [{ node: 'node-a', stretches: [window], lossy: [{ start: DAY, end: DAY + 1 }], newest: window.end }],
};

function run(
  given: Partial<Omit<RecommendInput, 'cluster'>> = {},
  workloads: readonly WorkloadInfo[] = [web, db],
  otherPolicies: ClusterInfo['otherPolicies'] = [],
): Recommendation {
  const services = [service('shop/web'), service('shop/db')];
  return recommend({
    cluster: cluster(workloads, { services, otherPolicies }),
    edges: EDGES,
    window,
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
    history: HISTORY,
    ...given,
  });
}

function draft(result: Recommendation, name: string): Draft {
  const found = result.outcomes.find((outcome) => outcome.workload.name === name);
  if (found?.kind !== 'draft') throw new Error(`no draft for ${name}`);
  return found;
}

const codes = (of: Draft): string[] => of.caveats.map(({ code }) => code);

describe('caveats', () => {
  test('name what they are about', () => {
    expect(draft(run(), 'web').caveats).toEqual([
      expect.objectContaining({ code: 'held-back', names: ['one-hour'] }),
      expect.objectContaining({ code: 'losses', names: ['node-a'] }),
      expect.objectContaining({ code: 'ports-never-used', names: ['9090/tcp'] }),
      expect.objectContaining({ code: 'services-never-used', names: ['web'] }),
    ]);
    expect(draft(run(), 'db').caveats).toContainEqual(
      expect.objectContaining({ code: 'blind-nodes', names: ['node-b'] }),
    );
  });

  test('a window shorter than was asked for', () => {
    expect(codes(draft(run({ options: { window: 9 * DAY } }), 'web'))).toContain('short-window');
    expect(codes(draft(run({ options: { window: 8 * DAY } }), 'web'))).not.toContain('short-window');
  });

  test('other kinds of policy, and that nobody looked for them', () => {
    const kinds = [{ group: 'cilium.io', kind: 'CiliumNetworkPolicy' }];
    const withKinds = draft(run({}, [web, db], kinds), 'web');
    expect(withKinds.caveats).toContainEqual(
      expect.objectContaining({ code: 'other-policies', names: ['CiliumNetworkPolicy.cilium.io'] }),
    );
    const unknown = draft(run({}, [web, db], null), 'web');
    expect(codes(unknown)).toContain('other-policies-not-assessed');
  });

  test('pods with secondary interfaces', () => {
    const pods = web.pods.map((pod) => ({ ...pod, secondaryInterfaces: true }));
    expect(codes(draft(run({}, [{ ...web, pods }, db]), 'web'))).toContain('secondary-interfaces');
    const ended = pods.map((pod) => ({ ...pod, ended: true }));
    expect(codes(draft(run({}, [{ ...web, pods: [...web.pods, ...ended] }, db]), 'web'))).not.toContain(
      'secondary-interfaces',
    );
  });

  test.each([
    ['did not run', report, HISTORY, true],
    ['is suspended', { ...report, suspended: true }, HISTORY, false],
    ['ran', report, { ...HISTORY, pods: [...HISTORY.pods, life('shop/CronJob/report', 'node-a')] }, false],
  ])('a CronJob of the namespace that %s', (_, cronJob, history, expected) => {
    const found = draft(run({ history }, [web, db, cronJob]), 'web');
    const caveat = found.caveats.find(({ code }) => code === 'cronjobs-not-run');
    expect(caveat?.names).toEqual(expected ? ['report'] : undefined);
    const reasons = found.readiness.state === 'ready' ? [] : found.readiness.reasons.map(({ code }) => code);
    expect(reasons.includes('cronjobs-not-run')).toBe(expected);
  });
});

describe('edges that are held back', () => {
  test('are told at both ends, and are in no rule', () => {
    const result = run();
    for (const name of ['web', 'db'])
      expect(draft(result, name).heldBack).toEqual([
        {
          edge: edgeKeyText(rare),
          reason: 'one-hour',
          sentence: 'It was seen in one hour only, in a learning window of a day or more.',
        },
      ]);
    expect(JSON.stringify(draft(result, 'web').policy)).not.toContain('6432');
  });

  test.each([
    ['as it is printed', edgeKeyText(rare)],
    ['without the blanks that a shell splits at', edgeKeyText(rare).replace(' -> ', '->')],
  ])('enter the drafts when a person takes them in, %s, and the rules say so', (_, key) => {
    const result = run({ include: [key, 'nobody -> nowhere:1/tcp'] });
    expect(result.takenIn.map(({ reason }) => reason)).toEqual(['one-hour']);
    expect(result.unknownIncludes).toEqual(['nobody -> nowhere:1/tcp']);
    for (const name of ['web', 'db']) {
      const { heldBack, policy, rules } = draft(result, name);
      expect(heldBack).toEqual([]);
      expect(JSON.stringify(policy)).toContain('6432');
      expect(rules.flatMap(({ caveats }) => caveats.map(({ code }) => code))).toEqual(['taken-in']);
    }
    expect(printPolicies(result.outcomes, { withEvidence: false })).toContain('# caveat taken-in: ');
  });
});

describe('YAML', () => {
  const yaml = (given: Parameters<typeof run>[0], withEvidence: boolean): string =>
    printPolicies(run(given).outcomes, { withEvidence });

  test('is the same whatever was watched, however long, and with whatever losses', () => {
    const plain = yaml({}, false);
    expect(yaml({ options: { window: 90 * DAY } }, false)).toBe(plain);
    expect(yaml({ history: { pods: [], nodes: [] } }, false)).toBe(plain);
    expect(yaml({ window: { start: -30 * DAY, end: 9 * DAY } }, false)).toBe(plain);
    expect(plain).not.toMatch(/readiness|observed \d|held back/);
  });

  test('with evidence tells the numbers, what is missing and what is held back', () => {
    const lines = yaml({}, true)
      .split('\n')
      .map((line) => line.trim());
    for (const line of [
      '# readiness: incomplete: blind-nodes: Nodes that host it are not watched by an agent. (node-b) Run the agent there, or move its pods to watched nodes.',
      '# observed 48.000 of 48.000 pod-hours of 1 pod; whole: 1 of 1 starts, 1 of 1 terminations',
      '# observed 0.000 of 48.000 pod-hours of 1 pod; whole: 0 of 1 starts, 0 of 1 terminations',
      '# caveat ports-never-used: The workload declares ports that nothing used in the window; the draft shuts them. (9090/tcp)',
      `# held back (one-hour): ${edgeKeyText(rare)}: It was seen in one hour only, in a learning window of a day or more.`,
      '# opened 4, answered 4, present 1; 1 client and 1 server pods; seen by node-a',
      '# seen on 2 days, first 1970-01-01T00:00:00.005Z, last 1970-01-08T00:00:00.009Z; agreed 1, one-sided 0, disputed 0',
    ])
      expect(lines).toContain(line);
  });
});

test('a rule of which some connections are disputed says so, beside its evidence', () => {
  const testimony = { agreed: 3, oneSided: 0, disputed: 1 };
  const disputed = { ...seen('shop/web -> shop/db:5432/tcp'), testimony };
  const result = run({ edges: [disputed] });
  const rules = draft(result, 'db').rules.filter(({ basis }) => basis === 'observed');
  expect(rules.map(({ caveats }) => caveats.map(({ code }) => code))).toEqual([['partly-disputed']]);
  const line = '# caveat partly-disputed: Of some of the connections behind a rule, a node';
  expect(printPolicies(result.outcomes, { withEvidence: true })).toContain(line);
  expect(printPolicies(result.outcomes, { withEvidence: false })).not.toContain('disputed');
});

test('the evidence of a rule is added up over its edges', () => {
  const result = run({ include: [edgeKeyText(rare)] });
  const rule = draft(result, 'db').rules.find(({ direction }) => direction === 'ingress');
  expect(ruleEvidence(rule?.edges ?? [])).toMatchObject({
    opened: 6,
    answered: 6,
    present: 2,
    daysSeen: 2,
    firstSeen: 5,
    lastSeen: 7 * DAY + 9,
    clientPods: 1,
    serverPods: 1,
    witnesses: ['node-a'],
    testimony: { agreed: 2, oneSided: 0, disputed: 0 },
  });
});
