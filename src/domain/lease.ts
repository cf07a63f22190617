/**
 * A lease says who held an IP address, and how sure we are of when. Four instants bound it: the holder
 * cannot have held the address before `from` nor after `until`, and surely held it from `heldFrom` to
 * `heldUntil`. API times have one-second grain, so the outer bounds are rounded outwards and the inner
 * ones inwards.
 */
import type { IpAddress } from './ip.ts';
import type { Protocol } from './protocol.ts';
import type { WorkloadRef } from './workload.ts';

export type Holder =
  | {
      readonly kind: 'pod';
      readonly namespace: string;
      readonly name: string;
      readonly uid: string;
      /** The node the pod is bound to; empty when the object did not say. */
      readonly node: string;
      readonly workload: WorkloadRef;
    }
  | {
      readonly kind: 'service';
      readonly namespace: string;
      readonly name: string;
      readonly ports: readonly { readonly protocol: Protocol; readonly port: number }[];
    }
  | { readonly kind: 'apiserver'; readonly ports: readonly number[] }
  | { readonly kind: 'node'; readonly name: string };

export interface Lease {
  /** Stable: the holder's kind and uid or name, the address, and the ordinal of the sandbox. */
  readonly id: string;
  readonly ip: IpAddress;
  readonly holder: Holder;
  /** Unix ms; the holder cannot have held the address before. */
  readonly from: number;
  /** Unix ms; surely held since. */
  readonly heldFrom: number;
  /** Unix ms; surely held until. Null while nothing says that it ended. */
  readonly heldUntil: number | null;
  /** Unix ms; cannot have held it after. Null while unknown. */
  readonly until: number | null;
}
