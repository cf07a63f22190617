/** What many rules of a cluster have in common, made once: most rules allow one port, and two rules rest on most edges. */
import type { Edge } from '../domain/edge.ts';
import { kubernetesProtocol } from '../domain/protocol.ts';
import type { NetworkPolicyPort } from '../netpol/policy.ts';
import type { RuleEvidence } from './draft.ts';
import type { PortNeed } from './rule-draft.ts';
import { ruleEvidence } from './rule-evidence.ts';

export class RuleParts {
  readonly #ports = {
    tcp: new Map<number, Ports>(),
    udp: new Map<number, Ports>(),
    sctp: new Map<number, Ports>(),
  };
  readonly #evidence = new Map<Edge, RuleEvidence | null>();

  /** The one port as a rule lists it. */
  onePort({ protocol, port }: PortNeed): Ports {
    const known = this.#ports[protocol].get(port);
    if (known !== undefined) return known;
    const ports = [{ protocol: kubernetesProtocol(protocol), port }];
    this.#ports[protocol].set(port, ports);
    return ports;
  }

  /** The numbers behind a rule that rests on these edges. */
  evidence(edges: readonly Edge[]): RuleEvidence | null {
    const [one] = edges;
    if (one === undefined || edges.length > 1) return ruleEvidence(edges);
    const known = this.#evidence.get(one);
    if (known !== undefined) return known;
    const evidence = ruleEvidence(edges);
    this.#evidence.set(one, evidence);
    return evidence;
  }
}

type Ports = readonly NetworkPolicyPort[];
