/**
 * What the agent of a node may speak of: connections that pass its node (DESIGN section 5). It bounds what a compromised
 * node can write, and it shows agents that see what is not theirs.
 */
import type { FlowKey } from '../domain/flow.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Holder } from '../domain/lease.ts';
import type { Interval, LeaseLookup } from './resolve.ts';

/** A connection by its addresses, and when it was. */
export interface Told {
  readonly key: Pick<FlowKey, 'client' | 'server' | 'dialled' | 'seenAs'>;
  readonly interval: Interval;
}

/**
 * Whether `node` may speak of it: an end was leased to a pod on it or is an address of the node, or an address of the
 * node was dialled or seen in the client's place. A pod whose node is not known may be on any.
 */
export function mayTestify(book: Pick<LeaseLookup, 'leasesDuring'>, node: string, told: Told): boolean {
  const { client, server, dialled, seenAs } = told.key;
  const has = (address: IpAddress | undefined, isOf: (holder: Holder) => boolean): boolean =>
    address !== undefined && book.leasesDuring(address, told.interval).some(({ holder }) => isOf(holder));
  const isNode = (holder: Holder): boolean => holder.kind === 'node' && holder.name === node;
  const isHosted = (holder: Holder): boolean => mayBeOn(node, holder);
  return has(client, isHosted) || has(server, isHosted) || has(seenAs, isNode) || has(dialled?.ip, isNode);
}

/** Whether the holder is the node itself or a pod on it. A pod whose node is not known may be on any. */
export function mayBeOn(node: string, holder: Holder): boolean {
  if (holder.kind === 'pod') return holder.node === node || holder.node === '';
  return holder.kind === 'node' && holder.name === node;
}
