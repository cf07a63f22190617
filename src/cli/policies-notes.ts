/** What `netscribe policies` says on standard error beside the document: how sure the drafts are, and what is not in them. */
import { existingSummary } from '../recommend/existing.ts';
import type { DraftJson, OmissionJson } from '../wire/draft-json.ts';
import { plural } from './command.ts';

/** Edges listed at most; JSON has all. */
const MAX_HELD_BACK = 10;

export function notesOf(drafts: readonly DraftJson[], omitted: readonly OmissionJson[]): string {
  const lines = [
    `${plural(drafts.length, 'draft')}, ${omitted.length} omitted${omitted.length > 0 ? ':' : ''}`,
    ...omitted.map(({ title, code, sentence }) => `  ${title}: ${code} ${sentence}`),
    ...readinessLines(drafts),
    ...existingSummary(drafts),
    ...heldBackLines(drafts),
  ];
  return `${lines.join('\n')}\n`;
}

/** `1 ready, 2 incomplete: window 2, blind-nodes 1` */
function readinessLines(drafts: readonly DraftJson[]): string[] {
  if (drafts.length === 0) return [];
  const reasons = drafts.flatMap(({ readiness }) =>
    readiness.state === 'ready' ? [] : [...new Set(readiness.reasons.map(({ code }) => code))],
  );
  const incomplete = drafts.filter(({ readiness }) => readiness.state === 'incomplete').length;
  const counts = [...Map.groupBy(reasons, (code) => code)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, all]) => `${code} ${all.length}`);
  const words = counts.length === 0 ? '' : `: ${counts.join(', ')}`;
  return [`${drafts.length - incomplete} ready, ${incomplete} incomplete${words}`];
}

function heldBackLines(drafts: readonly DraftJson[]): string[] {
  const held = new Map(drafts.flatMap(({ heldBack }) => heldBack).map((each) => [each.edge, each]));
  if (held.size === 0) return [];
  const shown = [...held.values()].slice(0, MAX_HELD_BACK);
  const more = held.size - shown.length;
  return [
    `${plural(held.size, 'edge')} held back out of the drafts; take one in with --include EDGE:`,
    ...shown.map(({ edge, reason }) => `  ${reason}: ${edge}`),
    ...(more > 0 ? [`  and ${more} more; -o json has them all under heldBack`] : []),
  ];
}
