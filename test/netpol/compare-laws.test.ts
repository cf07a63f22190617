import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIp } from '../../src/domain/ip.ts';
import type { PortRange } from '../../src/domain/port-range.ts';
import { PROTOCOLS } from '../../src/domain/protocol.ts';
import type { Protocol } from '../../src/domain/protocol.ts';
import { compareReach } from '../../src/netpol/compare.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import type { PolicySet } from '../../src/netpol/compile.ts';
import { evaluate } from '../../src/netpol/evaluate.ts';
import type { ReachEnd, ReachGroup } from '../../src/netpol/reach.ts';
import { ADDRESSES_EACH, PODS_EACH, PORTS_EACH, RUNS, SEED, TIMEOUT } from './law-runs.ts';
import {
  addressesWorthProbing,
  dealt,
  pairsOf,
  portsWorthProbing,
  probedAddress,
  probedGroups,
  shareOf,
  some,
} from './probes.ts';
import type { ProbedEnd } from './probes.ts';
import { changedPolicies, randomCluster } from './random-cluster.ts';

const changedCluster = randomCluster().chain((cluster) =>
  changedPolicies(cluster.policies).map((changed) => ({ ...cluster, changed })),
);

describe(`compareReach, on ${RUNS} random clusters and changes`, () => {
  test(
    'names exactly the probes that differ, and nothing when none does',
    () => {
      const seen = { all: 0, some: 0, none: 0, same: 0, different: 0 };
      fc.assert(
        fc.property(changedCluster, fc.nat(1000), (cluster, salt) => {
          const { policies, changed, world, ipBlockMatchesPods } = cluster;
          const pods = cluster.pods.slice(salt % 3, (salt % 3) + PODS_EACH);
          const before = compilePolicies(policies, world, { ipBlockMatchesPods });
          const after = compilePolicies(changed, world, { ipBlockMatchesPods });
          const groups = dealt(pods, [1 + (salt % 3), 2]);
          const rows = compareReach(before, after, groups);
          seen[rows.length === 0 ? 'same' : 'different'] += 1;

          const both = { world, pods, policies: [...policies, ...changed] };
          const ports = some(portsWorthProbing(both), PORTS_EACH, salt);
          const addresses = some(addressesWorthProbing(both), ADDRESSES_EACH, salt);
          const ends = [...probedGroups(groups), ...addresses.map(probedAddress)];
          const protocol = PROTOCOLS[salt % 3] ?? 'tcp';
          const spoken = rows.filter((row) => row.protocol === protocol);
          for (const client of ends) {
            for (const server of ends) {
              if (!client.isGroup && !server.isGroup) continue;
              const said = spoken.filter(
                (row) => client.isMeantBy(row.client) && server.isMeantBy(row.server),
              );
              for (const port of ports) {
                const probe = probed({ before, after }, { client, server, protocol, port });
                seen[probe.lost] += 1;
                const lost = said.filter((row) => holds(row.allowedOnlyBefore, port)).map((row) => row.pods);
                const gained = said.filter((row) => holds(row.allowedOnlyAfter, port)).map((row) => row.pods);
                if (lost.join() !== wordFor(probe.lost) || gained.join() !== wordFor(probe.gained)) {
                  expect({ lost, gained }, `${client.title} -> ${server.title}:${port}/${protocol}`).toEqual(
                    probe,
                  );
                }
              }
            }
          }
        }),
        { seed: SEED, numRuns: RUNS },
      );
      expect(Math.min(seen.all, seen.some, seen.same, seen.different)).toBeGreaterThan(RUNS / 10);
    },
    TIMEOUT,
  );

  test('every row it gives really differs, at the bounds of what it names', () => {
    let rowsSeen = 0;
    fc.assert(
      fc.property(changedCluster, ({ pods, policies, changed, world, ipBlockMatchesPods }) => {
        const before = compilePolicies(policies, world, { ipBlockMatchesPods });
        const after = compilePolicies(changed, world, { ipBlockMatchesPods });
        const groups = dealt(pods, [2, 2]);
        const taken = new Set(pods.flatMap(({ ips }) => ips));
        for (const row of compareReach(before, after, groups)) {
          rowsSeen += 1;
          const client = endOf(row.client, { groups, taken });
          const server = endOf(row.server, { groups, taken });
          if (client === null || server === null) continue;
          for (const [ports, key] of [
            [row.allowedOnlyBefore, 'lost'],
            [row.allowedOnlyAfter, 'gained'],
          ] as const) {
            for (const port of ports.flatMap(({ from, to }) => [from, to])) {
              const probe = probed({ before, after }, { client, server, protocol: row.protocol, port });
              if (probe[key] !== row.pods) expect(probe[key], `${key} at ${port}`).toBe(row.pods);
            }
          }
        }
      }),
      { seed: SEED + 1, numRuns: 500 },
    );
    expect(rowsSeen).toBeGreaterThan(1000);
  });
});

/** The group, or the first address of the ranges that is no pod's. */
function endOf(
  end: ReachEnd,
  { groups, taken }: { groups: readonly ReachGroup[]; taken: ReadonlySet<string> },
): ProbedEnd | null {
  if (end.kind === 'group') return probedGroups(groups).find((one) => one.isMeantBy(end)) ?? null;
  const bounds = end.ranges.flatMap(({ family, first, last }) => [
    formatIp(family, first),
    formatIp(family, last),
  ]);
  const free = bounds.find((address) => !taken.has(address));
  return free === undefined ? null : probedAddress(free);
}

interface Probe {
  readonly client: ProbedEnd;
  readonly server: ProbedEnd;
  readonly protocol: Protocol;
  readonly port: number;
}

/** Of how many pairs of pods the verdict changed, and how. */
function probed(sets: { before: PolicySet; after: PolicySet }, { client, server, protocol, port }: Probe) {
  const changes = pairsOf(client, server).map((pair) => {
    const connection = { ...pair, protocol, port };
    return { was: evaluate(sets.before, connection).allowed, is: evaluate(sets.after, connection).allowed };
  });
  return {
    lost: shareOf(changes.map(({ was, is }) => was && !is)),
    gained: shareOf(changes.map(({ was, is }) => is && !was)),
  };
}

function wordFor(share: 'all' | 'some' | 'none'): string {
  return share === 'none' ? '' : share;
}

function holds(ports: readonly PortRange[], port: number): boolean {
  return ports.some(({ from, to }) => from <= port && port <= to);
}
