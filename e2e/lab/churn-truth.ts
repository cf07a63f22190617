// What really happened, as the lab knows it: who held each address when, and each connection with its ends and its time. Unix ms, the lab's clock.
import type { ChurnWorkload } from './churn-world.ts';
import type { NodeName } from './world.ts';

/** How one pod's hold of an address ended, and what the API says of it. */
export type Ending =
  /** Deleted with a grace period; its kubelet reported that the sandbox is gone. */
  | { readonly kind: 'graceful' }
  /** Finished by itself and still listed; `isSaid`: with the sandbox reported gone. */
  | { readonly kind: 'succeeded'; readonly isSaid: boolean }
  /** Its object was removed at this time while it lived on. */
  | { readonly kind: 'forced'; readonly removedAt: number }
  /** Its node rebooted, and it got another address. */
  | { readonly kind: 'rebooted' };

/** One pod on one address. */
export interface Tenure {
  readonly ip: string;
  readonly node: NodeName;
  readonly workload: ChurnWorkload;
  readonly pod: string;
  /** When its kubelet began with it; for a pod after a reboot when the containers of its former sandbox ended. */
  readonly possibleFrom: number;
  readonly from: number;
  /** When its process ran at the latest. */
  readonly startedAt: number;
  /** When its process ended; infinite while it runs. */
  finishedAt: number;
  /** When its address was taken away; infinite while it holds it. */
  until: number;
  /** When its object was removed by its kubelet; null while it is there, or when somebody else removed it. */
  removedAt: number | null;
  ending: Ending | null;
}

/** One connection of a pod to an anchor (`client`) or of an anchor to a pod (`server`). */
export interface Dial {
  readonly ip: string;
  readonly role: 'client' | 'server';
  readonly node: NodeName;
  readonly anchor: NodeName;
  readonly port: number;
  readonly workload: ChurnWorkload;
  readonly from: number;
  readonly until: number;
  /** False when it was not answered: whether the kernels saw it is not known. */
  readonly isAnswered: boolean;
}

/** One datagram to an anchor, from a pod's fixed port. */
export interface Datagram {
  readonly ip: string;
  readonly anchor: NodeName;
  readonly workload: ChurnWorkload;
  readonly from: number;
  readonly until: number;
}

/** A time in which the server heard nothing and after which it did not hear everything that had happened. */
export interface BlindTime {
  readonly from: number;
  readonly until: number;
}

export class ChurnTruth {
  readonly tenures: Tenure[] = [];
  readonly dials: Dial[] = [];
  readonly datagrams: Datagram[] = [];
  readonly blind: BlindTime[] = [];
  /** Hand-overs by what was special about them. */
  readonly kinds = new Map<string, number>();

  count(kind: string): void {
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
  }

  /** The holders of each address, in the order in which they held it. */
  byAddress(): Map<string, Tenure[]> {
    return Map.groupBy(
      this.tenures.toSorted((a, b) => a.from - b.from),
      ({ ip }) => ip,
    );
  }
}
