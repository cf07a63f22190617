/** What many rules of a cluster have in common, made once: most rules allow one port. */
import { kubernetesProtocol } from '../domain/protocol.ts';
import type { NetworkPolicyPort } from '../netpol/policy.ts';
import type { PortNeed } from './rule-draft.ts';

export class RuleParts {
  readonly #ports = {
    tcp: new Map<number, Ports>(),
    udp: new Map<number, Ports>(),
    sctp: new Map<number, Ports>(),
  };

  /** The one port as a rule lists it. */
  onePort({ protocol, port }: PortNeed): Ports {
    const known = this.#ports[protocol].get(port);
    if (known !== undefined) return known;
    const ports = [{ protocol: kubernetesProtocol(protocol), port }];
    this.#ports[protocol].set(port, ports);
    return ports;
  }
}

type Ports = readonly NetworkPolicyPort[];
