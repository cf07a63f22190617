/** An agent that lies: through the ledger into the store, and what the drafts make of it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { edgeKeyText } from '../../src/domain/edge.ts';
import type { Flow } from '../../src/domain/flow.ts';
import { ip } from '../../src/domain/ip.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { ruleEvidence } from '../../src/recommend/rule-evidence.ts';
import { analyse } from '../../src/server/api-sources.ts';
import { Ledger } from '../../src/server/ledger.ts';
import { ListeningPorts } from '../../src/server/listening.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { batch, HOUR } from '../store/samples.ts';
import { cluster, flow, podFact, workloadInfo } from '../world.ts';

const LIES = 1000;
const PODS_A_NODE = 32;
const NODES = ['node-a', 'node-b', 'node-c'];
/** Seconds after HOUR at which all connections are. */
const AT = HOUR / 1000 + 300;

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

const addressOf = (node: number, pod: number): string => `10.244.${node}.${pod + 1}`;
const workloadOf = (node: number, pod: number): string => `shop/w${node}x${pod}`;

/** From a pod of one node to a pod of another, answered. */
function connection(client: readonly [number, number], server: readonly [number, number]): Flow {
  return flow(`${addressOf(...client)}:40000 > ${addressOf(...server)}:8080 tcp`, { second: AT });
}

/** Every pod of `client` node to the pods of `server` node, in turn. */
function pairs(client: number, server: number): Flow[] {
  return Array.from({ length: LIES }, (_, index) =>
    connection([client, index % PODS_A_NODE], [server, Math.floor(index / PODS_A_NODE)]),
  );
}

/** Real traffic: each pod of node-b to its fellow on node-c. */
const REAL = Array.from({ length: PODS_A_NODE }, (_, pod) => connection([1, pod], [2, pod]));

/** What the agents of the three nodes tell, each watched for ten minutes of the hour; what the drafts are then. */
async function drafted(lies: readonly Flow[]) {
  const book = new LeaseBook();
  for (const [node, name] of NODES.entries()) {
    book.observeNode({ name, uid: name, createdAt: 0, ips: [ip(`192.168.100.${node + 1}`)] }, 0);
    for (let pod = 0; pod < PODS_A_NODE; pod++)
      book.observePod(
        podFact(`${workloadOf(node, pod)}-1`, addressOf(node, pod), { at: HOUR / 1000 - 60, node: name }),
        HOUR - 50_000,
      );
  }
  const info = cluster(
    NODES.flatMap((_, node) =>
      Array.from({ length: PODS_A_NODE }, (_pod, pod) => workloadInfo(workloadOf(node, pod))),
    ),
  );
  const ledger = new Ledger(store, new ListeningPorts());
  const told = [lies, REAL, REAL];
  await ledger.commit(
    NODES.map((nodeName, node) =>
      batch(1, {
        nodeName,
        nodeUid: nodeName,
        windowStart: HOUR,
        windowEnd: HOUR + 600_000,
        flows: told[node] ?? [],
      }),
    ),
  );
  store.leases.put(book.all());
  const due = { now: HOUR + 700_000, until: HOUR + 700_000, finalBefore: 0, retryMs: 0 };
  ledger.attributePending(
    {
      book,
      ranges: { pods: new Set<never>(), services: new Set<never>() },
      frontier: () => Number.POSITIVE_INFINITY,
    },
    due,
  );
  const { edges, recommendation } = analyse(store, info, { nodeCidrs: [], controlPlaneCidrs: [] });
  const { outcomes, quarantined } = recommendation;
  // What is held back is told beside a draft; its policy, its rules and the numbers behind them are those of the truth.
  const numbers = outcomes.map((outcome) =>
    outcome.kind === 'draft'
      ? outcome.rules.map((rule) => [ruleEvidence(rule.edges), rule.edges.map(edgeKeyText)])
      : outcome.code,
  );
  const yaml = `${printPolicies(outcomes, { withEvidence: false })}${JSON.stringify(numbers)}`;
  return { edges, yaml, quarantined };
}

/** The drafts of the same world in which nobody lies. */
async function honest(): Promise<string> {
  const { edges, yaml, quarantined } = await drafted([]);
  expect(edges).toHaveLength(REAL.length);
  expect(quarantined).toEqual([]);
  expect(yaml.match(/8080/g)?.length).toBeGreaterThan(REAL.length);
  store.close();
  store = openStore(':memory:');
  return yaml;
}

test('pairs between other nodes add no edge and no rule, and are counted', async () => {
  const expected = await honest();
  const { edges, yaml, quarantined } = await drafted(pairs(1, 2));
  expect(edges).toHaveLength(REAL.length);
  expect(quarantined).toEqual([]);
  expect(yaml).toBe(expected);
  expect(store.unattributed.list()).toMatchObject([{ reason: 'testimony', end: 'flow', count: LIES }]);
});

test.each([
  ['clients', pairs(0, 1)],
  ['servers', pairs(2, 0)],
])('pairs of which the %s are on its own node add disputed edges and no rule', async (_which, lies) => {
  const expected = await honest();
  const { edges, yaml, quarantined } = await drafted(lies);
  expect(edges).toHaveLength(REAL.length + LIES);
  expect(quarantined).toHaveLength(LIES);
  expect(new Set(quarantined.map(({ reason }) => reason))).toEqual(new Set(['disputed']));
  const held = new Set(quarantined.map(({ edge }) => edgeKeyText(edge)));
  for (const { testimony, ...edge } of edges)
    expect(testimony).toEqual(
      held.has(edgeKeyText(edge))
        ? { agreed: 0, oneSided: 0, disputed: 1 }
        : { agreed: 1, oneSided: 0, disputed: 0 },
    );
  expect(yaml).toBe(expected);
  expect(store.unattributed.list()).toEqual([]);
});
