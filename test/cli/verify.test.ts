/** The whole question over real HTTP, a real database and real files: would these policies break the recorded shop? */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { edgeTotals } from '../../src/domain/edge.ts';
import type { Edge } from '../../src/domain/edge.ts';
import { identityTitle } from '../../src/domain/identity.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import { needsOf } from '../../src/recommend/need.ts';
import { answerOf, denialLines, draftsOf, runVerify, serve, servedExample } from './run-verify.ts';

const { replayed, folder, verify } = servedExample();

const yamlOf = (policies: readonly NetworkPolicy[]): string =>
  policies.map((policy) => `---\n${stringify(policy, { aliasDuplicateObjects: false })}`).join('');

function denyAll(namespace: string, name = 'deny-all'): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}

/** The drafts, with the rules of one that hold `port` left out of one direction. */
function draftsWithout(name: string, direction: 'ingress' | 'egress', port: number): NetworkPolicy[] {
  return draftsOf(replayed()).map((policy) => {
    if (policy.metadata.name !== name) return policy;
    const rules = policy.spec[direction]?.filter(({ ports }) => !ports?.some((each) => each.port === port));
    return { ...policy, spec: { ...policy.spec, [direction]: rules } };
  });
}

/** Edges that somebody relies on, with an end in the namespace. */
function neededIn(namespace: string): Edge[] {
  const isIn = (end: { kind: string; workload?: { namespace: string } }): boolean =>
    end.workload?.namespace === namespace;
  return needsOf(replayed().analysed.edges).needed.filter(
    ({ client, server: to }) => isIn(client) || isIn(to),
  );
}

/** Probes of the kubelet: no policy denies them. */
function isFromOwnNode({ client, views }: Edge): boolean {
  return client.kind !== 'workload' && views.every(({ ownNode }) => ownNode);
}

describe('netscribe verify', () => {
  test('the drafts break nothing, deny only noise, and cut what can be reached', async () => {
    const ran = await verify(['--drafts', '-o', 'json']);
    expect(ran.code).toBe(0);
    const { summary, denied, reachable, newlyAllowed, policies } = answerOf(ran);
    expect(denied.filter(({ need }) => need === 'needed')).toEqual([]);
    expect(summary).toMatchObject({ wouldBreak: 0, deniedBefore: 0, unjudged: 0, admitted: 0 });
    expect(summary.allowed + summary.noise).toBe(summary.edges);
    expect(denied.filter(({ need }) => need === 'scan')).toHaveLength(
      replayed().analysed.recommendation.quarantined.length,
    );
    expect(newlyAllowed).toEqual([]);
    expect(reachable.before).toBe(reachable.possible);
    expect(reachable.after).toBeLessThan(1000);
    const judged = draftsOf(replayed()).length;
    expect(policies).toMatchObject({ judged, before: 0, after: judged });
  });

  test("one ingress rule less denies its edge at the server's side, with its counts", async () => {
    const file = join(folder(), 'one-less.yaml');
    await writeFile(file, yamlOf(draftsWithout('netscribe-deployment-redis-cart', 'ingress', 6379)));
    const ran = await verify(['-f', file, '-n', 'shop', '-o', 'json']);
    const recorded = needsOf(replayed().analysed.edges)
      .needed.filter(({ server: to, port }) => identityTitle(to) === 'shop/redis-cart' && port === 6379)
      .filter((edge) => !isFromOwnNode(edge))
      .map((edge) => {
        const { opened, present, answered } = edgeTotals(edge);
        const ends = `${identityTitle(edge.client)} -> shop/redis-cart:6379/tcp server: deny-all`;
        return `${ends} opened ${opened} present ${present} answered ${answered}`;
      });
    // One connection of cartservice is older than the recording: only dumps show it.
    expect(recorded).toContain(
      'shop/cartservice -> shop/redis-cart:6379/tcp server: deny-all opened 0 present 1 answered 0',
    );
    expect(denialLines(answerOf(ran))).toEqual(recorded);
    expect(ran.code).toBe(1);
    expect(answerOf(ran).summary.wouldBreak).toBe(recorded.length);
  });

  test("one egress rule less denies its edge at the client's side", async () => {
    const less = yamlOf(draftsWithout('netscribe-deployment-cartservice', 'egress', 6379));
    const ran = await verify(['-f', '-', '-o', 'json'], less);
    expect(ran.code).toBe(1);
    expect(denialLines(answerOf(ran))).toEqual([
      expect.stringMatching(/^shop\/cartservice -> shop\/redis-cart:6379\/tcp client: /),
    ]);
  });

  test('deny-all denies everything, but what comes from the own node', async () => {
    const ran = await verify(['-f', '-', '-n', 'shop', '-o', 'json'], yamlOf([denyAll('shop')]));
    const { denied, summary } = answerOf(ran);
    const fromOwnNode = neededIn('shop').filter(isFromOwnNode);
    expect(summary.wouldBreak + fromOwnNode.length).toBe(neededIn('shop').length);
    expect(summary.allowed).toBe(fromOwnNode.length);
    expect(summary.wouldBreak).toBeGreaterThan(20);
    expect(denied.every(({ sides }) => sides.every(({ reason }) => reason.code === 'deny-all'))).toBe(true);
    expect(ran.code).toBe(1);
  });

  test('policies in force are kept, replaced by name, or put aside with --instead', async () => {
    const inForce = await serve(replayed(), { policies: draftsOf(replayed()) });
    try {
      const asks = async (policy: NetworkPolicy, ...more: string[]) =>
        verify(['-f', '-', '-o', 'json', ...more], yamlOf([policy]), inForce);
      const beside = await asks(denyAll('shop'));
      expect(beside.code).toBe(0);
      const before = draftsOf(replayed()).length;
      expect(answerOf(beside).policies).toMatchObject({
        before,
        after: before + 1,
        replaced: [],
        removed: [],
      });
      const replacing = await asks(denyAll('shop', 'netscribe-deployment-redis-cart'));
      expect(answerOf(replacing).policies.replaced).toEqual(['shop/netscribe-deployment-redis-cart']);
      expect(replacing.code).toBe(1);
      const instead = answerOf(await asks(denyAll('shop'), '--instead'));
      expect(instead.policies.removed.length).toBeGreaterThan(10);
      expect(instead.policies.removed.every((key) => key.startsWith('shop/'))).toBe(true);
      expect(instead.summary.wouldBreak).toBeGreaterThan(20);
      const kept = await verify(['--in-force', '-o', 'json'], '', inForce);
      expect([kept.code, answerOf(kept).summary.wouldBreak]).toEqual([0, 0]);
    } finally {
      await inForce.close();
    }
  });

  test('what was denied before is shown apart and does not break; what is opened is shown', async () => {
    const inForce = await serve(replayed(), { policies: [denyAll('shop')] });
    try {
      const drafts = yamlOf(draftsWithout('netscribe-deployment-redis-cart', 'ingress', 6379));
      const ran = await verify(['-f', '-', '-n', 'shop', '-o', 'json'], drafts, inForce);
      const { summary, denied, newlyAllowed, caveats } = answerOf(ran);
      expect(ran.code).toBe(0);
      expect(summary).toMatchObject({ wouldBreak: 0, deniedBefore: 2 });
      expect(summary.admitted).toBeGreaterThan(20);
      expect(denied.slice(0, 2).map(({ deniedBefore, breaks }) => [deniedBefore, breaks])).toEqual([
        [true, false],
        [true, false],
      ]);
      expect(newlyAllowed).toContainEqual({
        client: { kind: 'group', title: 'shop/frontend' },
        server: { kind: 'group', title: 'shop/cartservice' },
        protocol: 'tcp',
        ports: [{ from: 7070, to: 7070 }],
        pods: 'all',
      });
      expect(caveats.map(({ code }) => code)).toContain('denied-before');
      expect((await verify(['--in-force'], '', inForce)).code).toBe(1);
    } finally {
      await inForce.close();
    }
  });

  test('the table ends with the verdict, after the story that was asked for', async () => {
    const less = yamlOf(draftsWithout('netscribe-deployment-redis-cart', 'ingress', 6379));
    const { code, stdout, stderr } = await verify(
      ['-f', '-', '-n', 'shop', '--explain', 'shop/cartservice -> shop/redis-cart:6379'],
      less,
    );
    expect(stdout).toMatch(/^Would break:\n {2}CLIENT +SERVER +SIDE +OPENED/);
    expect(stdout).toMatch(/ {2}shop\/cartservice +shop\/redis-cart:6379\/tcp +server +0 +1 +0 +2026/);
    expect(stdout).toContain('shop/cartservice -> shop/redis-cart on TCP 6379 is denied.');
    expect(stdout).toMatch(/\nWould break: [0-9]+ edges?\.\n$/);
    expect([code, stderr]).toEqual([1, '']);
  });

  test('--help is what was reviewed', async () => {
    const { code, stdout } = await runVerify(['--help']);
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot('../golden/verify-help.txt');
  });
});
