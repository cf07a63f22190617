/** The committed capture, replayed: what the drafts allow is exactly what the recorder's own list of calls says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { edgeKeyText } from '../../src/domain/edge.ts';
import { ip } from '../../src/domain/ip.ts';
import { workloadTitle } from '../../src/domain/workload.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import type { PolicySet } from '../../src/netpol/compile.ts';
import { evaluate } from '../../src/netpol/evaluate.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { End } from '../../src/netpol/world.ts';
import type { KnownPod } from '../../src/recommend/cluster.ts';
import { needsOf } from '../../src/recommend/need.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { EXAMPLE, replayExample } from './boutique.ts';
import type { Replayed } from './boutique.ts';
import { judgePolicies } from './judge.ts';
import { edgeNames, nodesOf, readAddresses, readTruth, Score, shortEdge } from './truth.ts';

const truth = readTruth(EXAMPLE);
const addresses = readAddresses(EXAMPLE);
let replayed: Replayed;
let policies: readonly NetworkPolicy[];
let set: PolicySet;
let pods: readonly KnownPod[];

beforeAll(async () => {
  replayed = await replayExample();
  const { cluster, recommendation } = replayed.analysed;
  policies = recommendation.outcomes.map((outcome) => {
    if (outcome.kind === 'omitted') throw new Error(`${outcome.workload.name}: ${outcome.sentence}`);
    return outcome.policy;
  });
  set = compilePolicies(policies, cluster);
  pods = cluster.workloads.flatMap((workload) => workload.pods).filter((pod) => !pod.hostNetwork);
});

afterAll(() => replayed.close());

function end(pod: KnownPod): End {
  return { kind: 'pod', pod };
}

describe('the capture', () => {
  test('the drafts allow exactly the truth, over every pair of pods, protocol and port, and 1,000 addresses', () => {
    const score = new Score();
    const wrong = judgePolicies(policies, replayed.analysed.cluster, { truth, addresses, score });
    process.stdout.write(`capture: ${score.toString()}\n`);
    expect(wrong).toEqual([]);
    expect(addresses).toHaveLength(1000);
    expect(score.toString()).toBe('precision 1.0 recall 1.0');
  });

  test('the score notices one port too many and one too few', () => {
    const score = new Score();
    score.add([{ from: 80, to: 81 }], [{ from: 81, to: 83 }], [{ from: 81, to: 81 }]);
    expect(score.toString()).toBe('precision 0.500000 recall 0.333333');
  });

  test('every edge of the truth was observed, and nothing else is needed but the reports of the agents', () => {
    const nodes = nodesOf(replayed.analysed.cluster);
    const { needed } = needsOf(replayed.analysed.edges);
    const seen = new Set(needed.map((each) => shortEdge(edgeKeyText(each))));
    // The server's node shows what the client's node masqueraded as traffic of that node: it is no edge of its own.
    const reports = truth.otherViews.filter(({ note }) => note !== 'masqueraded by its node');
    expect(reports.length).toBeLessThan(truth.otherViews.length);
    expect(seen).toEqual(new Set([...edgeNames(truth.edges, nodes), ...edgeNames(reports, nodes)]));
  });

  test('nodes agree about every edge that is needed', () => {
    const { needed } = needsOf(replayed.analysed.edges);
    const counts = needed.map(({ testimony }) => testimony);
    expect(counts.filter(({ agreed }) => agreed === 0)).toEqual([]);
    expect(counts.filter(({ oneSided, disputed }) => oneSided + disputed > 0)).toEqual([]);
  });

  test('every named denial is denied: Service ports, refused and scanned ports, the other holder of a reused address', () => {
    const between = truth.denials.named.filter(
      ({ server, client }) => server.includes('/') && client.includes('/'),
    );
    const of = (title: string): KnownPod[] => pods.filter((pod) => workloadTitle(pod.workload) === title);
    const judged = between.flatMap((line) =>
      of(line.client).flatMap((client) =>
        of(line.server).map((server) => ({
          line,
          allowed: evaluate(set, {
            client: end(client),
            server: end(server),
            protocol: line.protocol === 'UDP' ? 'udp' : 'tcp',
            port: Number(line.port),
          }).allowed,
        })),
      ),
    );
    expect(judged.length).toBeGreaterThanOrEqual(between.length);
    expect(between.length).toBeGreaterThan(100);
    expect(judged.filter(({ allowed }) => allowed).map(({ line }) => line)).toEqual([]);
  });

  test('the reused address is two leases, and no flow of one went to the other', () => {
    const { first, second, addresses: reused } = truth.reusedAddress;
    for (const address of reused) {
      const holders = replayed.store.leases
        .around(ip(address), null)
        .map(({ holder }) => ('workload' in holder ? workloadTitle(holder.workload) : holder.kind));
      expect(holders).toEqual([first.workload, second.workload]);
    }
    expect(
      replayed.analysed.edges.filter((each) => edgeKeyText(each).includes('cart-cleanup')).map(edgeKeyText),
    ).toEqual(['workload:shop/CronJob/cart-cleanup -> workload:shop/Deployment/redis-cart:6379/tcp']);
  });

  test.each([
    ['older than the recording', 'shop/cartservice -> shop/redis-cart:6379/tcp'],
    ['whose entry was lost and made again', 'data/feed-reader -> data/feed:7700/tcp'],
  ])('a connection %s is there, from the dumps alone', (_, name) => {
    const found = replayed.analysed.edges.find((each) => shortEdge(edgeKeyText(each)) === name);
    expect(found?.hours.map(({ opened, present }) => ({ opened, present }))).toEqual([
      { opened: 0, present: 1 },
    ]);
  });

  test('everything was attributed but what the reason says', () => {
    expect(replayed.store.unattributed.list()).toEqual([]);
  });

  test('the nodes were watched without a gap, also while nothing happened', () => {
    // A dump before the first event is a window of one instant.
    const windows = replayed.store.nodeWindows.list().filter(({ start, end: until }) => start < until);
    expect(
      windows.map(({ node, end: until, start, dropped }) => [node, until - start >= 20_000, dropped]),
    ).toEqual([
      ['node-a', true, 0],
      ['node-b', true, 0],
    ]);
  });

  test('a connection that two nodes saw is counted once', () => {
    const found = replayed.analysed.edges.find(
      (each) =>
        edgeKeyText(each) ===
        'workload:shop/Deployment/checkoutservice -> workload:shop/Deployment/emailservice:8080/tcp',
    );
    const opened = replayed.store.edges.evidenceOf(found ?? never()).map((row) => [row.witness, row.opened]);
    expect(found?.witnesses.length).toBe(new Set(opened.map(([witness]) => witness)).size);
    expect(found?.hours.reduce((sum, hour) => sum + hour.opened, 0)).toBe(
      Math.max(...totalsByWitness(opened)),
    );
  });

  test('two runs give byte-identical YAML, and replaying twice into one database counts nothing twice', async () => {
    const yaml = printPolicies(replayed.analysed.recommendation.outcomes, { withEvidence: false });
    const again = await replayExample();
    expect(printPolicies(again.analysed.recommendation.outcomes, { withEvidence: false })).toBe(yaml);
    again.close();
  });

  test('the YAML of the shop is what reviewers have agreed to', async () => {
    const shop = replayed.analysed.recommendation.outcomes.filter(
      ({ workload }) => workload.namespace === 'shop',
    );
    await expect(printPolicies(shop, { withEvidence: false })).toMatchFileSnapshot(
      '../golden/online-boutique-shop.yaml',
    );
  });
});

function totalsByWitness(rows: readonly (readonly [string, number])[] | (string | number)[][]): number[] {
  const totals = new Map<unknown, number>();
  for (const [witness, opened] of rows) totals.set(witness, (totals.get(witness) ?? 0) + Number(opened));
  return [...totals.values()];
}

function never(): never {
  throw new Error('no such edge');
}
