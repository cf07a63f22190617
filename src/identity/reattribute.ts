/**
 * Asks again who the ends of something attributed were, after a fact that came late. An attribution is kept only if the
 * same leases are still the only ones that can be meant.
 */
import type { Evidence } from '../domain/edge.ts';
import type { FlowKey } from '../domain/flow.ts';
import { flowKeyText } from '../domain/flow.ts';
import type { IpAddress } from '../domain/ip.ts';
import { resolveEnds } from './attribute.ts';
import type { Knowledge, Unattributable } from './attribute.ts';

/** One moment of evidence and the addresses it was between. */
export interface AttributedMoment {
  readonly evidence: Evidence & Required<Pick<Evidence, 'during'>>;
  readonly addresses: { readonly client: IpAddress | null; readonly server: IpAddress | null };
}

export type Revision =
  | { readonly kind: 'unchanged' }
  /** The ends were others. */
  | { readonly kind: 'moved'; readonly evidence: Evidence }
  /** Nobody can say any more who the ends were. */
  | { readonly kind: 'lost'; readonly unattributable: Unattributable };

/** Counters (bytes) go with the moment. `knowledge` is that of now. */
export function reattribute(knowledge: Omit<Knowledge, 'listeners'>, attributed: AttributedMoment): Revision {
  const { evidence, addresses } = attributed;
  const key = keyOf(attributed);
  if (key === null) return lost(evidence, { reason: 'lease-forgotten', end: 'flow' }, addressText(addresses));
  const ends = resolveEnds(knowledge, { node: evidence.witness }, { key, interval: evidence.during });
  if ('reason' in ends) return lost(evidence, ends, flowKeyText(key));
  const clientLease = ends.client.lease?.id ?? null;
  const serverLease = ends.server.lease?.id ?? null;
  if (clientLease === evidence.clientLease && serverLease === evidence.serverLease)
    return { kind: 'unchanged' };
  const client = ends.client.identity;
  const server = ends.server.identity;
  return {
    kind: 'moved',
    evidence: { ...evidence, client, server, clientLease, serverLease, view: ends.view },
  };
}

function keyOf({ evidence, addresses: { client, server } }: AttributedMoment): FlowKey | null {
  if (client === null || server === null) return null;
  const { protocol, port, seenAs } = evidence;
  return {
    protocol,
    client,
    server,
    serverPort: port,
    ...(seenAs !== undefined && { seenAs }),
    orientation: 'seen',
  };
}

function lost(
  evidence: Evidence,
  refusal: Pick<Unattributable, 'reason' | 'end'>,
  example: string,
): Revision {
  const { hour, opened, present, first } = evidence;
  const { reason, end } = refusal;
  return { kind: 'lost', unattributable: { reason, end, hour, count: opened + present, example, at: first } };
}

function addressText({ client, server }: AttributedMoment['addresses']): string {
  return `${client ?? '?'} > ${server ?? '?'}`;
}
