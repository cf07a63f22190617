// Who takes over whose address in the churn: places, workloads, ports. Every workload has ports of its own beside the common ones, so that
// a connection that is attributed to another workload shows by its port, and one that shares its key with another's shows by its time.
import { NODES } from './world.ts';
import type { NodeName } from './world.ts';

export const NODE_NAMES = Object.keys(NODES) as NodeName[];

export const NAMESPACE = 'churn';

/** Workloads whose pods are replaced by each other's. Each has one place on each node. */
export const WORKLOADS = ['alder', 'birch', 'cedar', 'dogwood', 'elm', 'fir', 'ginkgo', 'hazel'] as const;
export type ChurnWorkload = (typeof WORKLOADS)[number];

/** The addresses of a node that pass from pod to pod: half as many as workloads, so that a successor always waits. */
const ADDRESSES_PER_NODE = 4;
const FIRST_ADDRESS = 20;
const FIRST_PARKED = 100;

export function churnedAddresses(node: NodeName): string[] {
  return Array.from({ length: ADDRESSES_PER_NODE }, (_, index) => addressOn(node, FIRST_ADDRESS + index));
}

/** An address that a place has only until its first pod starts. */
export function parkedAddress(node: NodeName, index: number): string {
  return addressOn(node, FIRST_PARKED + index);
}

/** On each node one pod that is never replaced: it serves the others and calls them. */
export function anchorOf(node: NodeName): { readonly workload: string; readonly address: string } {
  return { workload: `anchor-${node}`, address: addressOn(node, 10) };
}

/** Ports of an anchor that pods dial, and of pods that an anchor dials: one for all of them, then one for each workload. */
export const ANCHOR_PORTS = { common: 7000, first: 7001 } as const;
export const POD_PORTS = { common: 8000, first: 8001 } as const;
/** A port of an anchor that takes datagrams, and the port from which every pod of an address sends them. */
export const DATAGRAMS = { port: 5140, from: 9999 } as const;

/** `nth`: every fourth connection goes to the common port. */
export function portFor(
  ports: { readonly common: number; readonly first: number },
  workload: ChurnWorkload,
  nth: number,
): number {
  return nth % 4 === 3 ? ports.common : ports.first + WORKLOADS.indexOf(workload);
}

export function allPorts(ports: { readonly common: number; readonly first: number }): number[] {
  return [ports.common, ...WORKLOADS.map((_, index) => ports.first + index)];
}

export function otherNode(node: NodeName): NodeName {
  return node === 'node-a' ? 'node-b' : 'node-a';
}

/** As kube-proxy's rules do: a rule that asks for the state of connections makes the kernel track them. */
export const TRACKING_RULES = `table inet churn {
  chain forward { type filter hook forward priority 0; policy accept; ct state established,related accept; }
  chain input { type filter hook input priority 0; policy accept; ct state established,related accept; }
}
`;

function addressOn(node: NodeName, last: number): string {
  return NODES[node].podRangeV4.replace(/\.0\/24$/, `.${last}`);
}
