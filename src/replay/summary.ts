/** What a replay tells on standard error: what was read, what came of it, and what could not be used. */
import { compareText } from '../domain/text-order.ts';
import { workloadTitle } from '../domain/workload.ts';
import type { Draft } from '../recommend/draft.ts';
import { givenRangeCaveats } from '../recommend/given-ranges.ts';
import { existingSummary } from '../recommend/existing.ts';
import type { CoverageReport } from '../server/app.ts';
import type { Analysed } from '../server/api-sources.ts';
import type { ReplayResult } from './pipeline.ts';

export function summaryOf(result: ReplayResult, analysed: Analysed, coverage: CoverageReport): string {
  const { outcomes } = analysed.recommendation;
  const drafts = outcomes.filter((outcome) => outcome.kind === 'draft');
  const lines = [
    `${result.batches} batches${result.duplicates > 0 ? ` (${result.duplicates} already known)` : ''} with ${result.flows} flows from ${coverage.nodes.length} nodes`,
    `${analysed.edges.length} edges between ${result.cluster.workloads.length} workloads and the outside, ${drafts.length} drafts`,
  ];
  for (const row of coverage.unattributed)
    lines.push(
      `not attributed: ${row.count} connections, ${row.reason} (${row.end}), such as ${row.example}`,
    );
  for (const node of coverage.nodes)
    if (node.dropped > 0)
      lines.push(`${node.node}: the kernel dropped events ${node.dropped} times; connections are missing`);
  for (const node of coverage.blindNodes) lines.push(`${node}: no records of this node`);
  if (coverage.quarantined.length > 0)
    lines.push(
      `${coverage.quarantined.length} edges held back as quarantined (see /api/v1/coverage; --include takes one in), such as ${coverage.quarantined[0]?.edge ?? ''}`,
    );
  lines.push(...readinessOf(drafts), ...existingSummary(drafts));
  for (const outcome of outcomes)
    if (outcome.kind === 'omitted')
      lines.push(`no draft for ${workloadTitle(outcome.workload)}: ${outcome.code} ${outcome.sentence}`);
  for (const { sentence } of givenRangeCaveats(analysed.cluster, analysed.input.known)) lines.push(sentence);
  for (const [kind, count] of result.ignored) lines.push(`not used: ${count} objects of kind ${kind}`);
  return lines.map((line) => `replay: ${line}\n`).join('');
}

/** `0 drafts ready, 11 incomplete: window 11, blind-nodes 1` */
function readinessOf(drafts: readonly Draft[]): string[] {
  if (drafts.length === 0) return [];
  const reasons = drafts.flatMap(({ readiness }) => (readiness.state === 'ready' ? [] : readiness.reasons));
  const ready = drafts.filter(({ readiness }) => readiness.state === 'ready').length;
  const counts = [...Map.groupBy(reasons, ({ code }) => code)]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([code, all]) => `${code} ${all.length}`);
  return [`${ready} drafts ready, ${drafts.length - ready} incomplete: ${counts.join(', ')}`];
}

/** Where to look once the API is served. */
export function signpost(url: string, analysed: Analysed): string {
  const drafted = Map.groupBy(analysed.recommendation.outcomes, (outcome) => outcome.workload.namespace);
  const [namespace] = [...drafted].toSorted(([, a], [, b]) => b.length - a.length)[0] ?? ['default'];
  const [address] = analysed.cluster.workloads
    .flatMap((workload) => workload.pods)
    .find((pod) => !pod.hostNetwork && pod.ips.length > 0)?.ips ?? ['10.244.1.2'];
  return [
    `netscribe serves the API on ${url} until Ctrl-C. Try:`,
    `  curl -s ${url}/api/v1/namespaces`,
    `  curl -s '${url}/api/v1/edges?namespace=${namespace}&limit=5'`,
    `  curl -s '${url}/api/v1/policies.yaml?namespace=${namespace}'`,
    `  curl -s '${url}/api/v1/leases?ip=${address}'`,
    `  make policies NS=${namespace} SERVER=${url}     the same YAML through the CLI`,
    `  ${url}/openapi.json describes all of it`,
    '',
  ].join('\n');
}
