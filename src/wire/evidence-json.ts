/** What an edge rests on, as the API prints it: one row for each hour, pair of leases, node that saw it, view and Service. */
import { z } from 'zod';
import type { EvidenceLease, EvidenceRow } from '../domain/edge-evidence.ts';
import { nodeOfHolder } from '../domain/lease.ts';
import { identityJson, printIdentity } from './identity-json.ts';
import { holderTitle } from './lease-json.ts';
import { instant, rfc3339 } from './listing.ts';

const leaseOfEvidence = z
  .object({
    id: z.string(),
    ip: z.string().nullable().describe('Null when the lease is no longer kept.'),
    title: z.string().nullable().describe('The holder, for people: `pod shop/web-1 of shop/web`.'),
    node: z.string().nullable().describe('The node of its pod, or the node itself; null for others.'),
  })
  .meta({
    id: 'EvidenceLease',
    description: 'A lease that evidence rests on; /api/v1/leases tells its bounds.',
  });

export const evidenceRowJson = z
  .object({
    hour: instant.describe('Start of the hour.'),
    clientLease: leaseOfEvidence.nullable().describe('Null for a client outside every lease.'),
    serverLease: leaseOfEvidence.nullable().describe('Null for a server outside every lease.'),
    witness: z.string().describe('The node whose agent saw it.'),
    view: z.object({
      seen: identityJson.describe("The client as the server's side saw it."),
      ownNode: z.boolean().describe("Seen as an address of the very node that hosts the server's pod."),
    }),
    service: z
      .object({ namespace: z.string(), name: z.string() })
      .nullable()
      .describe('The Service dialled.'),
    opened: z.number().describe('Connections seen opening.'),
    present: z.number().describe('Most connections that one look at the kernel table found alive.'),
    answered: z.number().describe('Of the connections seen, those that were answered.'),
    bytes: z.number().describe('Both directions; 0 where the kernel does not count bytes.'),
    firstSeen: instant,
    lastSeen: instant,
  })
  .meta({ id: 'Evidence', description: 'One row of what an edge rests on.' });

export type EvidenceRowJson = z.output<typeof evidenceRowJson>;

export function printEvidence(row: EvidenceRow): EvidenceRowJson {
  return {
    hour: rfc3339(row.hour),
    clientLease: printEvidenceLease(row.clientLease),
    serverLease: printEvidenceLease(row.serverLease),
    witness: row.witness,
    view: { seen: printIdentity(row.seen), ownNode: row.ownNode },
    service: row.service,
    opened: row.opened,
    present: row.present,
    answered: row.answered,
    bytes: row.bytes,
    firstSeen: rfc3339(row.first),
    lastSeen: rfc3339(row.last),
  };
}

function printEvidenceLease(lease: EvidenceLease | null): EvidenceRowJson['clientLease'] {
  if (lease === null) return null;
  const { id, held } = lease;
  if (held === null) return { id, ip: null, title: null, node: null };
  return { id, ip: held.ip, title: holderTitle(held.holder), node: nodeOfHolder(held.holder) };
}
