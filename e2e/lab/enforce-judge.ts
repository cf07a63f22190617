// The judge of one probe: what the truth expects, what the packets did and what the evaluator says must be the same.
import { ip } from '../../src/domain/ip.ts';
import type { PolicySet } from '../../src/netpol/compile.ts';
import { evaluate } from '../../src/netpol/evaluate.ts';
import type { Connection, Verdict } from '../../src/netpol/evaluate.ts';
import { explainVerdict } from '../../src/netpol/explain.ts';
import type { End, PolicyWorld } from '../../src/netpol/world.ts';
import type { Notes } from './enforce-kernel.ts';
import type { EnforcedCluster } from './enforce-pods.ts';
import { describe, nodeAddresses } from './enforce-probe.ts';
import type { Place, Probe } from './enforce-probe.ts';
import type { PeerReply } from './peer-protocol.ts';

/** What came of a probe: what its process heard, and what the nodes noted of packets. */
export interface Outcome {
  readonly reply: PeerReply;
  readonly notes: Notes;
}

/** The sum of a run. */
export class Tally {
  readonly wrong: string[] = [];
  readonly #ok = { allowed: 0, denied: 0 };

  /** Adds calls that were made and judged; `wrong` has one text for each that is wrong. */
  add(expected: Probe['expected'], calls: number, wrong: readonly string[]): void {
    this.#ok[expected] += calls - wrong.length;
    this.wrong.push(...wrong);
  }

  toString(): string {
    return `${this.#ok.allowed} allowed ok, ${this.#ok.denied} denied ok, ${this.wrong.length} wrong`;
  }
}

/** Null when all three agree; else what is wrong, in lines, with the rules that decided. */
export function wrongOf(probe: Probe, { reply, notes }: Outcome, set: PolicySet): string | null {
  const judged = probe.servers.map((server) => {
    const connection = connectionOf(probe, server);
    return { server, connection, verdict: evaluate(set, connection) };
  });
  const troubles =
    probe.expected === 'allowed'
      ? [
          ...judged.filter(({ verdict }) => !verdict.allowed).map(() => 'the evaluator denies it'),
          ...allowedTroubles(probe, reply, notes),
        ]
      : [
          ...judged.filter(({ verdict }) => verdict.allowed).map(() => 'the evaluator allows it'),
          ...deniedTroubles(probe, reply, { notes, verdicts: judged.map(({ verdict }) => verdict) }),
        ];
  if (troubles.length === 0) return null;
  const reasons = judged.map(({ server, connection }) =>
    explainVerdict(set, connection, { client: titleOf(probe.client), server: titleOf(server) }),
  );
  return [
    `${describe(probe)}: expected ${probe.expected}, got ${shown(reply)}: ${[...new Set(troubles)].join('; ')}`,
    ...reasons.flatMap((reason) => reason.split('\n').map((line) => `  ${line}`)),
  ].join('\n');
}

/** Who talks with whom, as the evaluator takes it. */
export function connectionOf(probe: Probe, server: Place): Connection {
  return {
    client: endOf(probe.client),
    ...(probe.seenAs === null ? {} : { seenAs: ip(probe.seenAs) }),
    server: endOf(server),
    protocol: probe.protocol,
    port: probe.port,
  };
}

/** The namespaces and nodes of the lab, for the evaluator. */
export function policyWorld({ namespaces }: EnforcedCluster): PolicyWorld {
  const nodes = [...nodeAddresses()].map(([name, addresses]) => ({ name, addresses: addresses.map(ip) }));
  return { namespaces, nodes };
}

function allowedTroubles(probe: Probe, reply: PeerReply, notes: Notes): string[] {
  const isHeard = reply.outcome === (probe.isAnswered ? 'answered' : 'silent');
  const openings = probe.servers.map((server) => openingOf(probe, server));
  const isIn = openings.some(({ atServer }) => notes.has('arrived', atServer));
  return [
    ...(isHeard ? [] : ['it did not get through']),
    ...(openings.some(({ atClient }) => notes.has('dropped_egress', atClient))
      ? ['the client’s side dropped it']
      : []),
    ...(openings.some(({ atServer }) => notes.has('dropped_ingress', atServer))
      ? ['the server’s side dropped it']
      : []),
    ...(isIn || probe.servers.every(({ pod }) => pod === null)
      ? []
      : [`no server’s side saw it come from ${probe.seenAs ?? probe.client.address}`]),
  ];
}

/** It must end in silence, dropped at the side that denies it: the client's, where both do. */
function deniedTroubles(
  probe: Probe,
  reply: PeerReply,
  { notes, verdicts }: { notes: Notes; verdicts: readonly Verdict[] },
): string[] {
  const isDropped = probe.servers.some((server, index) => {
    const { atClient, atServer } = openingOf(probe, server);
    return verdicts[index]?.egress.allowed === false
      ? notes.has('dropped_egress', atClient) && !notes.has('arrived', atServer)
      : notes.has('dropped_ingress', atServer);
  });
  return [
    ...(reply.outcome === 'silent' ? [] : ['it was not dropped in silence']),
    ...(isDropped ? [] : ['the side that denies it dropped nothing']),
  ];
}

function openingOf(probe: Probe, server: Place) {
  const opening = { server: server.address, protocol: probe.protocol, port: probe.port };
  return {
    atClient: { ...opening, client: probe.client.address },
    atServer: { ...opening, client: probe.seenAs ?? probe.client.address },
  };
}

/** A pod with the one address that it uses here. */
function endOf({ address, pod }: Place): End {
  if (pod === null) return { kind: 'address', address: ip(address) };
  const { namespace, name, labels, node, ports } = pod;
  return {
    kind: 'pod',
    pod: { namespace, name, labels, ips: [ip(address)], node, hostNetwork: false, ports },
  };
}

function titleOf({ address, pod }: Place): string {
  return pod === null ? address : pod.workload;
}

function shown(reply: PeerReply): string {
  return reply.outcome === 'failed' ? `failed (${reply.reason})` : reply.outcome;
}
