/** Questions about single connections: how they are written, and how they are judged over the pods they name. */
import { parseIp } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import { ProblemError } from '../domain/problem.ts';
import { parseProtocol } from '../domain/protocol.ts';
import type { Protocol } from '../domain/protocol.ts';
import type { PolicySet } from '../netpol/compile.ts';
import { evaluate } from '../netpol/evaluate.ts';
import type { Connection, Verdict } from '../netpol/evaluate.ts';
import type { End, PolicyPod } from '../netpol/world.ts';
import type { ManifestDirectory, NamedEnd } from './manifest-directory.ts';

export interface Probe {
  readonly client: NamedEnd;
  readonly server: NamedEnd;
  readonly protocol: Protocol;
  readonly port: number;
  readonly seenAs: IpAddress | null;
  /** The ends as they were written. */
  readonly asked: { readonly client: string; readonly server: string };
}

/** How one pair of pods was judged. */
export interface JudgedPair {
  readonly connection: Connection;
  readonly verdict: Verdict;
  readonly client: string;
  readonly server: string;
}

/** `some`: only some pairs of the pods named may connect. */
export interface ProbeAnswer {
  readonly verdict: 'allowed' | 'denied' | 'some';
  readonly judged: number;
  readonly allowed: number;
  /** The first pair that is denied, else the first of all. */
  readonly example: JudgedPair;
  /** The first pair that is allowed, when another is denied. */
  readonly counterexample: JudgedPair | null;
}

/** `shop/web -> shop/db:5432`, with `/udp` where it is not TCP; an IPv6 server as `[2001:db8::1]:443`. Throws a ProblemError `usage` or as the directory does. */
export function parseQuestion(text: string, directory: ManifestDirectory): Probe {
  const match = /^\s*(\S+)\s*->\s*(\S+):([0-9]{1,5})(?:\/([A-Za-z]+))?\s*$/.exec(text);
  const [, client = '', server = '', digits = '', word = 'tcp'] = match ?? [];
  const protocol = parseProtocol(word);
  const port = Number(digits);
  if (match === null || protocol === null || port < 1 || port > 65_535) {
    throw new ProblemError('usage', `${JSON.stringify(text)} is no connection.`, {
      hint: "Write it as 'shop/web -> shop/db:5432', with /udp or /sctp after the port where it is not TCP.",
    });
  }
  return {
    client: directory.end(client),
    server: directory.end(server),
    protocol,
    port,
    seenAs: null,
    asked: { client, server },
  };
}

/** Judges every pair of the pods named; a workload with itself means its distinct pods. Throws a ProblemError `no-pair` when there is none. */
export function judgeProbe(set: PolicySet, probe: Probe): ProbeAnswer {
  let judged = 0;
  let allowed = 0;
  let firstAllowed: JudgedPair | null = null;
  let firstDenied: JudgedPair | null = null;
  for (const client of endsOf(probe.client)) {
    for (const server of endsOf(probe.server)) {
      if (isSkipped(probe, client.end, server.end)) continue;
      const { protocol, port, seenAs } = probe;
      const connection: Connection = {
        client: client.end,
        server: server.end,
        protocol,
        port,
        ...(seenAs !== null && { seenAs }),
      };
      const verdict = evaluate(set, connection);
      const pair = { connection, verdict, client: client.title, server: server.title };
      judged += 1;
      if (verdict.allowed) {
        allowed += 1;
        firstAllowed ??= pair;
      } else firstDenied ??= pair;
    }
  }
  const example = firstDenied ?? firstAllowed;
  if (example === null)
    throw new ProblemError(
      'no-pair',
      `${probe.client.title} and ${probe.server.title} have no two pods to connect.`,
    );
  const verdict = allowed === judged ? 'allowed' : allowed === 0 ? 'denied' : 'some';
  return { verdict, judged, allowed, example, counterexample: verdict === 'some' ? firstAllowed : null };
}

/** A pod with itself is asked about only where both ends name no other pod. */
function isSkipped({ client, server }: Probe, from: End, to: End): boolean {
  const isAlone =
    client.kind === 'pods' && server.kind === 'pods' && client.pods.length === 1 && server.pods.length === 1;
  return !isAlone && from.kind === 'pod' && to.kind === 'pod' && from.pod === to.pod;
}

function endsOf(named: NamedEnd): { readonly title: string; readonly end: End }[] {
  if (named.kind === 'address')
    return [{ title: named.title, end: { kind: 'address', address: named.address } }];
  return named.pods.map((pod) => ({ title: podTitle(pod), end: { kind: 'pod', pod } }));
}

function podTitle(pod: PolicyPod): string {
  return `${pod.namespace}/${pod.name}`;
}

/** As `parseIp`, for text from a person. */
export function parseSeenAs(text: string): IpAddress {
  const address = parseIp(text);
  if (address !== null) return address;
  throw new ProblemError('usage', `seenAs: ${JSON.stringify(text)} is not an IP address`);
}
