/** Leases as the API prints them: who held an address, the four instants that bound when, and where each came from. */
import { z } from 'zod';
import type { BoundSource, Holder, Lease } from '../domain/lease.ts';
import { workloadTitle } from '../domain/workload.ts';
import { BOUND_SOURCES, BOUND_SOURCE_CODES } from './bound-sources.ts';
import { portJson, protocolJson, workloadRefJson } from './identity-json.ts';
import { instant, listOf, rfc3339, rfc3339OrNull } from './listing.ts';

const holder = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('pod'),
    namespace: z.string(),
    name: z.string(),
    uid: z.string(),
    node: z.string().describe('Empty when the object did not say.'),
    workload: workloadRefJson,
  }),
  z.object({
    kind: z.literal('service'),
    namespace: z.string(),
    name: z.string(),
    ports: listOf(z.object({ protocol: protocolJson, port: portJson })),
  }),
  z.object({ kind: z.literal('apiserver'), ports: listOf(portJson) }),
  z.object({ kind: z.literal('node'), name: z.string() }),
]);

const boundSource = z
  .object({
    code: z.enum(BOUND_SOURCE_CODES).describe('Stable.'),
    sentence: z.string().describe('The same for people.'),
  })
  .meta({ id: 'BoundSource', description: 'What a bound of a lease rests on.' });

export const leaseJson = z
  .object({
    id: z.string(),
    ip: z.string(),
    holder,
    title: z.string().describe('The holder, for people: `pod shop/web-1 of shop/web`.'),
    from: instant.describe('It cannot have held the address before; the year 1970 when nothing bounds it.'),
    heldFrom: instant.describe('It surely held the address since.'),
    heldUntil: instant.nullable().describe('It surely held the address until; null while nothing ended it.'),
    until: instant.nullable().describe('It cannot have held the address after; null while unknown.'),
    sources: z
      .object({
        from: boundSource,
        heldFrom: boundSource,
        heldUntil: boundSource.nullable(),
        until: boundSource.nullable(),
      })
      .nullable()
      .describe('Where each bound came from; null in leases kept by a version that did not say.'),
    when: z
      .enum(['before', 'then', 'after'])
      .nullable()
      .describe(
        'Whether it could have held the address at the instant asked for (`then`), or is the nearest one before or after it; null when none was asked for.',
      ),
  })
  .meta({ id: 'Lease', description: 'Who held an IP address, and how sure it is when.' });

export type LeaseJson = z.output<typeof leaseJson>;

/** A lease, and where it stands to the instant that was asked for. */
export interface LeaseInTime {
  readonly lease: Lease;
  readonly when: 'before' | 'then' | 'after' | null;
}

export function printLease({ lease, when }: LeaseInTime): LeaseJson {
  const { sources } = lease;
  return {
    id: lease.id,
    ip: lease.ip,
    holder: lease.holder,
    title: holderTitle(lease.holder),
    from: rfc3339(lease.from),
    heldFrom: rfc3339(lease.heldFrom),
    heldUntil: rfc3339OrNull(lease.heldUntil),
    until: rfc3339OrNull(lease.until),
    sources:
      sources === undefined
        ? null
        : {
            from: printSource(sources.from),
            heldFrom: printSource(sources.heldFrom),
            heldUntil: sources.heldUntil === null ? null : printSource(sources.heldUntil),
            until: sources.until === null ? null : printSource(sources.until),
          },
    when,
  };
}

function printSource(code: BoundSource): z.output<typeof boundSource> {
  return { code, sentence: BOUND_SOURCES[code] };
}

/** For people: `pod shop/web-1 of shop/web`, `Service shop/db`, `API server`, `node node-a`. */
export function holderTitle(held: Holder): string {
  switch (held.kind) {
    case 'pod':
      return `pod ${held.namespace}/${held.name} of ${workloadTitle(held.workload)}`;
    case 'service':
      return `Service ${held.namespace}/${held.name}`;
    case 'apiserver':
      return 'API server';
    case 'node':
      return `node ${held.name}`;
    default:
      return held satisfies never;
  }
}
