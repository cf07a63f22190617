// What the lab asks the server's API, and waits for in it.
import type { CoverageJson } from '../../src/wire/coverage-json.ts';
import type { DraftOutcomeJson } from '../../src/wire/draft-json.ts';
import type { LeasesPageJson } from '../../src/wire/lease-verdict-json.ts';
import type { EdgeJson } from '../../src/wire/edge-json.ts';
import type { ControlPlane } from './control-plane.ts';
import { waitUntil } from './wait-until.ts';
import { NODES } from './world.ts';

/** Every edge with its counts by the hour, all pages. */
export function edgesOf(control: ControlPlane): Promise<EdgeJson[]> {
  return allPages<EdgeJson>(control, '/api/v1/edges?with-hours=true&limit=100');
}

/** Every workload's draft, or why it has none, all pages. */
export function draftsOf(control: ControlPlane): Promise<DraftOutcomeJson[]> {
  return allPages<DraftOutcomeJson>(control, '/api/v1/policies?limit=1000');
}

export async function coverageOf(control: ControlPlane): Promise<CoverageJson> {
  return JSON.parse(await control.text('/api/v1/coverage')) as CoverageJson;
}

/** What attribution makes of an address at an instant (unix ms), in one line. */
export async function verdictText(control: ControlPlane, ip: string, at: number): Promise<string> {
  const text = await control.text(`/api/v1/leases?ip=${ip}&at=${at}`);
  const { verdict } = JSON.parse(text) as LeasesPageJson;
  if (verdict === null) return 'nothing';
  return `${verdict.kind}, ${verdict.reason}: ${verdict.sentence}`;
}

/** A time, unix ms. */
interface Span {
  readonly from: number;
  readonly until: number;
}

/**
 * Waits until the server knows that every node was looked at for a whole span without a gap, and its drafts are at least as
 * new: a window counts once its batch is attributed, and an analysis may be a second older than the windows beside it, so that
 * the window it names itself must be a later one. Newer batches wait for their kubelets meanwhile, as always.
 */
export async function attributed(control: ControlPlane, span: Span, deadlineMs: number): Promise<void> {
  const seenUntil = await seen(control, span, deadlineMs);
  await waitUntil('drafts of all that was attributed', deadlineMs, async (note) => {
    const { windowEnd } = await coverageOf(control);
    note(`the drafts are of ${windowEnd}`);
    return windowEnd !== null && Date.parse(windowEnd) > seenUntil ? true : null;
  });
}

/** As `attributed`, but drafts may be older. Returns until when any node was looked at, unix ms. */
export function seen(control: ControlPlane, span: Span, deadlineMs: number): Promise<number> {
  return waitUntil('every node seen and attributed', deadlineMs, async (note) => {
    const { nodes } = await coverageOf(control);
    const late = Object.keys(NODES).filter((name) => {
      const windows = nodes.find(({ node }) => node === name)?.windows ?? [];
      return !windows.some(
        ({ start, end }) => Date.parse(start) <= span.from && Date.parse(end) >= span.until,
      );
    });
    note(`not yet: ${late.join(', ')} of ${JSON.stringify(nodes)}`);
    const ends = nodes.flatMap(({ windows }) => windows.map(({ end }) => Date.parse(end)));
    return late.length === 0 ? Math.max(...ends) : null;
  });
}

/** Waits until nothing that was accepted waits any more: only when no agent sends. */
export function settled(control: ControlPlane, deadlineMs: number): Promise<CoverageJson> {
  return waitUntil('every accepted batch attributed', deadlineMs, async (note) => {
    const coverage = await coverageOf(control);
    note(JSON.stringify(coverage.batches));
    return coverage.batches.pending === 0 ? coverage : null;
  });
}

async function allPages<T>(control: ControlPlane, path: string): Promise<T[]> {
  const items: T[] = [];
  let next: string | null = null;
  do {
    const cursor: string = next === null ? '' : `&cursor=${encodeURIComponent(next)}`;
    const page = JSON.parse(await control.text(`${path}${cursor}`)) as { items: T[]; next: string | null };
    items.push(...page.items);
    next = page.next;
  } while (next !== null);
  return items;
}
