/**
 * Says what two sets of policies allow differently, by meaning: policies that are written in other words and allow the
 * same are equal. It judges as reach.ts does, and looks only where a pod's policies are not the same in both sets.
 */
import { subtractRanges } from '../domain/port-range.ts';
import type { PortRange } from '../domain/port-range.ts';
import { PROTOCOLS } from '../domain/protocol.ts';
import { cutAddresses } from './address-cells.ts';
import { byProtocol, openAllowanceBook } from './allowance.ts';
import type { Allowance, PortsByProtocol } from './allowance.ts';
import type { PolicySet } from './compile.ts';
import { judgeOf, kindOfPod, numbering } from './party.ts';
import type { Party } from './party.ts';
import { sharedPorts } from './reach.ts';
import type { Ends, Finding, ReachGroup } from './reach-end.ts';
import { survey } from './survey.ts';
import type { Direction } from './world.ts';

interface PortsChanged extends Finding {
  readonly allowedOnlyBefore: readonly PortRange[];
  readonly allowedOnlyAfter: readonly PortRange[];
}

/**
 * Ports on which two ends could connect only before, or can only after; not both lists are empty. `all`: every pair of
 * the groups' pods changes so; `some`: only some pairs do, and these ports are in no `all` row of the same ends.
 */
export interface ReachChange extends PortsChanged, Ends {}

/**
 * Empty exactly when no connection of a given pod, with another or with an outside address, at any port, is judged
 * differently. The groups' pods are the same in both sets, their worlds need not be. Sorted as `survey` says.
 */
export function compareReach(
  before: PolicySet,
  after: PolicySet,
  groups: readonly ReachGroup[],
): ReachChange[] {
  const cells = cutAddresses(
    [before, after],
    groups.flatMap(({ pods }) => pods),
  );
  const book = openAllowanceBook();
  const old = judgeOf({ set: before, cells, book });
  const next = judgeOf({ set: after, cells, book });
  const changeOf = rememberedChanges();
  return survey(
    {
      partyOf: (end) => ({ before: old.partyOf(end), after: next.partyOf(end) }),
      kindOf: (both) => {
        const kinds = [kindOfPod(both.before), kindOfPod(both.after)];
        return kinds.includes(null) ? null : kinds.join();
      },
      mayDecide: policiesDiffer(before, after),
      between: (client, server) =>
        changeOf(old.between(client.before, server.before), next.between(client.after, server.after)),
      findings: portsChanged,
    },
    groups,
    cells,
  );
}

interface Both {
  readonly before: Party;
  readonly after: Party;
}

/** Whether a side may say something else than before. The order and the names of policies mean nothing. */
function policiesDiffer(
  before: PolicySet,
  after: PolicySet,
): (direction: Direction, guarded: Both) => boolean {
  if (before.world !== after.world) return () => true;
  if (before.options.ipBlockMatchesPods !== after.options.ipBlockMatchesPods) return () => true;
  const specNumber = numbering();
  const meaningOf = (set: PolicySet, direction: Direction, { end }: Party): string => {
    if (end.kind === 'address' || end.pod.hostNetwork) return '';
    const { policies } = set.isolation(direction, end.pod);
    return policies
      .map(({ policy }) => specNumber(JSON.stringify(policy.spec)))
      .toSorted((a, b) => a - b)
      .join();
  };
  return (direction, guarded) =>
    meaningOf(before, direction, guarded.before) !== meaningOf(after, direction, guarded.after);
}

/** What one pair of ends gained and lost. */
interface Change {
  readonly id: number;
  readonly onlyBefore: PortsByProtocol;
  readonly onlyAfter: PortsByProtocol;
}

function rememberedChanges(): (before: Allowance, after: Allowance) => Change {
  const nothing = byProtocol(() => []);
  const same: Change = { id: 0, onlyBefore: nothing, onlyAfter: nothing };
  const known: (Change | undefined)[][] = [];
  let count = 1;
  return (before, after) => {
    if (before === after) return same;
    const row = (known[before.id] ??= []);
    return (row[after.id] ??= {
      id: count++,
      onlyBefore: byProtocol((protocol) => subtractRanges(before.ports[protocol], after.ports[protocol])),
      onlyAfter: byProtocol((protocol) => subtractRanges(after.ports[protocol], before.ports[protocol])),
    });
  };
}

function portsChanged(changes: readonly Change[]): PortsChanged[] {
  const found: PortsChanged[] = [];
  for (const protocol of PROTOCOLS) {
    const lost = sharedPorts(changes.map(({ onlyBefore }) => onlyBefore[protocol]));
    const gained = sharedPorts(changes.map(({ onlyAfter }) => onlyAfter[protocol]));
    for (const pods of ['all', 'some'] as const) {
      const [allowedOnlyBefore, allowedOnlyAfter] = [lost[pods], gained[pods]];
      if (allowedOnlyBefore.length + allowedOnlyAfter.length === 0) continue;
      found.push({ protocol, pods, allowedOnlyBefore, allowedOnlyAfter });
    }
  }
  return found;
}
