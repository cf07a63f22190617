/**
 * Looks at every pair of groups, and of groups and outside addresses, without looking at every pair of pods: pods of
 * one kind are looked at once, and groups made of the same kinds share one answer.
 */
import { compareAddressRanges } from '../domain/address-range.ts';
import { PROTOCOLS } from '../domain/protocol.ts';
import type { AddressCells } from './address-cells.ts';
import { crewsOf } from './crew.ts';
import type { Crew, Reducer } from './crew.ts';
import type { Ends, Finding, OutsideEnd, ReachGroup } from './reach-end.ts';
import type { Direction } from './world.ts';

/** How to look at two parties, and what to say of all that was seen between two ends. Equal outcomes are one object. */
export interface View<P, T extends { readonly id: number }, F extends Finding> extends Reducer<P> {
  between(client: P, server: P): T;
  findings(outcomes: readonly T[]): readonly F[];
}

/** Sorted by client, then server, each by title with the outside last; then by protocol, `all` before `some`, and ranges. */
export function survey<P, T extends { readonly id: number }, F extends Finding>(
  view: View<P, T, F>,
  groups: readonly ReachGroup[],
  cells: AddressCells,
): (F & Ends)[] {
  const crews = crewsOf(view, groups);
  const findingsOf = rememberedFindings(view);
  const pairs = pairFindings(view, findingsOf);
  const far = outsideFindings(view, findingsOf, cells);
  const decidingServers = crews.filter(({ mayDecide }) => mayDecide.ingress);
  const rows: (F & Ends)[] = [];
  for (const client of crews) {
    const servers = client.mayDecide.egress ? crews : decidingServers;
    for (const server of servers) {
      for (const finding of pairs(client, server)) {
        rows.push({ client: client.end, server: server.end, ...finding });
      }
    }
    const outside = client.mayDecide.egress ? far('egress', client) : [];
    for (const { finding, end } of outside) {
      rows.push({ client: client.end, server: end, ...finding });
    }
  }
  for (const server of decidingServers) {
    for (const { finding, end } of far('ingress', server)) {
      rows.push({ client: end, server: server.end, ...finding });
    }
  }
  return rows;
}

/** Equal outcomes give the same array, and equal findings the same object. */
function rememberedFindings<P, T extends { readonly id: number }, F extends Finding>(
  view: View<P, T, F>,
): (outcomes: ReadonlySet<T>) => readonly F[] {
  const byOutcomes = new Map<string, readonly F[]>();
  const distinct = new Map<string, F>();
  const shared = (finding: F): F => {
    const text = JSON.stringify(finding);
    const known = distinct.get(text) ?? finding;
    distinct.set(text, known);
    return known;
  };
  return (outcomes) => {
    const key = [...outcomes]
      .map(({ id }) => id)
      .toSorted((a, b) => a - b)
      .join();
    const known = byOutcomes.get(key);
    if (known !== undefined) return known;
    const findings = view.findings([...outcomes]).map(shared);
    byOutcomes.set(key, findings);
    return findings;
  };
}

function pairFindings<P, T extends { readonly id: number }, F extends Finding>(
  view: View<P, T, F>,
  findingsOf: (outcomes: ReadonlySet<T>) => readonly F[],
): (client: Crew<P>, server: Crew<P>) => readonly F[] {
  const byShapes: (readonly F[] | undefined)[][] = [];
  const look = (client: Crew<P>, server: Crew<P>): readonly F[] => {
    const outcomes = new Set<T>();
    if (client.kinds === null || server.kinds === null) {
      for (const a of client.members) {
        for (const b of server.members) if (a.key !== b.key) outcomes.add(view.between(a.party, b.party));
      }
    } else {
      for (const a of client.kinds) {
        for (const b of server.kinds) {
          if (client !== server || a !== b || a.hasMore) outcomes.add(view.between(a.party, b.party));
        }
      }
    }
    return findingsOf(outcomes);
  };
  return (client, server) => {
    if (client === server || client.kinds === null || server.kinds === null) return look(client, server);
    const row = (byShapes[client.shape] ??= []);
    return (row[server.shape] ??= look(client, server));
  };
}

interface OutsideFinding<F> {
  readonly finding: F;
  readonly end: OutsideEnd;
}

function outsideFindings<P, T extends { readonly id: number }, F extends Finding>(
  view: View<P, T, F>,
  findingsOf: (outcomes: ReadonlySet<T>) => readonly F[],
  cells: AddressCells,
): (direction: Direction, crew: Crew<P>) => readonly OutsideFinding<F>[] {
  const addresses = cells.outside.map(({ id, address }) => ({
    id,
    party: view.partyOf({ kind: 'address', address }),
  }));
  const endOf = rememberedEnds(cells);
  const remembered = {
    ingress: new Map<number, readonly OutsideFinding<F>[]>(),
    egress: new Map<number, readonly OutsideFinding<F>[]>(),
  };
  return (direction, crew) => {
    const known = remembered[direction].get(crew.groundShape);
    if (known !== undefined) return known;
    const classesBy = new Map<F, Set<number>>();
    for (const { id, party } of addresses) {
      const outcomes = new Set<T>();
      for (const pod of crew.grounds) {
        outcomes.add(direction === 'egress' ? view.between(pod, party) : view.between(party, pod));
      }
      for (const finding of findingsOf(outcomes)) {
        const classes = classesBy.get(finding) ?? new Set();
        classesBy.set(finding, classes.add(id));
      }
    }
    const found = [...classesBy].map(([finding, classes]) => ({ finding, end: endOf(classes) }));
    found.sort(compareOutside);
    remembered[direction].set(crew.groundShape, found);
    return found;
  };
}

function compareOutside<F extends Finding>(a: OutsideFinding<F>, b: OutsideFinding<F>): number {
  const protocol = PROTOCOLS.indexOf(a.finding.protocol) - PROTOCOLS.indexOf(b.finding.protocol);
  if (protocol !== 0) return protocol;
  if (a.finding.pods !== b.finding.pods) return a.finding.pods === 'all' ? -1 : 1;
  const [left, right] = [a.end.ranges[0], b.end.ranges[0]];
  return left === undefined || right === undefined ? 0 : compareAddressRanges(left, right);
}

function rememberedEnds(cells: AddressCells): (classes: ReadonlySet<number>) => OutsideEnd {
  const byClasses = new Map<string, OutsideEnd>();
  return (classes) => {
    const key = [...classes].join();
    const known = byClasses.get(key) ?? { kind: 'outside', ranges: cells.rangesOf(classes) };
    byClasses.set(key, known);
    return known;
  };
}
