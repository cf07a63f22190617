/** Connections that the options keep out of drafts: listed with the reason, never silently gone. */
import { edgeKeyText, edgeTotals } from '../domain/edge.ts';
import type { Edge } from '../domain/edge.ts';
import { compareText } from '../domain/text-order.ts';
import type { DraftingOptions } from './drafting-options.ts';
import { isExcludedBy } from './exclusion.ts';

export interface LeftOut {
  readonly edge: Edge;
  /** `excluded`: by an exclusion. `evidence`: seen too seldom. `nodes`: no prefix tells the node from pods. */
  readonly reason: 'excluded' | 'evidence' | 'nodes';
  /** The option that did it, as `exclude=port=9100/tcp`. Moves with no traffic. */
  readonly option: string;
}

const DAY_MS = 86_400_000;

/** Splits needed edges into those that enter drafts and those that the options leave out. */
export function applyOptions(
  needed: readonly Edge[],
  options: Pick<DraftingOptions, 'exclude' | 'minOpened' | 'minDays'>,
): { readonly kept: readonly Edge[]; readonly leftOut: readonly LeftOut[] } {
  const { exclude, minOpened, minDays } = options;
  if (exclude.length === 0 && minOpened <= 1 && minDays <= 1) return { kept: needed, leftOut: [] };
  const kept: Edge[] = [];
  const leftOut: LeftOut[] = [];
  for (const edge of needed) {
    const exclusion = exclude.find((each) => isExcludedBy(each, edge));
    if (exclusion !== undefined)
      leftOut.push({ edge, reason: 'excluded', option: `exclude=${exclusion.text}` });
    else if (minOpened > 1 && seenAlive(edge) < minOpened)
      leftOut.push({ edge, reason: 'evidence', option: `minOpened=${minOpened}` });
    else if (minDays > 1 && daysSeen(edge) < minDays)
      leftOut.push({ edge, reason: 'evidence', option: `minDays=${minDays}` });
    else kept.push(edge);
  }
  return { kept, leftOut: leftOut.toSorted(compareLeftOut) };
}

export function compareLeftOut(a: LeftOut, b: LeftOut): number {
  return compareText(edgeKeyText(a.edge), edgeKeyText(b.edge));
}

/** A pool that was opened before the window is present in it, not opened. */
function seenAlive(edge: Edge): number {
  const { opened, present } = edgeTotals(edge);
  return Math.max(opened, present);
}

function daysSeen(edge: Edge): number {
  return new Set(edge.hours.map(({ hour }) => Math.floor(hour / DAY_MS))).size;
}
