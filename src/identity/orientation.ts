/**
 * Which end of a guessed flow is the server. Conntrack entries picked up mid-stream may name the server
 * as client; only knowledge of who listens where can tell, and it must point at exactly one end.
 */
import type { FlowKey } from '../domain/flow.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Protocol } from '../domain/protocol.ts';

export interface Listeners {
  /** Whether something is known to serve at this address and port: declared by a pod, or seen answering. */
  listens(protocol: Protocol, ip: IpAddress, port: number): boolean;
}

/** The key with client and server certain, or null when nobody can tell. */
export function orient(key: FlowKey, listeners: Listeners): FlowKey | null {
  if (key.orientation === 'seen') return key;
  if (key.clientPort === undefined || key.dialled !== undefined) return null;
  const asGuessed = listeners.listens(key.protocol, key.server, key.serverPort);
  const reversed = listeners.listens(key.protocol, key.client, key.clientPort);
  if (asGuessed === reversed) return null;
  if (asGuessed) return { ...key, orientation: 'seen' };
  // What was rewritten on the way out says nothing of how the other end saw it.
  if (key.seenAs !== undefined) return null;
  return {
    ...key,
    client: key.server,
    server: key.client,
    serverPort: key.clientPort,
    clientPort: key.serverPort,
    orientation: 'seen',
  };
}
