/** Who may connect to a subject: clients as the pod's own side saw them, DNS for everyone, the outside where exposed. */
import { identityTitle } from '../domain/identity.ts';
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import { OBSERVATION_MEANINGS } from './caveat-codes.ts';
import type { Caveat, DraftRule } from './draft.ts';
import type { DraftingContext } from './drafting.ts';
import type { LeftOut } from './left-out.ts';
import { knownAt } from './needed-edges.ts';
import type { NeededEdge } from './needed-edges.ts';
import type { Subject } from './peers.ts';
import { mergeRules, portKey } from './rule-draft.ts';
import type { PortNeed, RuleDraft } from './rule-draft.ts';
import { clientsToLetIn } from './seen-clients.ts';
import { sideRules } from './side-rules.ts';
import type { SideRules } from './side-rules.ts';
import type { OpenPort, SideNeed } from './side-rules.ts';

const EXPOSED: Caveat = {
  code: 'open-to-any-source',
  sentence:
    'a Service or hostPort opens this port to the outside; narrow it if the clients are known, mind CNIs that show node addresses',
};

export interface DirectionRules {
  readonly rules: DraftRule[];
  /** Why no selector can name a peer, by its title. */
  readonly unnamed: SideRules['unnamed'];
  readonly leftOut: readonly LeftOut[];
}

/** The ingress rules of a subject from its needed edges. */
export function ingressRules(
  subject: Subject,
  edges: readonly NeededEdge[],
  context: DraftingContext,
): DirectionRules {
  const dnsPorts = dnsPortsOf(subject, context);
  const needs: SideNeed[] = [];
  for (const needed of edges) {
    const { client } = needed.edge;
    for (const peer of clientsToLetIn(needed.edge)) {
      const known = peer === client ? needed.client : knownAt(peer, context.peers);
      needs.push({ needed, peer, known });
    }
  }
  const side = sideRules(
    {
      direction: 'ingress',
      subject,
      open: openPorts(subject, needs, context),
      openToPods: new Set(dnsPorts.map(portKey)),
    },
    needs,
    context,
  );
  const drafts = dnsPorts.length === 0 ? side.drafts : [dnsForEveryone(dnsPorts), ...side.drafts];
  return {
    rules: mergeRules('ingress', drafts, context),
    unnamed: side.unnamed,
    leftOut: side.leftOut,
  };
}

/** What configuration opens: what the API server calls at once, what is exposed when the outside came. */
function openPorts(subject: Subject, needs: readonly SideNeed[], context: DraftingContext): OpenPort[] {
  const open = new Map<string, OpenPort>();
  for (const { ref } of subject.members) {
    for (const called of context.calls.get(workloadKey(ref)) ?? []) {
      const known = open.get(portKey(called));
      open.set(portKey(called), {
        ...called,
        basis: 'configuration',
        caveats: [...(known?.caveats ?? []), ...called.caveats],
        services: [...(known?.services ?? []), ...called.services],
      });
    }
  }
  // A node that nobody watches shows whom it lets in as itself, so what nodes dial there counts as from outside too.
  const fromOutside = needs.filter(
    ({ needed, peer }) => peer.kind !== 'workload' && isExposed(needed, context),
  );
  for (const [key, group] of Map.groupBy(fromOutside, ({ needed }) => portKey(needed))) {
    const [first] = group;
    if (first === undefined) continue;
    const known = open.get(key);
    open.set(key, {
      protocol: first.needed.protocol,
      port: first.needed.port,
      basis: known?.basis ?? 'observed',
      caveats: [...(known?.caveats ?? []), EXPOSED, clientsSeen(group)],
      services: known?.services ?? [],
    });
  }
  return [...open.values()];
}

function isExposed(needed: NeededEdge, { exposed }: DraftingContext): boolean {
  const { server } = needed;
  return server !== null && exposed.get(workloadKey(server.ref))?.has(portKey(needed)) === true;
}

/** Moves with traffic, so it stands in JSON and beside the evidence only. */
function clientsSeen(needs: readonly SideNeed[]): Caveat {
  const names = needs.flatMap(({ needed: { edge }, peer }) => [
    identityTitle(edge.client),
    identityTitle(peer),
  ]);
  return {
    code: 'outside-clients',
    sentence: OBSERVATION_MEANINGS['outside-clients'],
    names: [...new Set(names)].toSorted(compareText),
  };
}

/** Ports on which members serve the cluster's DNS, themselves or as caches that a plugin redirects to. */
function dnsPortsOf(subject: Subject, context: DraftingContext): PortNeed[] {
  const keys = new Set(subject.members.map(({ ref }) => workloadKey(ref)));
  return [...context.dns, ...context.nodeLocalDns.redirected]
    .filter((dns) => dns.backends.some((backend) => keys.has(workloadKey(backend.ref))))
    .flatMap((dns) => dns.ports);
}

/** Every draft lets its pods out to DNS, so DNS lets every pod in. */
function dnsForEveryone(ports: readonly PortNeed[]): RuleDraft {
  return {
    order: 0,
    basis: 'convention',
    title: 'DNS for every pod',
    peers: [{ namespaceSelector: {} }],
    ports,
    caveats: [],
    edges: [],
  };
}
