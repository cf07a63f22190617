/**
 * Connections that a person leaves out of drafts, as text: `peer=shop/debug`, `port=9100/tcp`, `cidr=10.9.0.0/16`,
 * `workload=shop/web,port=8080-8090/tcp`. Parts joined by commas must all hold.
 */
import { cidrContains, parseCidr } from '../domain/cidr.ts';
import type { Edge } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import { parseProtocol } from '../domain/protocol.ts';
import type { Protocol } from '../domain/protocol.ts';

/** Ends that are no workload, by kind. */
const WORDS = ['node', 'apiserver', 'outside'] as const;

type EndPattern =
  | { readonly kind: 'workload'; readonly namespace: string; readonly name: string | null }
  | { readonly kind: (typeof WORDS)[number] };

export interface Exclusion {
  /** As it was given. */
  readonly text: string;
  /** One end of the connection; with both, one end each. */
  readonly workload: EndPattern | null;
  readonly peer: EndPattern | null;
  readonly ports: { readonly from: number; readonly to: number; readonly protocol: Protocol | null } | null;
  /** A CIDR that holds the address of an end that is no workload. */
  readonly cidr: string | null;
}

/** The exclusion, or a sentence that says what is wrong with the text. */
export function parseExclusion(text: string): Exclusion | { readonly problem: string } {
  const found: Record<string, string> = {};
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const key = part.slice(0, Math.max(at, 0)).trim();
    if (!['workload', 'peer', 'port', 'cidr'].includes(key))
      return wrong(text, `"${part}" is none of workload=, peer=, port=, cidr=`);
    if (found[key] !== undefined) return wrong(text, `${key}= stands there twice`);
    found[key] = part.slice(at + 1).trim();
  }
  const { workload, peer, port, cidr } = found;
  const ends = { workload: endOf(workload), peer: endOf(peer) };
  if (ends.workload === 'bad' || (ends.workload !== null && ends.workload.kind !== 'workload'))
    return wrong(text, `workload=${String(workload)} is not NAMESPACE/NAME or NAMESPACE/*`);
  if (ends.peer === 'bad')
    return wrong(text, `peer=${String(peer)} is not NAMESPACE/NAME, NAMESPACE/*, ${WORDS.join(', ')}`);
  const ports = portsOf(port);
  if (ports === 'bad')
    return wrong(text, `port=${String(port)} is not a port or range such as 53, 53/udp or 8000-8100/tcp`);
  if (cidr !== undefined && parseCidr(cidr) === null) return wrong(text, `cidr=${cidr} is not a CIDR`);
  return { text, workload: ends.workload, peer: ends.peer, ports, cidr: cidr ?? null };
}

function wrong(text: string, what: string): { problem: string } {
  return { problem: `exclude "${text}": ${what}` };
}

function endOf(text: string | undefined): EndPattern | 'bad' | null {
  if (text === undefined) return null;
  const word = WORDS.find((each) => each === text);
  if (word !== undefined) return { kind: word };
  const match = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)\/(\*|[a-z0-9][-a-z0-9.]*)$/.exec(text);
  if (match === null) return 'bad';
  const name = match[3] ?? '';
  return { kind: 'workload', namespace: match[1] ?? '', name: name === '*' ? null : name };
}

function portsOf(text: string | undefined): Exclusion['ports'] | 'bad' {
  if (text === undefined) return null;
  const match = /^([0-9]{1,5})(?:-([0-9]{1,5}))?(?:\/([a-zA-Z]+))?$/.exec(text);
  if (match === null) return 'bad';
  const from = Number(match[1]);
  const to = match[2] === undefined ? from : Number(match[2]);
  const protocol = match[3] === undefined ? null : parseProtocol(match[3]);
  if (match[3] !== undefined && protocol === null) return 'bad';
  return from < 1 || to < from || to > 65_535 ? 'bad' : { from, to, protocol };
}

/** Whether every part of the exclusion holds for the connection. */
export function isExcludedBy(exclusion: Exclusion, edge: Edge): boolean {
  const { workload, peer, ports, cidr } = exclusion;
  if (ports !== null) {
    if (edge.port < ports.from || edge.port > ports.to) return false;
    if (ports.protocol !== null && ports.protocol !== edge.protocol) return false;
  }
  if (cidr !== null && ![edge.client, edge.server].some((end) => isWithin(end, cidr))) return false;
  const { client, server } = edge;
  return (isEnd(workload, client) && isEnd(peer, server)) || (isEnd(workload, server) && isEnd(peer, client));
}

/** Nothing asked of an end holds for any. */
function isEnd(pattern: EndPattern | null, end: Identity): boolean {
  if (pattern === null) return true;
  switch (pattern.kind) {
    case 'workload':
      return (
        end.kind === 'workload' &&
        end.workload.namespace === pattern.namespace &&
        (pattern.name === null || end.workload.name === pattern.name)
      );
    case 'node':
    case 'apiserver':
      return end.kind === pattern.kind;
    case 'outside':
      return end.kind === 'external';
    default:
      return pattern satisfies never;
  }
}

function isWithin(end: Identity, cidr: string): boolean {
  if (end.kind === 'workload') return false;
  const block = parseCidr(cidr);
  return block !== null && cidrContains(block, end.address);
}
