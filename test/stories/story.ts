/**
 * What a story of the recommender is made of, in the language of test/world.ts: what was seen in which cluster. The drafts that
 * it leads to stand beside it in policies.yaml, as a reviewer would read them.
 */
import type { Edge } from '../../src/domain/edge.ts';
import { HOUR_MS } from '../../src/domain/edge.ts';
import { ip } from '../../src/domain/ip.ts';
import type { ClusterInfo, KnownPod, WorkloadInfo } from '../../src/recommend/cluster.ts';
import type { RecommendInput } from '../../src/recommend/recommend.ts';
import { cluster } from '../world.ts';

export interface Story {
  readonly input: RecommendInput;
  /** The namespace whose drafts are shown; the others are the scenery. */
  readonly shown: string;
}

interface Told extends Partial<Omit<RecommendInput, 'cluster' | 'edges'>> {
  readonly workloads: readonly WorkloadInfo[];
  readonly edges: readonly Edge[];
  readonly detail?: Partial<ClusterInfo>;
  readonly shown?: string;
}

/** 2026-11-02T00:00:00Z: a Monday. The week after it is the learning window of every story. */
export const MONDAY = Date.UTC(2026, 10, 2);
export const WEEK = { start: MONDAY, end: MONDAY + 7 * 24 * HOUR_MS } as const;

export function story({ workloads, edges, detail = {}, shown = 'shop', ...rest }: Told): Story {
  return {
    input: {
      cluster: cluster(workloads, detail),
      edges: edges.map(inWeek),
      window: WEEK,
      known: { nodeCidrs: [], controlPlaneCidrs: [] },
      ...rest,
    },
    shown,
  };
}

/** Seen in the first hour of every day of the week, unless the edge says when itself. */
function inWeek(edge: Edge): Edge {
  const [hour] = edge.hours;
  if (hour === undefined || hour.hour !== 0) return edge;
  const days = Array.from({ length: 7 }, (_, day) => MONDAY + day * 24 * HOUR_MS);
  return {
    ...edge,
    hours: days.map((at) => ({ ...hour, hour: at })),
    firstSeen: MONDAY,
    lastSeen: MONDAY + (6 * 24 + 1) * HOUR_MS - 1,
    witnesses: ['node-a', 'node-b'],
  };
}

/** The workload with these addresses on its pods, one a pod, in order. */
export function withAddresses(workload: WorkloadInfo, ...addresses: readonly string[]): WorkloadInfo {
  const [first] = workload.pods;
  if (first === undefined) throw new RangeError('a workload without pods has no address');
  return {
    ...workload,
    pods: addresses.map((address, index): KnownPod => ({
      ...first,
      name: `${workload.ref.name}-${index}`,
      uid: `${workload.ref.name}-${index}`,
      ips: address.split('+').map(ip),
    })),
  };
}
