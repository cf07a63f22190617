/** Ten recorded days of a small shop, written by hand: two nodes (one unwatched), traffic that is needed, noisy and old. */
import type { Edge } from '../../src/domain/edge.ts';
import { HOUR_MS } from '../../src/domain/edge.ts';
import type { NetworkPolicy, NetworkPolicySpec } from '../../src/netpol/policy.ts';
import type { ClusterInfo } from '../../src/recommend/cluster.ts';
import { analysedOf } from '../../src/server/analysis.ts';
import type { Analysed } from '../../src/server/analysis.ts';
import type { ApiSources } from '../../src/server/app.ts';
import { answerVerify } from '../../src/server/verification.ts';
import type { Observed } from '../../src/server/verify-caveats.ts';
import { cluster, edge, identity, workloadInfo } from '../world.ts';
import { sampleSources } from './sample-sources.ts';

const DAY_MS = 24 * HOUR_MS;
/** The end of the record. */
export const END = Date.UTC(2026, 10, 13, 9, 30);
export const START = END - 10 * DAY_MS;

type Counts = Partial<Edge['hours'][number]>;

/** An edge seen in one hour, so many days before the end, and found alive once in the hour before. */
export function seen(text: string, daysAgo: number, counts: Counts = {}): Edge {
  const last = END - daysAgo * DAY_MS;
  const hour = Math.floor(last / HOUR_MS) * HOUR_MS;
  return {
    ...edge(text),
    hours: [
      { hour: hour - HOUR_MS, opened: 0, present: counts.present ?? 1, answered: 0, bytes: 0 },
      { hour, opened: 4, present: 1, answered: 4, bytes: 0, ...counts },
    ],
    firstSeen: START,
    lastSeen: last,
  };
}

export const EDGES: readonly Edge[] = [
  seen('shop/web -> shop/db:5432/tcp', 1),
  seen('shop/web -> shop/cart:7070/tcp', 2),
  seen('shop/cart -> shop/db:5432/tcp', 9),
  seen('shop/web -> shop/cart:9999/tcp', 1, { answered: 0, present: 0 }),
  seen('external@203.0.113.9 -> shop/web:8080/tcp', 0),
  seen('shop/CronJob/report -> shop/db:5432/tcp', 3),
  seen('shop/old -> shop/db:5432/tcp', 3),
  {
    ...seen('ops/backup -> shop/db:5432/tcp', 1),
    views: [{ seen: identity('node:node-b@192.168.100.2'), ownNode: false }],
  },
];

export const OBSERVED: Observed = {
  nodeWindows: [{ node: 'node-a', start: START, end: END }],
  unattributed: [
    { reason: 'no-holder', hour: START, count: 5 },
    { reason: 'no-holder', hour: END - 2 * HOUR_MS, count: 3 },
    { reason: 'ambiguous', hour: END - HOUR_MS, count: 2 },
  ],
};

/** CronJob report runs no pod now; of `old` nothing is left. */
export function shop(detail: Partial<ClusterInfo> = {}): ClusterInfo {
  return cluster(
    [
      workloadInfo('shop/web'),
      workloadInfo('shop/cart'),
      workloadInfo('shop/db'),
      workloadInfo('shop/CronJob/report', { podLabels: [], selector: null }),
      workloadInfo('ops/backup'),
    ],
    detail,
  );
}

export function analysedShop(detail: Partial<ClusterInfo> = {}, edges = EDGES): Analysed {
  const info = shop(detail);
  const window = { start: START, end: END };
  const known = { nodeCidrs: [], controlPlaneCidrs: [] };
  return analysedOf({ cluster: info, edges, window, known });
}

export function shopSources(analysed: Analysed = analysedShop()): ApiSources {
  const names = [...analysed.cluster.namespaces.keys(), 'silent'];
  return sampleSources({
    namespaces: () => names.map((name) => ({ name, workloads: 0, edges: 0, drafts: 0, omitted: 0 })),
    verify: (request) => answerVerify(analysed, OBSERVED, request),
  });
}

export function policyNamed(key: string, spec: NetworkPolicySpec): NetworkPolicy {
  const [namespace = '', name = ''] = key.split('/');
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec,
  };
}

/** Lets only web and cart reach db, on another port than the one they use. */
export const WRONG_PORT = policyNamed('shop/db', {
  podSelector: { matchLabels: { app: 'db' } },
  ingress: [
    {
      from: [
        { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'cart'] }] } },
      ],
      ports: [{ port: 5433 }],
    },
  ],
});
