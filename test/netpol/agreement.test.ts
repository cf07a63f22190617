import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { allowedPorts, evaluate, sideJudge } from '../../src/netpol/evaluate.ts';
import type { SideReason } from '../../src/netpol/evaluate.ts';
import { ObviousEvaluator } from './obvious-evaluator.ts';
import { portsWorthProbing, some } from './probes.ts';
import { randomCluster } from './random-cluster.ts';

/** Fixed, so that a failure is the same for everybody. */
const SEED = 20_260_811;
const RUNS = 5000;
/** Connections of each cluster, and ports of each connection: the next cluster takes others. */
const CONNECTIONS_EACH = 4;
const PORTS_EACH = 4;
/** Milliseconds; only ends a run that hangs, for a busy machine must not fail a test. */
const TIMEOUT = 600_000;

describe('the evaluator', () => {
  test(
    `agrees with the obvious evaluator in verdict and reasons on ${RUNS} random clusters, port by port`,
    () => {
      const reasons = new Map<SideReason, number>();
      const byRules = { allowed: 0, denied: 0 };
      fc.assert(
        fc.property(randomCluster(), fc.nat(1000), (cluster, salt) => {
          const { world, policies, ipBlockMatchesPods } = cluster;
          const set = compilePolicies(policies, world, { ipBlockMatchesPods });
          const obvious = new ObviousEvaluator(policies, world, ipBlockMatchesPods);
          const ports = portsWorthProbing(cluster);
          for (const [index, ends] of some(cluster.connections, CONNECTIONS_EACH, salt).entries()) {
            for (const port of [ends.port, ...some(ports, PORTS_EACH, salt + index)]) {
              const connection = { ...ends, port };
              const verdict = evaluate(set, connection);
              const expected = obvious.evaluate(connection);
              if (!isDeepStrictEqual(verdict, expected)) expect(verdict, `port ${port}`).toEqual(expected);
              for (const side of ['ingress', 'egress'] as const) {
                const [own, far] =
                  side === 'ingress'
                    ? [connection.server, connection.client]
                    : [connection.client, connection.server];
                if (own.kind !== 'pod' || (side === 'ingress' && connection.seenAs !== undefined)) continue;
                if (sideJudge(set, side, own.pod)(far, connection.protocol, port) !== verdict[side].allowed)
                  expect.unreachable(`sideJudge differs at ${side} on port ${port}`);
              }
              for (const { reason } of [verdict.egress, verdict.ingress]) {
                reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
              }
              byRules[verdict.allowed ? 'allowed' : 'denied'] += 1;
            }
          }
        }),
        { seed: SEED, numRuns: RUNS },
      );
      // The clusters reach every reason often enough for agreement to mean something.
      const every: SideReason[] = [
        'self',
        'own-node',
        'host-network',
        'not-a-pod',
        'not-isolated',
        'allowed-by-rule',
        'no-rule-matches',
      ];
      for (const reason of every) expect(reasons.get(reason) ?? 0, reason).toBeGreaterThan(100);
      expect(Math.min(byRules.allowed, byRules.denied)).toBeGreaterThan(1000);
    },
    TIMEOUT,
  );

  test('gives the same verdicts whatever the order of the policies', () => {
    fc.assert(
      fc.property(randomCluster(), ({ world, policies, connections }) => {
        const set = compilePolicies(policies, world);
        const reversed = compilePolicies(policies.toReversed(), world);
        for (const connection of connections) {
          expect(evaluate(reversed, connection)).toEqual(evaluate(set, connection));
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

describe('allowedPorts', () => {
  test('agrees with evaluate at every boundary, beside it, and at random ports', () => {
    let partly = 0;
    fc.assert(
      fc.property(
        randomCluster(),
        fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 4, maxLength: 4 }),
        ({ world, policies, connections, ipBlockMatchesPods }, anywhere) => {
          const set = compilePolicies(policies, world, { ipBlockMatchesPods });
          for (const { port, ...ends } of connections) {
            const ranges = allowedPorts(set, ends);
            const boundaries = ranges.flatMap(({ from, to }) => [
              from - 1,
              from,
              from + 1,
              to - 1,
              to,
              to + 1,
            ]);
            const probes = new Set([port, 1, 65_535, ...anywhere, ...boundaries]);
            for (const probe of probes) {
              if (probe < 1 || probe > 65_535) continue;
              const inRanges = ranges.some(({ from, to }) => from <= probe && probe <= to);
              expect(inRanges, `port ${probe}`).toBe(evaluate(set, { ...ends, port: probe }).allowed);
            }
            if (ranges.length > 0 && (ranges[0]?.from !== 1 || ranges[0].to !== 65_535)) partly += 1;
          }
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
    expect(partly).toBeGreaterThan(100);
  });

  test('the ranges are sorted, disjoint and not adjacent', () => {
    fc.assert(
      fc.property(randomCluster(), ({ world, policies, connections }) => {
        const set = compilePolicies(policies, world);
        for (const ends of connections) {
          const ranges = allowedPorts(set, ends);
          for (const [index, range] of ranges.entries()) {
            expect(range.from).toBeLessThanOrEqual(range.to);
            expect(range.from).toBeGreaterThan((ranges[index - 1]?.to ?? -1) + 1);
          }
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});
