/**
 * The drafts of the recorded example beside the policies that were written by hand for it, by meaning: what either lets the
 * twelve workloads do. A pod's own node is left out: it always comes in, whatever policies say.
 */
import { readFileSync } from 'node:fs';
import { protocolsText } from '../../src/cli/eval-reach.ts';
import { endText, portsText } from '../../src/cli/reach-text.ts';
import { textTable } from '../../src/cli/text-table.ts';
import { formatIp } from '../../src/domain/ip.ts';
import { scopeOf } from '../../src/domain/special-ranges.ts';
import { workloadTitle } from '../../src/domain/workload.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { readManifestText } from '../../src/netpol/parse/manifest-text.ts';
import { parsePolicy } from '../../src/netpol/parse/parse-policy.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import { reachablePorts, reachOf } from '../../src/netpol/reach.ts';
import type { Reach, ReachEnd, ReachGroup } from '../../src/netpol/reach.ts';
import type { ClusterInfo } from '../../src/recommend/cluster.ts';
import { EXAMPLE, replayExample } from './boutique.ts';

const NAMESPACE = 'shop';
const DNS = 'kube-system/coredns';
const DNS_PORTS = '53/tcp, udp';

/** What one set of policies allows between the ends of the example. */
export interface Side {
  readonly reach: readonly Reach[];
  /** How many (ordered pair of the twelve's pods) x (protocol, port). */
  readonly pairs: number;
}

export interface Comparison {
  /** The twelve, `shop/frontend`. */
  readonly workloads: readonly string[];
  readonly handWritten: Side;
  readonly drafted: Side;
}

/** The policies written by hand, which stand in the example's folder. Throws when the strict parser refuses one. */
export function handWrittenPolicies(): NetworkPolicy[] {
  const file = `${EXAMPLE}/hand-written-policies.yaml`;
  const { objects, problems } = readManifestText(file, readFileSync(file, 'utf8'));
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return objects.map(({ value, place }) => {
    const parsed = parsePolicy(value, { defaultNamespace: null });
    if (parsed.kind === 'invalid') throw new Error(`${place.object}: ${JSON.stringify(parsed.problems)}`);
    return parsed.policy;
  });
}

/** The recorded example, replayed and compared. Throws when a workload got no draft. */
export async function boutiqueComparison(): Promise<Comparison> {
  const replayed = await replayExample();
  try {
    const { analysed } = replayed;
    const drafts = analysed.recommendation.outcomes.map((outcome) => {
      if (outcome.kind === 'draft') return outcome.policy;
      throw new Error(`${workloadTitle(outcome.workload)}: ${outcome.sentence}`);
    });
    return compareBoutique(analysed.cluster, drafts);
  } finally {
    replayed.close();
  }
}

/** Judges the drafts of one namespace, as the hand-written policies are, so that both sets speak of the same pods. */
function compareBoutique(cluster: ClusterInfo, drafts: readonly NetworkPolicy[]): Comparison {
  const handWritten = handWrittenPolicies();
  const twelve = new Set(handWritten.map(({ spec }) => spec.podSelector?.matchLabels?.['app']));
  const groups = cluster.workloads
    .filter(({ hostNetwork }) => !hostNetwork)
    .map(({ ref, pods }): ReachGroup => ({
      title: workloadTitle(ref),
      pods: pods.filter(({ ended }) => !ended),
    }))
    .filter(({ pods }) => pods.length > 0);
  const own = groups.filter(({ title }) => {
    const [namespace, name] = title.split('/');
    return namespace === NAMESPACE && twelve.has(name);
  });
  const pods = own.flatMap((group) => group.pods);
  const sideOf = (policies: readonly NetworkPolicy[]): Side => {
    const set = compilePolicies(policies, { namespaces: cluster.namespaces, nodes: [] });
    return { reach: reachOf(set, groups), pairs: reachablePorts(set, pods) };
  };
  return {
    workloads: own.map(({ title }) => title).toSorted(),
    handWritten: sideOf(handWritten),
    drafted: sideOf(drafts.filter(({ metadata }) => metadata.namespace === NAMESPACE)),
  };
}

/** The edges between the twelve, `frontend -> adservice 9555/tcp`, with the ports that a side allows. */
export function edgesAmong(side: Side, workloads: readonly string[]): Map<string, string> {
  const inside = side.reach.filter(
    ({ client, server }) => isOneOf(client, workloads) && isOneOf(server, workloads),
  );
  const byEnds = Map.groupBy(inside, ({ client, server }) => `${shortName(client)} -> ${shortName(server)}`);
  return new Map([...byEnds].map(([ends, rows]) => [ends, cellOf(rows)]));
}

/** The comparison as people read it. */
export function comparisonText({ workloads, handWritten, drafted }: Comparison): string {
  const before = edgesAmong(handWritten, workloads);
  const after = edgesAmong(drafted, workloads);
  const ends = [...new Set([...after.keys(), ...before.keys()])].toSorted();
  const rows = ends.map((end) => [...end.split(' -> '), before.get(end) ?? '-', after.get(end) ?? '-']);
  const same = rows.filter(([, , old, now]) => now !== '-' && old !== '-').length;
  const only = rows.filter(([, , , now]) => now === '-').length;
  const elsewhere = (way: Way) =>
    workloads.map((title) => [
      title.slice(NAMESPACE.length + 1),
      cellElsewhere(handWritten, way, { title, workloads }),
      cellElsewhere(drafted, way, { title, workloads }),
    ]);
  return [
    `Between the ${workloads.length} workloads: ${same} edges in both, ${only} only by hand.`,
    '',
    textTable(['CLIENT', 'SERVER', 'BY HAND', 'DRAFTED'], rows),
    'From elsewhere: other workloads, and any address that is no pod’s own node.',
    '',
    textTable(['SERVER', 'BY HAND', 'DRAFTED'], elsewhere('ingress')),
    `To elsewhere. DNS: ${DNS}, and the node-local cache at 10.96.0.10 and 169.254.20.10, on 53/tcp and 53/udp.`,
    '',
    textTable(['CLIENT', 'BY HAND', 'DRAFTED'], elsewhere('egress')),
    `Reachable (pod, pod, protocol, port) between them: ${handWritten.pairs} by hand, ${drafted.pairs} drafted.`,
    '',
  ].join('\n');
}

type Way = 'ingress' | 'egress';

/** What a side lets a workload receive from, or send to, whoever is not one of the twelve. */
export function cellElsewhere(
  { reach }: Side,
  way: Way,
  { title, workloads }: { readonly title: string; readonly workloads: readonly string[] },
): string {
  const rows = reach
    .map((row) =>
      way === 'ingress'
        ? { ...row, own: row.server, far: row.client }
        : { ...row, own: row.client, far: row.server },
    )
    .filter(({ own, far }) => own.kind === 'group' && own.title === title && !isOneOf(far, workloads));
  const whole = rows.filter(({ far }) => isEverybody(far));
  // A rule for everybody covers every other workload too.
  if (whole.length > 0) return `everybody ${cellOf(whole)}`;
  const byEnd = Map.groupBy(rows, ({ far }) => (isDns(far) ? 'DNS' : farName(far)));
  const cells = [...byEnd].map(([end, found]) => {
    const ports = cellOf(found);
    return end === 'DNS' && ports === DNS_PORTS ? end : `${end} ${ports}`;
  });
  return cells.length === 0 ? '-' : cells.toSorted().join('; ');
}

function cellOf(rows: readonly Reach[]): string {
  const byPorts = Map.groupBy(
    rows,
    ({ ports, pods }) => `${portsText(ports)}${pods === 'some' ? ' (some pods)' : ''}`,
  );
  return [...byPorts]
    .map(([ports, same]) => {
      const protocols = protocolsText(same);
      return protocols === 'any' && ports === 'any' ? 'any port' : `${ports}/${protocols}`;
    })
    .join(', ');
}

function isOneOf(end: ReachEnd, workloads: readonly string[]): boolean {
  return end.kind === 'group' && workloads.includes(end.title);
}

function isEverybody(end: ReachEnd): boolean {
  return end.kind === 'outside' && endText(end) === 'any IPv4, any IPv6';
}

/** The cache's two addresses are drafted as DNS is, in every draft. */
function isDns(end: ReachEnd): boolean {
  return end.kind === 'group' ? end.title === DNS : endText(end) === '10.96.0.10, 169.254.20.10';
}

function farName(end: ReachEnd): string {
  if (end.kind === 'group') return end.title;
  const isPublic = end.ranges.every(({ family, first }) => scopeOf(formatIp(family, first)) === 'public');
  return isPublic ? 'public addresses' : endText(end);
}

function shortName(end: ReachEnd): string {
  return end.kind === 'group' ? end.title.slice(NAMESPACE.length + 1) : '';
}
