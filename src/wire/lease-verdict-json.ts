/** Who held an address at one instant, as the API answers it: one holder, several, or nobody that can be named, and why. */
import { z } from 'zod';
import type { Lease } from '../domain/lease.ts';
import { reasonText } from './attribution-reasons.ts';
import { holderTitle, leaseJson } from './lease-json.ts';
import { instant, listOf, rfc3339 } from './listing.ts';

/** Codes of verdicts. Those of attribution have the same meaning there and here. */
export const VERDICT_REASONS = [
  'surely-held',
  'only-candidate',
  'several-holders',
  'open-end',
  'unwatched',
  'shared-address',
  'frontier',
  'no-holder-then',
  'pod-never-seen',
  'service-unknown',
  'loopback',
  'group-address',
  'outside-cluster',
  'link-local',
] as const;

export type VerdictReason = (typeof VERDICT_REASONS)[number];

/** What attribution makes of an address at an instant. */
export interface LeaseVerdict {
  /** Unix ms. */
  readonly at: number;
  readonly kind: 'exact' | 'ambiguous' | 'unknown' | 'outside';
  readonly reason: VerdictReason;
  /** The one holder of an exact answer, the candidates of an ambiguous one, who waits for a kubelet. */
  readonly leases: readonly Lease[];
  /** Services and API endpoints that hold the address beside a pod or node: a connection means them by its port. */
  readonly byPort: readonly Lease[];
}

export const leaseVerdictJson = z
  .object({
    at: instant,
    kind: z
      .enum(['exact', 'ambiguous', 'unknown', 'outside'])
      .describe('`outside`: nobody in the cluster ever held it, and it is in no range of the cluster.'),
    reason: z.enum(VERDICT_REASONS).describe('Stable.'),
    sentence: z.string().describe('The same for people.'),
    leases: listOf(z.string()).describe('Ids of the holder, or of those that may be meant.'),
    byPort: listOf(z.string()).describe(
      'Ids of Services and API endpoints that hold the address beside it: connections to their ports mean those.',
    ),
  })
  .meta({ id: 'LeaseVerdict', description: 'Who held the address at that instant.' });

export type LeaseVerdictJson = z.output<typeof leaseVerdictJson>;

export const leasesPage = z
  .object({
    items: listOf(leaseJson),
    next: z
      .string()
      .nullable()
      .describe('Give it back as `cursor` for the next page; null when this page is the last.'),
    verdict: leaseVerdictJson.nullable().describe('Null when no instant was asked for.'),
  })
  .meta({ id: 'LeasesPage' });

export type LeasesPageJson = z.output<typeof leasesPage>;

export function printVerdict(verdict: LeaseVerdict): LeaseVerdictJson {
  const { at, kind, reason, leases, byPort } = verdict;
  const besides =
    byPort.length === 0 ? '' : ` Connections to ports of these mean them instead: ${titlesOf(byPort)}.`;
  return {
    at: rfc3339(at),
    kind,
    reason,
    sentence: sentenceOf(verdict) + besides,
    leases: leases.map(({ id }) => id),
    byPort: byPort.map(({ id }) => id),
  };
}

function titlesOf(leases: readonly Lease[]): string {
  return [...new Set(leases.map(({ holder }) => holderTitle(holder)))].join(', ');
}

function sentenceOf({ reason, leases }: Pick<LeaseVerdict, 'reason' | 'leases'>): string {
  const titles = titlesOf(leases);
  switch (reason) {
    case 'surely-held':
      return `Surely held by ${titles}.`;
    case 'only-candidate':
      return `If anybody held it then, it was ${titles}: nobody else could have.`;
    case 'several-holders':
      return `Any of these could have held it then: ${titles}.`;
    case 'open-end':
      return `Only ${titles} could have held it then, but its object had vanished without an orderly end: it may have lived on or not.`;
    case 'unwatched':
      return `Only ${titles} is known to have been able to hold it then, but the cluster was not watched: a pod may have come and gone unseen.`;
    case 'shared-address':
      return `Several share the address, told apart by the port: ${titles}.`;
    case 'frontier':
      return `As far as is known it was ${titles}, but the kubelet of that node has not reported up to that time yet.`;
    case 'no-holder-then':
    case 'pod-never-seen':
    case 'service-unknown':
    case 'loopback':
    case 'group-address':
      return reasonText(reason).meaning;
    case 'outside-cluster':
      return 'It is an address outside the cluster: nobody in it ever held it, and no range of the cluster has it.';
    case 'link-local':
      return 'It is a link-local address: on each node it means something else.';
    default:
      return reason satisfies never;
  }
}
