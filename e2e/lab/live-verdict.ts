// The verdict on a running system: its drafts, its edges and what it says of itself, against the lab's truth.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { LeaseBook } from '../../src/identity/lease-book.ts';
import { ClusterModel } from '../../src/kube/cluster-model.ts';
import type { ClusterEvent } from '../../src/kube/cluster-model.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { ClusterInfo } from '../../src/recommend/cluster.ts';
import type { CoverageJson } from '../../src/wire/coverage-json.ts';
import { judgePolicies } from '../../test/replay/judge.ts';
import { nodesOf, readAddresses, readTruth, Score, shortEdge } from '../../test/replay/truth.ts';
import { ROUNDS } from './calls.ts';
import type { ControlPlane } from './control-plane.ts';
import { judgeEdges } from './edge-table.ts';
import { coverageOf, draftsOf, edgesOf } from './live-answers.ts';
import { probeRules, unseenDns } from './own-node.ts';
import { ONLY_PRESENT_EDGES, countsOf } from './only-present.ts';
import { ZONED_EDGE } from './unusual-traffic.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/online-boutique', import.meta.url));
const MAX_PROBLEMS = 20;

/** Prints the table of edges and what is wrong, and adds to `total`. Returns whether nothing at all is wrong. */
export async function judge(
  control: ControlPlane,
  capture: string,
  { total, say }: { total: Score; say: (line: string) => void },
): Promise<boolean> {
  const score = new Score();
  const truth = readTruth(capture);
  const cluster = clusterOf(capture);
  const coverage = await coverageOf(control);
  const edges = await edgesOf(control);
  const drafts = await draftsOf(control);
  // The API prints policies as the evaluator reads them; only their optional fields are typed otherwise.
  const policies = drafts.flatMap((each) => (each.kind === 'draft' ? [each.policy as NetworkPolicy] : []));
  const wrong = judgePolicies(policies, cluster, { truth, addresses: readAddresses(EXAMPLE), score });
  const quarantined = coverage.quarantined.map(({ edge }) => edge);
  const rows = judgeEdges(edges, truth, { nodes: nodesOf(cluster), quarantined, score });
  say(tableRow(['client', 'expected', 'found', 'missing', 'extra']));
  for (const row of rows)
    say(tableRow([row.client, row.expected, row.found, row.missing.length, row.extra.length]));
  const countsNamed = (name: string): { opened: number; present: number } =>
    countsOf(edges.find(({ key }) => shortEdge(key) === name)?.hours ?? []);
  const onlyPresent = ONLY_PRESENT_EDGES.map(({ what, edge }) => ({ what, ...countsNamed(edge) }));
  for (const { what, opened, present } of onlyPresent)
    say(`lab: ${what}: opened ${opened}, present ${present}`);
  const zoned = countsNamed(ZONED_EDGE).opened;
  say(`lab: connections with two entries: opened ${zoned}, really ${ROUNDS}`);
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
  const problems = new Set([
    ...rows.flatMap((row) => row.missing.map((edge) => `missing edge: ${edge}`)),
    ...rows.flatMap((row) => row.extra.map((edge) => `extra edge: ${edge}`)),
    ...drafts.flatMap((each) =>
      each.kind === 'omitted' ? [`no draft for ${each.title}: ${each.sentence}`] : [],
    ),
    ...onlyPresent
      .filter(({ opened, present }) => opened !== 0 || present !== 1)
      .map(({ what }) => `the ${what} was not opened, and is one`),
    ...(zoned === ROUNDS ? [] : ['connections with two entries are not counted once']),
    ...(cached.allowed === cached.asked && cached.seen === 0 ? [] : ['DNS behind the cache']),
    ...probes.rules.map((each) => `rule for an own-node probe: ${each}`),
    ...confessed(coverage),
    ...wrong.map((each) => `policy: ${each}`),
  ]);
  for (const problem of [...problems].slice(0, MAX_PROBLEMS)) say(`lab: wrong: ${problem}`);
  if (problems.size > MAX_PROBLEMS) say(`lab: wrong: and ${problems.size - MAX_PROBLEMS} more`);
  say(`lab: this run: ${score.toString()}`);
  total.join(score);
  return problems.size === 0;
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

function tableRow([name = '', ...numbers]: readonly (string | number)[]): string {
  return `  ${String(name).padEnd(34)}${numbers.map((each) => String(each).padStart(9)).join('')}`;
}
