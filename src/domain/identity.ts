/**
 * Who an end of an edge is. An identity outlives the address that led to it: a workload stays itself
 * through every pod replacement. Nodes, API servers and outside hosts keep their address, because a
 * NetworkPolicy can name them in no other way.
 */
import type { IpAddress } from './ip.ts';
import { workloadKey, workloadTitle } from './workload.ts';
import type { WorkloadRef } from './workload.ts';

export type Identity =
  | { readonly kind: 'workload'; readonly workload: WorkloadRef }
  | { readonly kind: 'node'; readonly name: string; readonly address: IpAddress }
  | { readonly kind: 'apiserver'; readonly address: IpAddress }
  | { readonly kind: 'external'; readonly address: IpAddress };

/** One string per distinct identity; stable across runs. */
export function identityKey(identity: Identity): string {
  switch (identity.kind) {
    case 'workload':
      return `workload:${workloadKey(identity.workload)}`;
    case 'node':
      return `node:${identity.name}@${identity.address}`;
    case 'apiserver':
      return `apiserver@${identity.address}`;
    case 'external':
      return `external@${identity.address}`;
    default:
      return identity satisfies never;
  }
}

/** For people: `shop/web`, `node node-a (192.168.100.1)`, `API server (192.168.100.1)`, `93.184.215.14`. */
export function identityTitle(identity: Identity): string {
  switch (identity.kind) {
    case 'workload':
      return workloadTitle(identity.workload);
    case 'node':
      return `node ${identity.name} (${identity.address})`;
    case 'apiserver':
      return `API server (${identity.address})`;
    case 'external':
      return identity.address;
    default:
      return identity satisfies never;
  }
}
