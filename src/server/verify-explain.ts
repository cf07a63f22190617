/** One connection in words: what was recorded of it, and what the policies before and after say. */
import type { Edge, SourceView } from '../domain/edge.ts';
import { edgeTotals } from '../domain/edge.ts';
import { identityKey } from '../domain/identity.ts';
import type { Identity } from '../domain/identity.ts';
import { parseIp } from '../domain/ip.ts';
import { ProblemError } from '../domain/problem.ts';
import { parseProtocol } from '../domain/protocol.ts';
import type { Protocol } from '../domain/protocol.ts';
import { workloadKey, workloadTitle } from '../domain/workload.ts';
import { compilePolicies } from '../netpol/compile.ts';
import { evaluate } from '../netpol/evaluate.ts';
import type { Connection } from '../netpol/evaluate.ts';
import { explainVerdict } from '../netpol/explain.ts';
import { EndBook } from '../netpol/verify-ends.ts';
import type { VerifyInput } from '../netpol/verify.ts';
import type { End } from '../netpol/world.ts';
import { nearestNames } from '../runtime/nearest-names.ts';
import { shorten } from './problem-json.ts';

interface Asked {
  readonly client: string;
  readonly server: string;
  readonly port: number;
  readonly protocol: Protocol;
}

/**
 * Several lines of plain text. Where pods of one workload differ, a pair that is denied is told, if there is one; the
 * client stands at the server's side as it was recorded. Throws a ProblemError `bad-connection` or `unknown-workload`.
 */
export function explainConnection(input: VerifyInput, text: string): string {
  const asked = parseAsked(text);
  const ends = { client: identityOf(asked.client, input), server: identityOf(asked.server, input) };
  const edge = input.edges.find(({ edge: each }) => isOf(each, ends, asked))?.edge ?? null;
  const connections = connectionsOf(input, { ...asked, ...ends }, edge);
  const after = compilePolicies(input.after, input.world);
  const told = connections.find((connection) => !evaluate(after, connection).allowed) ?? connections[0];
  if (told === undefined)
    throw new ProblemError(
      'unknown-workload',
      `Neither a pod nor an object is left of an end of "${shorten(text)}".`,
    );
  const titles = { client: titleOf(ends.client), server: titleOf(ends.server) };
  const before = evaluate(compilePolicies(input.before, input.world), told);
  return [
    edge === null ? 'Not recorded in the window.' : recordText(edge),
    `The policies before the change ${before.allowed ? 'allow' : 'deny'} it.`,
    explainVerdict(after, told, titles),
  ].join('\n');
}

function parseAsked(text: string): Asked {
  const match = /^(?<client>\S+) *-> *(?<server>\S+?):(?<port>[0-9]{1,5})(?:\/(?<protocol>[a-zA-Z]+))?$/.exec(
    text.trim(),
  );
  const { client = '', server = '', port = '0', protocol = 'tcp' } = match?.groups ?? {};
  const parsed = parseProtocol(protocol);
  const number = Number(port);
  if (match !== null && parsed !== null && number >= 1 && number <= 65_535)
    return { client, server, port: number, protocol: parsed };
  throw new ProblemError('bad-connection', `"${shorten(text)}" is not a connection.`, {
    hint: "Write it as 'shop/web -> shop/db:5432', with /udp or /sctp for those; an end may be an address, IPv6 in brackets.",
  });
}

/** `shop/web`, `shop/Deployment/web` or an address. */
function identityOf(name: string, { workloads, edges }: VerifyInput): Identity {
  const address = parseIp(name.replace(/^\[(.*)\]$/, '$1'));
  if (address !== null) {
    const recorded = edges
      .flatMap(({ edge }) => [edge.client, edge.server])
      .find((each) => each.kind !== 'workload' && each.address === address);
    return recorded ?? { kind: 'external', address };
  }
  const found = workloads.filter(({ ref }) => workloadTitle(ref) === name || workloadKey(ref) === name);
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return { kind: 'workload', workload: first.ref };
  const keys = found.map(({ ref }) => workloadKey(ref));
  const known = workloads.map(({ ref }) => workloadTitle(ref));
  throw new ProblemError(
    'unknown-workload',
    first === undefined
      ? `No workload "${shorten(name)}" is known here. Nearest in spelling: ${nearestNames(name, known).join(', ')}.`
      : `"${shorten(name)}" is ${keys.join(' or ')}: say which.`,
  );
}

function isOf(edge: Edge, ends: { client: Identity; server: Identity }, asked: Asked): boolean {
  return (
    edge.port === asked.port &&
    edge.protocol === asked.protocol &&
    identityKey(edge.client) === identityKey(ends.client) &&
    identityKey(edge.server) === identityKey(ends.server)
  );
}

/** Every pair of pods that the policies tell apart, the client as each view of the record shows it. */
function connectionsOf(
  input: VerifyInput,
  asked: { client: Identity; server: Identity; port: number; protocol: Protocol },
  edge: Edge | null,
): Connection[] {
  const book = new EndBook(input.workloads, [...input.before, ...input.after]);
  const { client, server } = book.endsOfEdge(edge ?? edgeOf(asked));
  const { port, protocol } = asked;
  const views =
    edge === null || edge.views.length === 0 ? [{ seen: asked.client, ownNode: false }] : edge.views;
  return client.flatMap((from) =>
    server.flatMap((to) => views.map((view) => ({ client: from, ...asSeen(view, to), protocol, port }))),
  );
}

/** A view through the server's own node puts the server on that node, so that the evaluator sees it for what it was. */
function asSeen({ seen, ownNode }: SourceView, server: End): Pick<Connection, 'seenAs' | 'server'> {
  if (seen.kind === 'workload') return { server };
  if (!ownNode || seen.kind !== 'node' || server.kind !== 'pod') return { seenAs: seen.address, server };
  return { seenAs: seen.address, server: { kind: 'pod', pod: { ...server.pod, node: seen.name } } };
}

function edgeOf(asked: { client: Identity; server: Identity; port: number; protocol: Protocol }): Edge {
  const none = { names: [], count: 0 };
  return {
    ...asked,
    hours: [],
    firstSeen: 0,
    lastSeen: 0,
    views: [],
    services: [],
    witnesses: [],
    testimony: { agreed: 0, oneSided: 0, disputed: 0 },
    clientPods: none,
    serverPods: none,
  };
}

function titleOf(identity: Identity): string {
  return identity.kind === 'workload' ? workloadTitle(identity.workload) : identity.address;
}

function recordText(edge: Edge): string {
  const { opened, answered, present } = edgeTotals(edge);
  const last = new Date(edge.lastSeen).toISOString();
  return `Recorded in the window: opened ${opened}, answered ${answered}, present ${present}; last seen ${last}.`;
}
