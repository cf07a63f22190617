// What stays on a node and must not be mistaken: questions to its DNS cache, which no kernel shows, and its kubelet's probes, which need no rule.
import type { DraftOutcomeJson } from '../../src/wire/draft-json.ts';
import type { EdgeJson } from '../../src/wire/edge-json.ts';
import { shortEdge } from '../../test/replay/truth.ts';
import type { Truth, TruthLine } from '../../test/replay/truth.ts';
import { EVERY_WORKLOAD, workloadKey } from './workloads.ts';
import { CACHED_NODE, LOCAL_DNS_ADDRESS } from './world.ts';

const DNS = 'kube-system/coredns';

/** Workloads whose every pod asks the cache on its node: how many drafts name it, and how many were seen asking DNS. */
export function unseenDns(
  drafts: readonly DraftOutcomeJson[],
  edges: readonly EdgeJson[],
): { asked: number; allowed: number; seen: number } {
  const askers = EVERY_WORKLOAD.filter((one) => !one.hostNetwork && one.dnsPolicy === 'ClusterFirst')
    .filter((one) => one.places.every((place) => place === CACHED_NODE))
    .map(workloadKey);
  const seen = edges.filter(({ key }) =>
    askers.some((one) => shortEdge(key).startsWith(`${one} -> ${DNS}:`)),
  );
  return {
    asked: askers.length,
    allowed: drafts.filter((each) => askers.includes(each.title) && namesCache(each)).length,
    seen: seen.length,
  };
}

/** Whether a draft lets its pods ask the cache by its link-local address, over both transports. */
function namesCache(draft: DraftOutcomeJson): boolean {
  return (
    draft.kind === 'draft' &&
    (draft.policy.spec.egress ?? []).some(
      ({ to, ports }) =>
        (to ?? []).some(({ ipBlock }) => ipBlock?.cidr === `${LOCAL_DNS_ADDRESS}/32`) &&
        ['TCP', 'UDP'].every((protocol) =>
          (ports ?? []).some((each) => each.protocol === protocol && each.port === 53),
        ),
    )
  );
}

/**
 * Probes that happened, and ingress rules that rest on one: the own node may always connect, so there must be none. Left out
 * is a probe that is the same edge as other traffic of that node.
 */
export function probeRules(
  drafts: readonly DraftOutcomeJson[],
  truth: Truth,
): { seen: number; rules: string[] } {
  const others = new Set(truth.otherViews.map(shown));
  const probes = truth.edges
    .filter((line) => line.ownNode === true)
    .map(shown)
    .filter((probe) => !others.has(probe));
  const rested = drafts.flatMap((each) =>
    each.kind === 'draft'
      ? each.rules
          .filter((rule) => rule.direction === 'ingress')
          .flatMap((rule) => rule.evidence?.edges ?? [])
          .flatMap(({ client, port }) =>
            client.kind === 'node' ? [`node:${client.name} -> ${each.title}:${port}`] : [],
          )
      : [],
  );
  return { seen: probes.length, rules: rested.filter((each) => probes.includes(each)) };
}

function shown({ client, server, port }: TruthLine): string {
  return `${client} -> ${server}:${port}`;
}
