/** What people may choose about drafts. Plain serialisable values: they travel from a query, a command line or a replay. */
import type { Exclusion } from './exclusion.ts';

export type Granularity = 'workload' | 'namespace';
/** Where the network plugin enforces: on the pod's own address, or before a Service's address is resolved. */
export type CniProfile = 'default' | 'aws-vpc-cni';
/** How addresses outside the cluster are drafted. */
export type OutsideStrategy = 'exact' | 'prefix' | 'public';
/** What to draft first in each namespace. */
export type Baseline = 'none' | 'default-deny';
/** What to draft for a workload of whose peers one is gone from the cluster: nothing, or what is left. */
export type GonePeers = 'omit' | 'leave-out';
/** What to draft where no prefix tells nodes from pods: the addresses seen, each by itself, any source (clients only), or nothing. */
export type NodesFallback = 'exact' | 'any-source' | 'leave-out';

export const GRANULARITIES = ['workload', 'namespace'] as const satisfies readonly Granularity[];
export const CNI_PROFILES = ['default', 'aws-vpc-cni'] as const satisfies readonly CniProfile[];
export const OUTSIDE_STRATEGIES = ['exact', 'prefix', 'public'] as const satisfies readonly OutsideStrategy[];
export const BASELINES = ['none', 'default-deny'] as const satisfies readonly Baseline[];
export const GONE_PEERS = ['omit', 'leave-out'] as const satisfies readonly GonePeers[];
export const NODES_FALLBACKS = [
  'exact',
  'any-source',
  'leave-out',
] as const satisfies readonly NodesFallback[];

export interface DraftingOptions {
  /** One policy per workload, or one per namespace that also names its peers by namespace only. */
  readonly granularity: Granularity;
  readonly cni: CniProfile;
  /**
   * `exact`: every address by itself. `prefix`: up to 8 by themselves, then the smallest prefix no wider than /24
   * (/64). `public`: as `prefix`, but public addresses become one rule for any address that is not private.
   */
  readonly outside: OutsideStrategy;
  readonly baseline: Baseline;
  readonly nodes: NodesFallback;
  readonly gone: GonePeers;
  /** Connections that no draft is made from. A rule for others may still allow them. */
  readonly exclude: readonly Exclusion[];
  /** Connections opened, or found alive, that an edge needs to enter a draft; 1 is any. */
  readonly minOpened: number;
  /** Days (UTC) on which an edge must have been seen; 1 is any. */
  readonly minDays: number;
  /**
   * How much of the end of the record drafts are made from, ms in whole hours; null is all of it. A draft is ready only when so
   * much was recorded, and never less than 7 days.
   */
  readonly window: number | null;
}

export const DEFAULT_DRAFTING: DraftingOptions = {
  granularity: 'workload',
  cni: 'default',
  outside: 'public',
  baseline: 'none',
  nodes: 'exact',
  gone: 'omit',
  exclude: [],
  minOpened: 1,
  minDays: 1,
  window: null,
};

/** Bounds of what may be asked for. */
export const MAX_EXCLUSIONS = 50;
export const MAX_MIN_OPENED = 1_000_000;
export const MAX_MIN_DAYS = 366;
