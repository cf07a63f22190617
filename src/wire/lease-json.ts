/** Leases as the API prints them: who held an address, and the four instants that bound when. */
import { z } from 'zod';
import type { Holder, Lease } from '../domain/lease.ts';
import { workloadTitle } from '../domain/workload.ts';
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

export const leaseJson = z
  .object({
    id: z.string(),
    ip: z.string(),
    holder,
    title: z.string().describe('The holder, for people: `pod shop/web-1 of shop/web`.'),
    from: instant.describe('It cannot have held the address before.'),
    heldFrom: instant.describe('It surely held the address since.'),
    heldUntil: instant.nullable().describe('It surely held the address until; null while nothing ended it.'),
    until: instant.nullable().describe('It cannot have held the address after; null while unknown.'),
  })
  .meta({ id: 'Lease', description: 'Who held an IP address, and how sure it is when.' });

export type LeaseJson = z.output<typeof leaseJson>;

export function printLease(lease: Lease): LeaseJson {
  return {
    id: lease.id,
    ip: lease.ip,
    holder: lease.holder,
    title: holderTitle(lease.holder),
    from: rfc3339(lease.from),
    heldFrom: rfc3339(lease.heldFrom),
    heldUntil: rfc3339OrNull(lease.heldUntil),
    until: rfc3339OrNull(lease.until),
  };
}

function holderTitle(held: Holder): string {
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
