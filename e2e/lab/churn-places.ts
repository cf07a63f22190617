// The places in which pods of the churn run: a namespace with a process for each workload on each node, which holds an address while a pod
// runs in it, and for each node an anchor. It moves addresses and decides nothing.
import { allPorts, anchorOf, ANCHOR_PORTS, DATAGRAMS, NODE_NAMES, parkedAddress } from './churn-world.ts';
import { POD_PORTS, TRACKING_RULES, WORKLOADS } from './churn-world.ts';
import type { ChurnWorkload } from './churn-world.ts';
import { mustAnswer, PeerProcess } from './peer-process.ts';
import { runIn } from './shell.ts';
import type { Topology } from './topology.ts';
import type { NodeName } from './world.ts';

export interface Place {
  readonly name: string;
  readonly node: NodeName;
  readonly workload: ChurnWorkload;
  readonly peer: PeerProcess;
  readonly veth: string;
}

export class Places {
  readonly #topology: Topology;
  readonly #free: Place[] = [];
  readonly #anchors = new Map<NodeName, PeerProcess>();
  readonly #peers: PeerProcess[] = [];

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  /** Makes them all; each process listens when this resolves. */
  async up(): Promise<void> {
    for (const node of NODE_NAMES) {
      runIn(this.#topology.namespace(node), 'nft', ['-f', '-'], TRACKING_RULES);
      const { workload, address } = anchorOf(node);
      const anchor = this.#process(workload, node, address);
      this.#anchors.set(node, anchor.peer);
      for (const [index, each] of WORKLOADS.entries()) {
        const name = `${each}-on-${node}`;
        const place = {
          name,
          node,
          workload: each,
          ...this.#process(name, node, parkedAddress(node, index)),
        };
        this.release(place, parkedAddress(node, index));
      }
    }
    const listening = [
      ...[...this.#anchors.values()].flatMap((peer) => [
        ...allPorts(ANCHOR_PORTS).map((port) =>
          mustAnswer(peer, 'anchor', { op: 'listen', host: '::', port }),
        ),
        mustAnswer(peer, 'anchor', { op: 'swallow', host: '::', port: DATAGRAMS.port }),
      ]),
      ...this.#free.flatMap(({ peer, name }) =>
        allPorts(POD_PORTS).map((port) => mustAnswer(peer, name, { op: 'listen', host: '::', port })),
      ),
    ];
    await Promise.all(listening);
  }

  anchor(node: NodeName): PeerProcess {
    const anchor = this.#anchors.get(node);
    if (anchor === undefined) throw new Error(`no anchor on ${node}`);
    return anchor;
  }

  /** A free place on this node for a pod of another workload than these; the one that was free longest. */
  reserve(node: NodeName, unlike: readonly string[]): Place {
    const index = this.#free.findIndex((each) => each.node === node && !unlike.includes(each.workload));
    const [place] = index < 0 ? [] : this.#free.splice(index, 1);
    if (place === undefined) throw new Error(`no free place on ${node}`);
    return place;
  }

  give(place: Place, ipv4: string): void {
    this.#topology.giveAddress(place.name, place.node, { ipv4, veth: place.veth });
  }

  take(place: Place, ipv4: string): void {
    this.#topology.takeAddress(place.name, place.node, { ipv4, veth: place.veth });
  }

  /** Takes its address, and it is free again. */
  release(place: Place, ipv4: string): void {
    this.take(place, ipv4);
    this.#free.push(place);
  }

  async close(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.close()));
  }

  #process(name: string, node: NodeName, ipv4: string): { peer: PeerProcess; veth: string } {
    const veth = this.#topology.addPod(name, node, { ipv4, ipv6: v6Of(ipv4) });
    const peer = new PeerProcess(this.#topology.namespace(name));
    this.#peers.push(peer);
    return { peer, veth };
  }
}

/** The world's pods have both families; the churn is IPv4 alone. */
function v6Of(ipv4: string): string {
  const [, , range, last] = ipv4.split('.').map(Number);
  return `fd00:244:${range}::${(last ?? 0).toString(16)}`;
}
