/** Who serves where, as far as traffic and pod declarations tell: what settles the direction of guessed flows. */
import type { Flow } from '../domain/flow.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Protocol } from '../domain/protocol.ts';
import type { Listeners } from '../identity/orientation.ts';
import type { ClusterInfo } from '../recommend/cluster.ts';

export class ListeningPorts implements Listeners {
  readonly #ports = new Set<string>();

  /** A server seen answering a connection whose opening was seen. */
  learnFlow(flow: Flow): void {
    if (flow.orientation === 'guessed' || !flow.seconds.some((second) => second.answered > 0)) return;
    this.#ports.add(keyOf(flow.protocol, flow.server, flow.serverPort));
  }

  /** Ports that pods declare. */
  learnCluster(cluster: Pick<ClusterInfo, 'workloads'>): void {
    for (const workload of cluster.workloads)
      for (const pod of workload.pods)
        for (const port of pod.ports)
          for (const ip of pod.ips) this.#ports.add(keyOf(port.protocol, ip, port.port));
  }

  listens(protocol: Protocol, ip: IpAddress, port: number): boolean {
    return this.#ports.has(keyOf(protocol, ip, port));
  }
}

function keyOf(protocol: Protocol, ip: IpAddress, port: number): string {
  return `${protocol} ${ip} ${port}`;
}
