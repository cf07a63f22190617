/**
 * Tells a reviewer in words why a connection is allowed or denied: who isolates which side, and which rule allows it
 * or how near each policy comes to it. It says what `evaluate` says and decides nothing by itself.
 */
import { kubernetesProtocol } from '../domain/protocol.ts';
import type { PolicySet } from './compile.ts';
import { evaluate } from './evaluate.ts';
import type { Connection, SideVerdict } from './evaluate.ts';
import { nearMiss } from './near-miss.ts';
import { seenPeer } from './seen-peer.ts';
import type { Direction, End } from './world.ts';

/** What the ends are called in the story: `shop/web`, `203.0.113.9`. */
export interface EndTitles {
  readonly client: string;
  readonly server: string;
}

/** Several lines of plain text without a newline at the end: the verdict, then the client's side, then the server's. */
export function explainVerdict(set: PolicySet, connection: Connection, titles: EndTitles): string {
  const verdict = evaluate(set, connection);
  const { protocol, port } = connection;
  const asked = `${titles.client} -> ${titles.server} on ${kubernetesProtocol(protocol)} ${port}`;
  return [
    `${asked} is ${verdict.allowed ? 'allowed' : 'denied'}.`,
    ...sideStory(set, connection, { direction: 'egress', titles, side: verdict.egress }),
    ...sideStory(set, connection, { direction: 'ingress', titles, side: verdict.ingress }),
  ].join('\n');
}

interface Telling {
  readonly direction: Direction;
  readonly titles: EndTitles;
  readonly side: SideVerdict;
}

function sideStory(set: PolicySet, connection: Connection, { direction, titles, side }: Telling): string[] {
  const own = direction === 'egress' ? titles.client : titles.server;
  const subject = `${direction === 'egress' ? 'Egress from' : 'Ingress to'} ${own}`;
  const isolated = `isolated by ${side.isolatedBy.join(', ')}`;
  switch (side.reason) {
    case 'not-a-pod':
      return [`${subject}: allowed. It is no pod, so no policy governs this side.`];
    case 'host-network':
      return [`${subject}: allowed. It is on its node's network, where no policy selects it.`];
    case 'not-isolated':
      return [`${subject}: allowed. No policy isolates it in this direction.`];
    case 'self':
      return [`${subject}: allowed. A pod always reaches itself${overruled(side)}.`];
    case 'own-node':
      return [`${subject}: allowed. A pod is always reached from its own node${overruled(side)}.`];
    case 'allowed-by-rule': {
      const rules = side.allowedBy.map(({ policy, rule }) => `rule ${rule} of ${policy}`);
      return [`${subject}: allowed. It is ${isolated}; ${rules.join(' and ')} ${allow(rules.length)} it.`];
    }
    case 'no-rule-matches':
      return [
        `${subject}: denied. It is ${isolated}, and no rule allows it:`,
        ...missesOf(set, connection, direction),
        ...disguise(set, connection, { direction, titles, side }),
      ];
    default:
      return side.reason satisfies never;
  }
}

function allow(rules: number): string {
  return rules === 1 ? 'allows' : 'allow';
}

function overruled({ isolatedBy }: SideVerdict): string {
  return isolatedBy.length === 0 ? '' : `, whatever ${isolatedBy.join(', ')} says`;
}

function missesOf(set: PolicySet, connection: Connection, direction: Direction): string[] {
  const guarded: End = direction === 'egress' ? connection.client : connection.server;
  if (guarded.kind === 'address') return [];
  const { pod } = guarded;
  const isolation = set.isolation(direction, pod);
  const peer = seenPeer(set.nodes, direction, connection);
  const side = { pod, isolation, peer, direction, connection };
  return isolation.policies.map((policy) => `  ${policy.key}: ${nearMiss(set, policy, side)}.`);
}

/** Where the far end is a pod but is not seen as one, selectors that name it in vain need a word. */
function disguise(set: PolicySet, connection: Connection, { direction, titles }: Telling): string[] {
  const far = direction === 'egress' ? connection.server : connection.client;
  const title = direction === 'egress' ? titles.server : titles.client;
  const seen = seenPeer(set.nodes, direction, connection);
  if (seen.kind === 'pod' || far.kind === 'address') {
    const { seenAs } = connection;
    const rewritten = direction === 'ingress' && seenAs !== undefined && far.kind === 'address';
    return rewritten && far.address !== seenAs ? [`  ${title} is seen here as ${seenAs}.`] : [];
  }
  const address = seen.address ?? 'an address that is not known';
  return far.pod.hostNetwork && seen.node !== null
    ? [`  ${title} is on its node's network: it is seen here as ${address}, and no pod selector matches it.`]
    : [`  ${title} is seen here as ${address}, and no pod selector matches that.`];
}
