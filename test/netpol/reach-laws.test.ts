import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PortRange } from '../../src/domain/port-range.ts';
import { PROTOCOLS } from '../../src/domain/protocol.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { evaluate } from '../../src/netpol/evaluate.ts';
import { reachOf, reachablePorts } from '../../src/netpol/reach.ts';
import type { Reach } from '../../src/netpol/reach.ts';
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
import { randomCluster } from './random-cluster.ts';

const sizes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 });

describe(`reachOf, on ${RUNS} random clusters`, () => {
  test(
    'agrees with probing pods and outside addresses',
    () => {
      const seen = { all: 0, some: 0, none: 0 };
      fc.assert(
        fc.property(randomCluster(), sizes, fc.nat(1000), (cluster, groupSizes, salt) => {
          const { policies, world, ipBlockMatchesPods } = cluster;
          const pods = cluster.pods.slice(salt % 3, (salt % 3) + PODS_EACH);
          const set = compilePolicies(policies, world, { ipBlockMatchesPods });
          const groups = dealt(pods, groupSizes);
          const rows = reachOf(set, groups);
          const protocol = PROTOCOLS[salt % 3] ?? 'tcp';
          const ports = some(portsWorthProbing({ pods, policies }), PORTS_EACH, salt);
          const addresses = some(addressesWorthProbing({ world, pods, policies }), ADDRESSES_EACH, salt);
          const ends = [...probedGroups(groups), ...addresses.map(probedAddress)];
          const spoken = rows.filter((row) => row.protocol === protocol);
          for (const client of ends) {
            for (const server of ends) {
              if (!client.isGroup && !server.isGroup) continue;
              const pairs = pairsOf(client, server);
              const between = spoken.filter(
                (row) => client.isMeantBy(row.client) && server.isMeantBy(row.server),
              );
              for (const port of ports) {
                const truths = pairs.map((pair) => evaluate(set, { ...pair, protocol, port }).allowed);
                const said = between.filter((row) => holds(row.ports, port)).map((row) => row.pods);
                const share = shareOf(truths);
                seen[share] += 1;
                if (said.join() !== (share === 'none' ? '' : share)) {
                  expect(said, `${client.title} -> ${server.title}:${port}/${protocol}`).toEqual([share]);
                }
              }
            }
          }
        }),
        { seed: SEED, numRuns: RUNS },
      );
      expect(Math.min(seen.all, seen.some, seen.none)).toBeGreaterThan(RUNS);
    },
    TIMEOUT,
  );

  test('gives sorted, distinct rows of merged ranges, whatever the order of policies and groups', () => {
    fc.assert(
      fc.property(randomCluster(), sizes, (cluster, groupSizes) => {
        const { pods, policies, world } = cluster;
        const groups = dealt(pods, groupSizes);
        const rows = reachOf(compilePolicies(policies, world), groups);
        const again = reachOf(compilePolicies(policies.toReversed(), world), groups.toReversed());
        expect(again.map(rowText)).toEqual(rows.map(rowText));
        expect(new Set(rows.map(rowText)).size).toBe(rows.length);
        for (const { ports } of rows) {
          for (const [index, { from, to }] of ports.entries()) {
            expect(from).toBeLessThanOrEqual(to);
            expect(from).toBeGreaterThan((ports[index - 1]?.to ?? -1) + 1);
          }
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe(`reachablePorts, on ${RUNS} random clusters`, () => {
  test(
    'counts what probing counts',
    () => {
      fc.assert(
        fc.property(randomCluster(), fc.nat(5), (cluster, left) => {
          const { policies, world, ipBlockMatchesPods } = cluster;
          const set = compilePolicies(policies, world, { ipBlockMatchesPods });
          const pods = [0, 1, 2].flatMap((step) => cluster.pods[(left + step) % cluster.pods.length] ?? []);
          const starts = portsWorthProbing({ pods, policies });
          let counted = 0;
          const [all] = probedGroups([{ title: 'all', pods }]);
          for (const pair of all === undefined ? [] : pairsOf(all, all)) {
            for (const protocol of PROTOCOLS) {
              for (const [index, port] of starts.entries()) {
                const length = (starts[index + 1] ?? 65_536) - port;
                if (evaluate(set, { ...pair, protocol, port }).allowed) counted += length;
              }
            }
          }
          expect(reachablePorts(set, pods)).toBe(counted);
        }),
        { seed: SEED, numRuns: RUNS },
      );
    },
    TIMEOUT,
  );
});

function holds(ports: readonly PortRange[], port: number): boolean {
  return ports.some(({ from, to }) => from <= port && port <= to);
}

function rowText(row: Reach): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}
