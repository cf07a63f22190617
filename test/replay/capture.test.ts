/** The committed capture, replayed: what the drafts allow is exactly what the recorder's own list of calls says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { intersectRanges } from '../../src/domain/port-range.ts';
import type { PortRange } from '../../src/domain/port-range.ts';
import { edgeKeyText } from '../../src/domain/edge.ts';
import { ip } from '../../src/domain/ip.ts';
import { scopeOf } from '../../src/domain/special-ranges.ts';
import { workloadTitle } from '../../src/domain/workload.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import type { PolicySet } from '../../src/netpol/compile.ts';
import { allowedPorts, evaluate } from '../../src/netpol/evaluate.ts';
import type { End } from '../../src/netpol/world.ts';
import type { KnownPod } from '../../src/recommend/cluster.ts';
import { needsOf } from '../../src/recommend/need.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { EXAMPLE, replayExample } from './boutique.ts';
import type { Replayed } from './boutique.ts';
import { ALL_PROTOCOLS, Allowed, Score, readAddresses, readTruth } from './truth.ts';

const truth = readTruth(EXAMPLE);
const addresses = readAddresses(EXAMPLE);
let replayed: Replayed;
let set: PolicySet;
let pods: readonly KnownPod[];

beforeAll(async () => {
  replayed = await replayExample();
  const { cluster, recommendation } = replayed.analysed;
  const policies = recommendation.outcomes.map((outcome) => {
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
    const { cluster } = replayed.analysed;
    const nodes = new Map(cluster.nodes.map((node) => [node.name, node.addresses]));
    const allowed = new Allowed(truth, nodes, '192.168.100.1');
    const score = new Score();
    const wrong: string[] = [];
    const judge = (what: string, got: PortRange[], wanted: PortRange[]): void => {
      score.add(got, wanted, intersectRanges(got, wanted));
      if (JSON.stringify(got) !== JSON.stringify(wanted))
        wrong.push(`${what}: ${JSON.stringify(got)}, truth ${JSON.stringify(wanted)}`);
    };
    for (const protocol of ALL_PROTOCOLS) {
      for (const pod of pods) {
        const title = workloadTitle(pod.workload);
        for (const server of pods) {
          if (server === pod) continue;
          const wanted = allowed.between(title, workloadTitle(server.workload), protocol);
          judge(
            `${title} -> ${workloadTitle(server.workload)} ${protocol}`,
            allowedPorts(set, { client: end(pod), server: end(server), protocol }),
            wanted,
          );
        }
        for (const address of addresses) {
          // A pod is never cut off from itself: nothing to judge (NETPOL rule 22).
          if (pod.ips.includes(ip(address.address)) || scopeOf(ip(address.address)) === 'loopback') continue;
          const outside: End = { kind: 'address', address: ip(address.address) };
          judge(
            `${title} -> ${address.address} ${protocol}`,
            allowedPorts(set, { client: end(pod), server: outside, protocol }),
            allowed.egress(title, address, protocol),
          );
          judge(
            `${address.address} -> ${title} ${protocol}`,
            allowedPorts(set, { client: outside, server: end(pod), protocol }),
            allowed.ingress(address, title, { protocol, ownNode: pod.node ?? '' }),
          );
        }
      }
    }
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

  test('every edge of the truth was observed, and nothing else is needed but what nodes show of masqueraded pods', () => {
    const { needed } = needsOf(replayed.analysed.edges);
    const seen = new Set(
      needed.map((each) => edgeKeyText(each).replace(/workload:(\S+?)\/\w+\/(\S+?)(?= |:)/g, '$1/$2')),
    );
    const wanted = truth.edges.map(
      ({ client, server, protocol, port }) =>
        `${nameOf(client)} -> ${nameOf(server)}:${port}/${protocol.toLowerCase()}`,
    );
    const secondViews = [
      'node:node-b@192.168.100.2 -> apiserver@192.168.100.1:6443/tcp',
      'node:node-b@192.168.100.2 -> node:node-a@192.168.100.1:9100/tcp',
      'node:node-a@192.168.100.1 -> shop/frontend:8080/tcp',
    ];
    expect(wanted.filter((each) => !seen.has(each))).toEqual([]);
    expect([...seen].filter((each) => !wanted.includes(each)).toSorted()).toEqual(
      secondViews.filter((each) => !wanted.includes(each)).toSorted(),
    );
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
    ).toEqual([
      'workload:shop/CronJob/cart-cleanup -> workload:kube-system/Deployment/coredns:53/udp',
      'workload:shop/CronJob/cart-cleanup -> workload:shop/Deployment/redis-cart:6379/tcp',
    ]);
  });

  test('the connection older than the recording is there, from the dumps alone', () => {
    const found = replayed.analysed.edges.find(
      (each) =>
        edgeKeyText(each) ===
        'workload:shop/Deployment/cartservice -> workload:shop/Deployment/redis-cart:6379/tcp',
    );
    expect(found?.hours.map(({ opened, present }) => ({ opened, present }))).toEqual([
      { opened: 0, present: 1 },
    ]);
  });

  test('everything was attributed but what the reason says', () => {
    expect(replayed.store.unattributed.list()).toEqual([]);
  });

  test('the nodes were watched without a gap, also while nothing happened', () => {
    const windows = replayed.store.nodeWindows.list();
    expect(
      windows.map(({ node, end: until, start, dropped }) => [node, (until - start) / 10_000 >= 5, dropped]),
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

function nameOf(truthEnd: string): string {
  if (truthEnd === 'apiserver') return 'apiserver@192.168.100.1';
  if (truthEnd.startsWith('external:')) return truthEnd.replace(':', '@');
  if (!truthEnd.startsWith('node:')) return truthEnd;
  const node = replayed.analysed.cluster.nodes.find((each) => `node:${each.name}` === truthEnd);
  return `${truthEnd}@${node?.addresses[0] ?? ''}`;
}

function totalsByWitness(rows: readonly (readonly [string, number])[] | (string | number)[][]): number[] {
  const totals = new Map<unknown, number>();
  for (const [witness, opened] of rows) totals.set(witness, (totals.get(witness) ?? 0) + Number(opened));
  return [...totals.values()];
}

function never(): never {
  throw new Error('no such edge');
}
