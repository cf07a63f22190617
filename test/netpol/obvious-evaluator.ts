/**
 * NetworkPolicy semantics written down a second time, rule by rule from the text and with no thought of speed, as an
 * oracle for the real evaluator. It shares no code with it, not even addresses: those are ipaddr.js's.
 */
import ipaddr from 'ipaddr.js';
import type { Connection, SideVerdict, Verdict } from '../../src/netpol/evaluate.ts';
import type {
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../src/netpol/policy.ts';
import type { End, PolicyPod, PolicyWorld } from '../../src/netpol/world.ts';

/** What a policy sees at the far end. `pod` is null for everything that selectors cannot match. */
interface Seen {
  readonly pod: PolicyPod | null;
  readonly address: string | null;
  readonly isHostOf: string | null;
}

export class ObviousEvaluator {
  readonly #policies: readonly NetworkPolicy[];
  readonly #world: PolicyWorld;
  readonly #ipBlockMatchesPods: boolean;

  constructor(policies: readonly NetworkPolicy[], world: PolicyWorld, ipBlockMatchesPods: boolean) {
    this.#policies = policies;
    this.#world = world;
    this.#ipBlockMatchesPods = ipBlockMatchesPods;
  }

  /** Rule 7. */
  evaluate(connection: Connection): Verdict {
    const egress = this.#side('egress', connection);
    const ingress = this.#side('ingress', connection);
    return { allowed: egress.allowed && ingress.allowed, egress, ingress };
  }

  #side(direction: 'ingress' | 'egress', connection: Connection): SideVerdict {
    const [guarded, other] =
      direction === 'egress'
        ? [connection.client, connection.server]
        : [connection.server, connection.client];
    if (guarded.kind === 'address') return exempt('not-a-pod', []);
    const pod = guarded.pod;
    if (pod.hostNetwork) return exempt('host-network', []);

    // Rules 2 to 5.
    const isolating = this.#policies
      .filter((policy) => policy.metadata.namespace === pod.namespace)
      .filter((policy) => isolates(policy, direction))
      .filter((policy) => selects(policy.spec.podSelector, pod.labels));
    const names = isolating.map(nameOf).toSorted();

    // Rules 22 and 23.
    const seen = this.#seen(direction, connection);
    const samePod =
      other.kind === 'pod' && other.pod.name === pod.name && other.pod.namespace === pod.namespace;
    const own = (address: string): boolean =>
      pod.ips.some((one) => one === address) || ipaddr.parse(address).range() === 'loopback';
    if (samePod || (seen.pod === null && seen.address !== null && own(seen.address)))
      return exempt('self', names);
    if (direction === 'ingress' && pod.node !== null && seen.pod === null) {
      const ownNode = this.#world.nodes
        .filter(({ name }) => name === pod.node)
        .flatMap(({ addresses }) => addresses);
      const fromOwnNode = seen.isHostOf === pod.node || ownNode.some((address) => address === seen.address);
      if (fromOwnNode) return exempt('own-node', names);
    }

    // Rules 6, 8 and 9.
    if (isolating.length === 0) return exempt('not-isolated', []);
    const allowedBy: { policy: string; rule: number }[] = [];
    for (const policy of isolating) {
      const rules = direction === 'ingress' ? policy.spec.ingress : policy.spec.egress;
      for (const [rule, it] of (rules ?? []).entries()) {
        const peers = ('from' in it ? it.from : 'to' in it ? it.to : null) ?? [];
        const ports = it.ports ?? [];
        const choices: (NetworkPolicyPeer | 'any')[] = peers.length === 0 ? ['any'] : [...peers];
        const matches = choices.some((peer) => {
          if (peer !== 'any' && !this.#peerMatches(peer, policy.metadata.namespace, seen)) return false;
          const byBlock = peer !== 'any' && peer.ipBlock !== null && peer.ipBlock !== undefined;
          const namesMeanSomething = direction === 'ingress' || (!byBlock && seen.pod !== null);
          const declares = direction === 'ingress' ? pod : seen.pod;
          return (
            ports.length === 0 ||
            ports.some((port) => portMatches(port, connection, namesMeanSomething ? declares : null))
          );
        });
        if (matches) allowedBy.push({ policy: nameOf(policy), rule });
      }
    }
    allowedBy.sort((a, b) => (a.policy === b.policy ? a.rule - b.rule : a.policy < b.policy ? -1 : 1));
    const allowed = allowedBy.length > 0;
    return { allowed, reason: allowed ? 'allowed-by-rule' : 'no-rule-matches', isolatedBy: names, allowedBy };
  }

  /** Rules 24a and 25; a rewritten client is seen as the address it was rewritten to. */
  #seen(direction: 'ingress' | 'egress', { client, server, seenAs }: Connection): Seen {
    const far = direction === 'egress' ? server : client;
    if (direction === 'ingress' && seenAs !== undefined) {
      const unchanged = client.kind === 'pod' && !client.pod.hostNetwork && client.pod.ips.includes(seenAs);
      if (!unchanged) return { pod: null, address: seenAs, isHostOf: null };
    }
    if (far.kind === 'address') return { pod: null, address: far.address, isHostOf: null };
    const mine = this.#addresses(far);
    const common = this.#addresses(server)
      .map(kind)
      .find((one) => this.#addresses(client).some((address) => kind(address) === one));
    const address = mine.find((one) => kind(one) === common) ?? mine[0] ?? null;
    return far.pod.hostNetwork
      ? { pod: null, address, isHostOf: far.pod.node }
      : { pod: far.pod, address, isHostOf: null };
  }

  #addresses(end: End): string[] {
    if (end.kind === 'address') return [end.address];
    const { pod } = end;
    if (!pod.hostNetwork) return [...pod.ips];
    return [
      ...this.#world.nodes.filter(({ name }) => name === pod.node).flatMap(({ addresses }) => addresses),
      ...pod.ips,
    ];
  }

  /** Rules 10 to 14 and 19 to 21. */
  #peerMatches(peer: NetworkPolicyPeer, policyNamespace: string, seen: Seen): boolean {
    const { podSelector, namespaceSelector, ipBlock } = peer;
    const hasBlock = ipBlock !== null && ipBlock !== undefined;
    const hasPods = podSelector !== null && podSelector !== undefined;
    const hasNamespaces = namespaceSelector !== null && namespaceSelector !== undefined;
    if (hasBlock) {
      if (hasPods || hasNamespaces || seen.address === null) return false;
      if (seen.pod !== null && !this.#ipBlockMatchesPods) return false;
      return blockMatches(ipBlock.cidr, ipBlock.except ?? [], seen.address);
    }
    if ((!hasPods && !hasNamespaces) || seen.pod === null) return false;
    const { namespace, labels } = seen.pod;
    const namespaceLabels = {
      ...this.#world.namespaces.get(namespace),
      'kubernetes.io/metadata.name': namespace,
    };
    const rightNamespace = hasNamespaces
      ? selects(namespaceSelector, namespaceLabels)
      : namespace === policyNamespace;
    return rightNamespace && (!hasPods || selects(podSelector, labels));
  }
}

function exempt(reason: SideVerdict['reason'], isolatedBy: readonly string[]): SideVerdict {
  return { allowed: true, reason, isolatedBy, allowedBy: [] };
}

/** Rules 4 and 5. */
function isolates({ spec }: NetworkPolicy, direction: 'ingress' | 'egress'): boolean {
  const types = spec.policyTypes ?? [];
  if (types.length > 0) return types.includes(direction === 'ingress' ? 'Ingress' : 'Egress');
  return direction === 'ingress' || (spec.egress ?? []).length > 0;
}

/** Rule 13. */
function selects(
  selector: LabelSelector | null | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  const present = new Map(Object.entries(labels));
  const equal = Object.entries(selector?.matchLabels ?? {}).every(
    ([key, value]) => present.get(key) === value,
  );
  const expressed = (selector?.matchExpressions ?? []).every(({ key, operator, values }) => {
    const value = present.get(key);
    const isListed = value !== undefined && (values ?? []).includes(value);
    if (operator === 'In') return isListed;
    if (operator === 'NotIn') return (values ?? []).length > 0 && !isListed;
    if ((values ?? []).length > 0) return false;
    return operator === 'Exists' ? value !== undefined : value === undefined;
  });
  return equal && expressed;
}

/** Rules 15 to 18. */
function portMatches(rule: NetworkPolicyPort, connection: Connection, declares: PolicyPod | null): boolean {
  if ((rule.protocol ?? 'TCP') !== connection.protocol.toUpperCase()) return false;
  const port = rule.port ?? null;
  const endPort = rule.endPort ?? null;
  if (port === null) return endPort === null;
  if (typeof port === 'number') {
    const last = endPort ?? port;
    return port >= 1 && last <= 65_535 && port <= connection.port && connection.port <= last;
  }
  const declared = (declares?.ports ?? []).filter(
    ({ name, protocol }) => name === port && protocol === connection.protocol,
  );
  return endPort === null && declared.some((one) => one.port === connection.port);
}

/** Rules 19 and 20; what the API server refuses matches nothing. */
function blockMatches(cidr: string, except: readonly string[], address: string): boolean {
  if (!ipaddr.isValidCIDR(cidr) || !except.every((text) => ipaddr.isValidCIDR(text))) return false;
  const [base, length] = ipaddr.parseCIDR(cidr);
  const legal = except.every((text) => {
    const [cutBase, cutLength] = ipaddr.parseCIDR(text);
    return cutBase.kind() === base.kind() && cutLength > length && cutBase.match(base, length);
  });
  return legal && inCidr(cidr, address) && !except.some((text) => inCidr(text, address));
}

function inCidr(cidr: string, address: string): boolean {
  const parsed = ipaddr.process(address);
  const [base, length] = ipaddr.parseCIDR(cidr);
  return parsed.kind() === base.kind() && parsed.match(base, length);
}

function nameOf({ metadata }: NetworkPolicy): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function kind(address: string): string {
  return ipaddr.parse(address).kind();
}
