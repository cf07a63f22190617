/** Doubt at its edges: who is known, what is rare, what was watched, and of which workload it is said. */
import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { HOUR_MS, edgeKeyText } from '../../src/domain/edge.ts';
import type { WorkloadInfo } from '../../src/recommend/cluster.ts';
import { coverageOf } from '../../src/recommend/coverage.ts';
import type { History, PodLife } from '../../src/recommend/history.ts';
import { needsOf } from '../../src/recommend/need.ts';
import type { NeedScope } from '../../src/recommend/need.ts';
import { parseExclusion } from '../../src/recommend/exclusion.ts';
import { readinessOf } from '../../src/recommend/readiness.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import type { RecommendInput, Recommendation } from '../../src/recommend/recommend.ts';
import { cluster, edge, identity, ips, service, workload, workloadInfo } from '../world.ts';
import { draftOf, rulesOf } from './drafted.ts';

const DAY = 24 * HOUR_MS;
const exposed = new Map([['shop/Deployment/web', new Set(['8080/tcp'])]]);
const scope: NeedScope = { window: { start: 0, end: 2 * DAY }, exposed, include: new Set() };

/** First seen at `at` ms, in that many hours. */
function seen(text: string, at: number, hours = 2, detail: Partial<Edge> = {}): Edge {
  const [hour] = edge(text).hours;
  const start = Math.floor(at / HOUR_MS) * HOUR_MS;
  return {
    ...edge(text),
    hours:
      hour === undefined
        ? []
        : Array.from({ length: hours }, (_, index) => ({ ...hour, hour: start + index * HOUR_MS })),
    firstSeen: at,
    ...detail,
  };
}

const reasons = (edges: readonly Edge[], by = scope): string[] =>
  needsOf(edges, by).quarantined.map(({ reason }) => reason);

const unanswered = ({ hours, ...rest }: Edge): Edge => ({
  ...rest,
  hours: hours.map((hour) => ({ ...hour, answered: 0 })),
});

const many = (count: number, at: number): Edge[] =>
  Array.from({ length: count }, (_, index) => seen(`shop/web -> shop/db:${1000 + index}/tcp`, at + index));

describe('what is held back', () => {
  test('no scan is 20 that nobody answered, 21 are', () => {
    const short = { ...scope, window: { start: 0, end: DAY - 1 } };
    const found = seen('shop/web -> shop/db:5432/tcp', 0);
    expect(reasons([found, ...many(20, 0).map(unanswered)], short)).toEqual([]);
    expect(reasons([found, ...many(21, 0).map(unanswered)], short)).toEqual(['scan']);
  });

  test('a window of exactly a day is compared', () => {
    const rare = seen('shop/web -> shop/db:5432/tcp', 0, 1);
    expect(reasons([rare], { ...scope, window: { start: 0, end: DAY } })).toEqual(['one-hour']);
    expect(reasons([rare], { ...scope, window: { start: 0, end: DAY - 1 } })).toEqual([]);
  });

  test('a burst is one also of a client that was known as a server only, in whatever order edges come', () => {
    const asServer = seen('shop/cart -> shop/web:8080/tcp', 0);
    expect(reasons([asServer, ...many(21, DAY)])).toHaveLength(21);
    expect(reasons([...many(60, DAY).toReversed(), asServer])).toHaveLength(60);
  });

  test('SCTP that nobody answered is noise, as TCP is', () => {
    expect(needsOf([unanswered(seen('shop/web -> shop/db:3868/sctp', 0))], scope).unanswered).toHaveLength(1);
  });

  test('what was never held back is not said to be taken in', () => {
    const found = seen('shop/web -> shop/db:5432/tcp', 0);
    expect(needsOf([found], { ...scope, include: new Set([edgeKeyText(found)]) }).takenIn).toEqual([]);
  });

  test('one-way UDP of which nobody counted batch windows is not held against it', () => {
    expect(reasons([unanswered(seen('shop/web -> shop/db:514/udp', 0))])).toEqual([]);
  });

  test('a connection that another node made too is judged as any', () => {
    const seenAs = identity('node:node-a@192.168.100.1');
    const views = [
      { seen: seenAs, ownNode: true },
      { seen: seenAs, ownNode: false },
    ];
    const probe = (own: Edge['views']) =>
      seen('node:node-a@192.168.100.1 -> shop/web:80/tcp', 0, 1, { views: own });
    expect(reasons([probe(views)])).toEqual(['one-hour']);
    expect(reasons([probe(views.slice(0, 1))])).toEqual([]);
  });
});

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
    const readiness = readinessOf({ window: WINDOW, edges, exposed, coverage: null, idleCronJobs: [] });
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

test('Services that were dialled are named in one order', () => {
  const services = ['shop/z', 'shop/a'];
  const [rule] = draftOf(
    run([
      { ...seen('shop/web -> shop/db:1/tcp', 0), services: edge('a/b -> a/c:1/tcp', { services }).services },
    ]),
    'shop/db',
  ).rules;
  expect(rule?.services).toEqual(['shop/a', 'shop/z']);
});

test('DNS that was dialled by another Service needs the view of that one too', () => {
  const upstream = service('kube-system/upstream', {
    selector: { 'k8s-app': 'kube-dns' },
    clusterIps: ips('10.96.0.11'),
    ports: [{ protocol: 'udp', port: 53, targetPort: 53, nodePort: null }],
  });
  const result = recommend({
    cluster: cluster([web], { services: [upstream] }),
    edges: [edge('shop/web -> kube-system/coredns:53/udp', { services: ['kube-system/upstream'] })],
    window: { start: 0, end: 1 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
    options: { cni: 'aws-vpc-cni' },
  });
  expect(rulesOf(result, 'shop/web').at(-1)).toContain('Service kube-system/upstream');
});
