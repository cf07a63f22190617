/** Connections that the options keep out of drafts: listed with the reason, never silently gone. */
import { edgeKeyText, edgeTotals } from '../domain/edge.ts';
import type { Edge } from '../domain/edge.ts';
import { compareText } from '../domain/text-order.ts';
import type { DraftingOptions } from './drafting-options.ts';
import { isExcludedBy } from './exclusion.ts';
import type { Span } from './history.ts';
import { edgeWithin, firstHour, learningWindowText } from './learning-window.ts';

export interface LeftOut {
  readonly edge: Edge;
  /**
   * `excluded`: by an exclusion. `evidence`: seen too seldom. `nodes`: no prefix tells the node from pods. `window`: before the
   * learning window that was asked for. `gone`: nothing is left of the peer.
   */
  readonly reason: 'excluded' | 'evidence' | 'nodes' | 'window' | 'gone';
  /** The option that did it, as `exclude=port=9100/tcp`. Moves with no traffic. */
  readonly option: string;
}

const DAY_MS = 86_400_000;

/** Splits needed edges into those that enter drafts, with what is in the learning window, and those that the options leave out. */
export function applyOptions(
  needed: readonly Edge[],
  options: Pick<DraftingOptions, 'exclude' | 'minOpened' | 'minDays' | 'window'>,
  recorded: Span,
): { readonly kept: readonly Edge[]; readonly leftOut: readonly LeftOut[] } {
  const { exclude, minOpened, minDays, window } = options;
  if (exclude.length === 0 && minOpened <= 1 && minDays <= 1 && window === null)
    return { kept: needed, leftOut: [] };
  const kept: Edge[] = [];
  const leftOut: LeftOut[] = [];
  const within =
    window === null
      ? (edge: Edge) => edge
      : (edge: Edge) => {
          const recent = edgeWithin(edge, firstHour(recorded, window));
          if (recent === null)
            leftOut.push({ edge, reason: 'window', option: `window=${learningWindowText(window)}` });
          return recent;
        };
  for (const each of needed) {
    const edge = within(each);
    if (edge === null) continue;
    const exclusion = exclude.find((one) => isExcludedBy(one, edge));
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
