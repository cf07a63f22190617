// The verdict on a running system: its drafts, its edges and what it says of itself, against the lab's truth and against a replay.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { LeaseBook } from '../../src/identity/lease-book.ts';
import { ClusterModel } from '../../src/kube/cluster-model.ts';
import type { ClusterEvent } from '../../src/kube/cluster-model.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { ClusterInfo } from '../../src/recommend/cluster.ts';
import type { CoverageJson } from '../../src/wire/coverage-json.ts';
import type { DraftOutcomeJson } from '../../src/wire/draft-json.ts';
import type { EdgeJson } from '../../src/wire/edge-json.ts';
import { readAddresses, readTruth, Score } from '../../test/replay/truth.ts';
import type { ClassedAddress, Truth } from '../../test/replay/truth.ts';
import type { ControlPlane } from './control-plane.ts';
import { judgeEdges, judgePolicies, short } from './judge.ts';
import { coverageOf, draftsOf, edgesOf } from './live-answers.ts';
import { CACHED_NODE, CONTROL, LOCAL_DNS_ADDRESS, UPSTREAM_DNS_ADDRESS } from './live-world.ts';
import { replayed } from './replay-run.ts';
import { LIVE_CLUSTER, LIVE_ROUNDS, OTHER_EDGES } from './live-story.ts';
import { CART_CLEANUP, DEBUG, workloadKey } from './world.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/online-boutique', import.meta.url));
const MAX_PROBLEMS = 20;
const LONG_LIVED_EDGE = 'shop/cartservice -> shop/redis-cart:6379/tcp';
const FEED_EDGE = 'data/feed-reader -> data/feed:7700/tcp';
const ZONED_EDGE = 'data/zoned-client -> data/zoned-server:8088/tcp';
const DNS = 'kube-system/coredns';

type Say = (line: string) => void;

/** Prints the table of edges and what is wrong. Returns the score, and whether nothing at all is wrong. */
export async function judge(
  control: ControlPlane,
  capture: string,
  say: Say,
): Promise<{ score: Score; isExact: boolean }> {
  const score = new Score();
  const truth = readTruth(capture);
  const coverage = await coverageOf(control);
  const edges = await edgesOf(control);
  const drafts = await draftsOf(control);
  // The API prints policies as the evaluator reads them; only their optional fields are typed otherwise.
  const policies = drafts.flatMap((each) => (each.kind === 'draft' ? [each.policy as NetworkPolicy] : []));
  const addresses = [...readAddresses(EXAMPLE), ...ownAddresses()];
  const wrong = judgePolicies(policies, clusterOf(capture), { truth, addresses, score });
  const quarantined = coverage.quarantined.map(({ edge }) => edge);
  const rows = judgeEdges(edges, truth, { quarantined, score });
  say(tableRow(['client', 'expected', 'found', 'missing', 'extra']));
  for (const row of rows)
    say(tableRow([row.client, row.expected, row.found, row.missing.length, row.extra.length]));
  const edgeOf = (name: string): EdgeJson | undefined => edges.find(({ key }) => short(key) === name);
  const longLived = edgeOf(LONG_LIVED_EDGE);
  say(`lab: long-lived connection: opened ${longLived?.opened ?? 0}, present ${longLived?.present ?? 0}`);
  say(`lab: mid-stream connection: opened ${edgeOf(FEED_EDGE)?.opened ?? 0}, really 0`);
  say(`lab: connections with two entries: opened ${edgeOf(ZONED_EDGE)?.opened ?? 0}, really ${LIVE_ROUNDS}`);
  const bytes = edges.filter((edge) => edge.bytes > 0).length;
  say(
    `lab: edges with bytes: ${bytes} (the kernel counts them where it accounts, and tells when an entry ends)`,
  );
  const cached = unseenDns(drafts, edges);
  say(
    `lab: DNS behind the cache: ${cached.asked} workloads ask, ${cached.allowed} allowed, ${cached.seen} seen`,
  );
  const probes = probeRules(drafts, truth);
  say(`lab: own-node probes: ${probes.seen} edges, ${probes.rules.length} rules`);
  const problems = [
    ...rows.flatMap((row) => row.missing.map((edge) => `missing edge: ${edge}`)),
    ...rows.flatMap((row) => row.extra.map((edge) => `extra edge: ${edge}`)),
    ...drafts.flatMap((each) =>
      each.kind === 'omitted' ? [`no draft for ${each.title}: ${each.sentence}`] : [],
    ),
    ...(longLived?.opened === 0 && longLived.present > 0
      ? []
      : ['the long-lived connection is not only present']),
    ...(cached.allowed === cached.asked && cached.seen === 0 ? [] : ['DNS behind the cache']),
    ...probes.rules.map((each) => `rule for an own-node probe: ${each}`),
    ...confessed(coverage),
    ...wrong.map((each) => `policy: ${each}`),
  ];
  const distinct = [...new Set(problems)];
  for (const problem of distinct.slice(0, MAX_PROBLEMS)) say(`lab: wrong: ${problem}`);
  if (distinct.length > MAX_PROBLEMS) say(`lab: wrong: and ${distinct.length - MAX_PROBLEMS} more`);
  say(`lab: this run: ${score.toString()}`);
  return { score, isExact: problems.length === 0 };
}

/** The recorded text through the whole pipeline, offline, must give the bytes that the running server gives. */
export async function compareReplay(control: ControlPlane, capture: string, say: Say): Promise<boolean> {
  const live = await control.text('/api/v1/policies.yaml');
  const { yaml, errors } = await replayed(capture);
  writeFileSync(join(capture, 'live.yaml'), live);
  writeFileSync(join(capture, 'replayed.yaml'), yaml);
  if (yaml === live) {
    say(`lab: replay identical, ${Buffer.byteLength(yaml)} bytes`);
    return true;
  }
  const ours = live.split('\n');
  const theirs = yaml.split('\n');
  const at = ours.findIndex((line, index) => line !== theirs[index]);
  say(`lab: wrong: replay differs in line ${at + 1}: live ${ours[at]}, replayed ${theirs[at]}`);
  say(`lab: ${errors.trim()}`);
  return false;
}

/** What the server itself says it did not see, lost, or could not attribute. A node's talk with itself has no workload. */
function confessed({ blindNodes, unattributed, nodes }: CoverageJson): string[] {
  return [
    ...blindNodes.map((node) => `blind node: ${node}`),
    ...unattributed
      .filter(({ reason }) => reason !== 'loopback')
      .map((each) => `unattributed: ${each.count}, ${each.end}: ${each.reason}, ${each.example}`),
    ...nodes
      .filter((each) => each.dropped > 0)
      .map((each) => `the kernel dropped ${each.dropped} events on ${each.node}`),
  ];
}

/** Workloads whose every pod asks the cache on its node: how many drafts name it, and how many were seen asking DNS. */
function unseenDns(
  drafts: readonly DraftOutcomeJson[],
  edges: readonly EdgeJson[],
): { asked: number; allowed: number; seen: number } {
  const askers = [...LIVE_CLUSTER.workloads, CART_CLEANUP, DEBUG]
    .filter((one) => !one.hostNetwork && one.dnsPolicy === 'ClusterFirst')
    .filter((one) => one.places.every((place) => place === CACHED_NODE))
    .map(workloadKey);
  const seen = edges.filter(({ key }) => askers.some((one) => short(key).startsWith(`${one} -> ${DNS}:`)));
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
function probeRules(drafts: readonly DraftOutcomeJson[], truth: Truth): { seen: number; rules: string[] } {
  const probes = truth.edges
    .filter((line) => line.ownNode === true)
    .map(({ client, server, port }) => `${client} -> ${server}:${port}`)
    .filter((probe) => !OTHER_EDGES.some((edge) => edge.replace(/@[\d.]+/, '').startsWith(`${probe}/`)));
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

/** The cluster as the recorded history tells it. */
function clusterOf(capture: string): ClusterInfo {
  const events = readFileSync(join(capture, 'cluster', 'watch.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Omit<ClusterEvent, 'observedAt'> & { observedAt: string });
  const model = new ClusterModel(new LeaseBook());
  for (const { object } of events) model.learnOwner(object);
  for (const event of events) model.apply({ ...event, observedAt: Date.parse(event.observedAt) });
  return model.snapshot();
}

/** Addresses that only the live world has, and their neighbours. */
function ownAddresses(): ClassedAddress[] {
  return [
    { address: LOCAL_DNS_ADDRESS, class: 'special' },
    { address: '169.254.20.9', class: 'special' },
    { address: '169.254.20.11', class: 'special' },
    { address: UPSTREAM_DNS_ADDRESS, class: 'cluster' },
    { address: '10.96.20.25', class: 'cluster' },
    { address: CONTROL.address, class: 'private-lan' },
    { address: '10.244.2.195', class: 'cluster' },
    { address: '10.244.2.196', class: 'cluster' },
  ];
}

function tableRow([name = '', ...numbers]: readonly (string | number)[]): string {
  return `  ${String(name).padEnd(34)}${numbers.map((each) => String(each).padStart(9)).join('')}`;
}
