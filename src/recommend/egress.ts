/** Whom a subject may connect to: servers on their own ports after DNAT, DNS by convention, the outside by the contract's widths. */
import type { Caveat } from './draft.ts';
import { dnsRules } from './dns-rules.ts';
import type { DraftingContext } from './drafting.ts';
import type { DirectionRules } from './ingress.ts';
import type { NeededEdge } from './needed-edges.ts';
import type { Subject } from './peers.ts';
import { mergeRules } from './rule-draft.ts';
import { serviceViewRules } from './service-view.ts';
import { sideRules } from './side-rules.ts';

export function egressRules(
  subject: Subject,
  edges: readonly NeededEdge[],
  context: DraftingContext,
): DirectionRules & { readonly caveats: readonly Caveat[] } {
  const dns = dnsRules(subject, context);
  const needs = edges
    .filter(({ edge }) => !dns.covers(edge))
    .map((needed) => ({ needed, peer: needed.edge.server, known: needed.server }));
  const side = sideRules({ direction: 'egress', subject, open: [], openToPods: new Set() }, needs, context);
  const views =
    context.options.cni === 'aws-vpc-cni'
      ? serviceViewRules(
          edges.map(({ edge }) => edge),
          dns.services,
          context,
        )
      : [];
  return {
    rules: mergeRules('egress', [...dns.rules, ...side.drafts, ...views], context),
    unnamed: side.unnamed,
    leftOut: side.leftOut,
    caveats: dns.caveats,
  };
}
