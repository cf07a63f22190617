/** How sure a draft is, at its edges: what is new, what was used, what was watched, and of which workload it is said. */
import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { HOUR_MS } from '../../src/domain/edge.ts';
import type { WorkloadInfo } from '../../src/recommend/cluster.ts';
import { coverageOf } from '../../src/recommend/coverage.ts';
import { parseExclusion } from '../../src/recommend/exclusion.ts';
import type { History, PodLife } from '../../src/recommend/history.ts';
import { readinessOf } from '../../src/recommend/readiness.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import type { RecommendInput, Recommendation } from '../../src/recommend/recommend.ts';
import { cluster, service, workload, workloadInfo } from '../world.ts';
import { DAY, seen } from './dated-edge.ts';
import { draftOf } from './drafted.ts';

const exposed = new Map([['shop/Deployment/web', new Set(['8080/tcp'])]]);

const life = (name: string, uid: string, from: number, given: Partial<PodLife> = {}): PodLife => ({
  workload: workload(name),
  uid,
  node: 'node-a',
  from,
  heldFrom: from,
  heldUntil: null,
  until: null,
  ...given,
});

const WINDOW = { start: 0, end: 8 * DAY };
const port = (number: number) => ({ name: null, protocol: 'tcp' as const, port: number });
const web = workloadInfo('shop/web', { ports: [port(8080), port(9090)] });
const db = workloadInfo('shop/db');
const WATCHED: History = {
  pods: [life('shop/web', 'w', DAY), life('shop/db', 'd', DAY)],
  nodes: [{ node: 'node-a', stretches: [{ start: 2 * DAY, end: 8 * DAY }], lossy: [], newest: 8 * DAY }],
};

function run(
  edges: readonly Edge[],
  given: Partial<RecommendInput> = {},
  workloads: readonly WorkloadInfo[] = [web, db],
): Recommendation {
  return recommend({
    cluster: cluster(workloads, { services: [service('shop/web')] }),
    edges,
    window: WINDOW,
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
    history: WATCHED,
    ...given,
  });
}

const missing = (result: Recommendation, title: string): string[] => {
  const { readiness } = draftOf(result, title);
  return readiness.state === 'ready' ? [] : readiness.reasons.map(({ code }) => code);
};

const names = (result: Recommendation, title: string, code: string) =>
  draftOf(result, title).caveats.find((each) => each.code === code)?.names;

describe('how sure a draft is', () => {
  test('a new edge is new at both of its ends', () => {
    const result = run([seen('shop/web -> shop/db:5432/tcp', 7 * DAY)]);
    for (const title of ['shop/web', 'shop/db']) expect(missing(result, title)).toContain('new-edges');
    const old = run([seen('shop/web -> shop/db:5432/tcp', DAY)]);
    for (const title of ['shop/web', 'shop/db']) expect(missing(old, title)).not.toContain('new-edges');
  });

  test('a new pod at an exposed port is new, because policies name pods', () => {
    const edges = [
      seen('external@93.184.215.1 -> shop/web:8080/tcp', 0),
      seen('shop/db -> shop/web:8080/tcp', 7 * DAY),
    ];
    const readiness = readinessOf({
      window: WINDOW,
      learningWindowMs: 0,
      edges,
      exposed,
      coverage: null,
      idleCronJobs: [],
    });
    expect(readiness.state).toBe('incomplete');
    const result = run(edges, {}, [{ ...web, hostPorts: [port(8080)] }, db]);
    expect(missing(result, 'shop/web')).toContain('new-edges');
  });

  test('a CronJob of another namespace that did not run is no matter', () => {
    const idle = workloadInfo('pay/CronJob/report', { podLabels: [], selector: null });
    expect(missing(run([], {}, [web, db, idle]), 'shop/web')).not.toContain('cronjobs-not-run');
  });

  test('a port that was used is used, also where the connection is left out', () => {
    const exclusion = parseExclusion('port=8080');
    if ('problem' in exclusion) throw new Error(exclusion.problem);
    const result = run([seen('shop/db -> shop/web:8080/tcp', 0)], { options: { exclude: [exclusion] } });
    expect(names(result, 'shop/web', 'ports-never-used')).toEqual(['9090/tcp']);
  });

  test('a port that was used by another protocol was not', () => {
    const result = run([seen('shop/db -> shop/web:8080/udp', 0)]);
    expect(names(result, 'shop/web', 'ports-never-used')).toEqual(['8080/tcp', '9090/tcp']);
  });

  test('a Service of pods that are gone is none of the workload', () => {
    const pods = web.pods.map((pod, index) => ({
      ...pod,
      ended: index === 0,
      labels: { ...pod.labels, slot: `${index}` },
    }));
    const services = ['0', '1'].map((slot) => service(`shop/slot-${slot}`, { selector: { slot } }));
    const result = recommend({
      cluster: cluster([{ ...web, pods }], { services }),
      edges: [],
      window: WINDOW,
      known: { nodeCidrs: [], controlPlaneCidrs: [] },
    });
    expect(names(result, 'shop/web', 'services-never-used')).toEqual(['slot-1']);
  });

  test('a week is asked for unless a person asks for another time', () => {
    const codes = (end: number) =>
      draftOf(run([], { window: { start: 0, end } }), 'shop/web').caveats.map(({ code }) => code);
    expect(codes(7 * DAY - 1)).toContain('short-window');
    expect(codes(7 * DAY)).not.toContain('short-window');
  });

  test('pods from before their node was watched are said to be', () => {
    expect(draftOf(run([]), 'shop/web').caveats.map(({ code }) => code)).toContain('older-than-agent');
  });

  test('pods of the host network have no coverage', () => {
    const agent = workloadInfo('shop/agent', { hostNetwork: true });
    const history = { ...WATCHED, pods: [...WATCHED.pods, life('shop/agent', 'a', DAY)] };
    const { appraised } = run([], { history }, [web, agent]);
    expect(appraised.find(({ workload: { name } }) => name === 'agent')?.coverage).toBeNull();
    expect(appraised.find(({ workload: { name } }) => name === 'web')?.coverage?.pods).toBe(1);
  });

  test('a node is not blind of which one of two pods was watched', () => {
    const brief = life('shop/web', 'w2', HOUR_MS, { heldUntil: 2 * HOUR_MS, until: 2 * HOUR_MS });
    const { coverage } = draftOf(
      run([], { history: { ...WATCHED, pods: [...WATCHED.pods, brief] } }),
      'shop/web',
    );
    expect([coverage?.pods, coverage?.blindNodes]).toEqual([2, []]);
  });
});

describe('a pod of which the first seconds are not known', () => {
  const window = { start: 0, end: 10 * HOUR_MS };
  const covered = (start: number, from: number, heldFrom: number) =>
    coverageOf(
      {
        pods: [life('shop/web', 'w', from * HOUR_MS, { heldFrom: heldFrom * HOUR_MS })],
        nodes: [
          {
            node: 'node-a',
            stretches: [{ start: start * HOUR_MS, end: window.end }],
            lossy: [],
            newest: window.end,
          },
        ],
      },
      window,
    ).get('shop/Deployment/web');

  test('lived from when it surely had its address', () => {
    expect(covered(0, 1, 2)).toMatchObject({ podHours: 8, observedPodHours: 8 });
  });

  test('is not older than an agent that was there by then', () => {
    expect([covered(2, 1, 2)?.olderThanAgent, covered(3, 1, 2)?.olderThanAgent]).toEqual([false, true]);
  });

  test('did not start in a window that it may have been there before', () => {
    expect([covered(0, -1, 1)?.starts.total, covered(0, 0, 1)?.starts.total]).toEqual([0, 1]);
  });
});
