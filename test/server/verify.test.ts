/** POST /api/v1/verify: what it answers, over real requests to the real app. */
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyTable } from '../../src/cli/verify-table.ts';
import { buildApp } from '../../src/server/app.ts';
import type { Analysed } from '../../src/server/api-sources.ts';
import { verifyAnswerJson } from '../../src/wire/verify-json.ts';
import type { VerifyAnswerJson } from '../../src/wire/verify-json.ts';
import { EDGES, WRONG_PORT, analysedShop, policyNamed, seen, shopSources } from './recorded-shop.ts';

const URL = '/api/v1/verify';

let app: FastifyInstance;
beforeAll(() => {
  app = buildApp(shopSources(), { logger: false, version: '0' });
});
afterAll(() => app.close());

async function verify(body: object, analysed?: Analysed): Promise<VerifyAnswerJson> {
  const asked =
    analysed === undefined ? app : buildApp(shopSources(analysed), { logger: false, version: '0' });
  const response = await asked.inject({ method: 'POST', url: URL, payload: body });
  if (asked !== app) await asked.close();
  expect(response.statusCode, response.body).toBe(200);
  expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
  return verifyAnswerJson.parse(response.json());
}

const given = (...items: unknown[]) => ({ policies: { kind: 'given', items } });
const codesOf = ({ caveats }: VerifyAnswerJson): string[] => caveats.map(({ code }) => code);
const keysOf = (
  edges: readonly { client: { title: string }; server: { title: string }; port: number }[],
): string[] => edges.map(({ client, server, port }) => `${client.title} -> ${server.title}:${port}`);

describe('the answer', () => {
  test('names the edges that would break, the side, the counts of the window, and the nearest rule', async () => {
    const { denied, summary, window } = await verify(given(WRONG_PORT));
    expect(keysOf(denied)).toEqual([
      'ops/backup -> shop/db:5432',
      'shop/report -> shop/db:5432',
      'shop/web -> shop/db:5432',
    ]);
    expect(denied[2]).toMatchObject({
      key: 'workload:shop/Deployment/web -> workload:shop/Deployment/db:5432/tcp',
      need: 'needed',
      breaks: true,
      deniedBefore: false,
      ways: 'all',
      opened: 4,
      present: 1,
      answered: 4,
      firstSeen: '2026-11-03T09:30:00.000Z',
      lastSeen: '2026-11-12T09:30:00.000Z',
      sides: [
        {
          side: 'server',
          isolatedBy: ['shop/db'],
          reason: {
            code: 'wrong-port',
            policy: 'shop/db',
            sentence: 'shop/db: rule 0 allows this peer, but not TCP 5432: it allows TCP 5433',
          },
        },
      ],
    });
    expect(denied[0]?.sides[0]?.seenAs?.title).toBe('node node-b (192.168.100.2)');
    expect(summary).toMatchObject({ edges: 7, wouldBreak: 3, allowed: 3, unjudged: 1, noise: 0 });
    expect(window).toMatchObject({ start: '2026-11-06T09:00:00.000Z', end: '2026-11-13T09:30:00.000Z' });
  });

  test('counts the hours of the window only, and forgets what was seen before it', async () => {
    const wide = await verify({ ...given(WRONG_PORT), since: '10d' });
    expect(keysOf(wide.denied)).toContain('shop/cart -> shop/db:5432');
    const narrow = await verify({ ...given(WRONG_PORT), since: '2026-11-12T09:00:00Z' });
    expect(narrow.summary.edges).toBe(4);
    const offset = await verify({ ...given(WRONG_PORT), since: '2026-11-12T10:00:00+01:00' });
    expect(offset.window).toEqual(narrow.window);
  });

  test('judges a workload without pods by its template, and does not judge one of which nothing is left', async () => {
    const { denied, unjudged } = await verify(given(WRONG_PORT));
    expect(keysOf(denied)).toContain('shop/report -> shop/db:5432');
    expect(keysOf(unjudged)).toEqual(['shop/old -> shop/db:5432']);
    expect(unjudged[0]).toMatchObject({ reason: 'workload-gone', gone: [{ title: 'shop/old' }], opened: 4 });
  });

  test('shows noise apart', async () => {
    const { denied, summary } = await verify(
      given(policyNamed('shop/shut', { podSelector: { matchLabels: { app: 'cart' } } })),
    );
    expect(denied.map(({ port, need, breaks }) => [port, need, breaks])).toEqual([
      [7070, 'needed', true],
      [9999, 'unanswered', false],
    ]);
    expect(summary).toMatchObject({ wouldBreak: 1, noise: 1 });
  });

  test('what is held back is told by everything recorded, not by the window alone', async () => {
    const burst = Array.from({ length: 25 }, (_, index) => {
      const then = seen(`shop/web -> shop/db:${1000 + index}/tcp`, 9);
      return { ...then, firstSeen: then.lastSeen };
    });
    const again = burst.slice(0, 1).map((edge) => {
      const { hours, lastSeen } = seen('shop/web -> shop/db:1000/tcp', 1);
      return { ...edge, hours: [...edge.hours, ...hours], lastSeen };
    });
    const edges = [...EDGES, ...again, ...burst.slice(1)];
    const { summary, caveats, denied } = await verify(given(WRONG_PORT), analysedShop({}, edges));
    expect(summary).toMatchObject({ wouldBreak: 3, noise: 1 });
    expect(denied.map(({ port, need }) => [port, need])).toContainEqual([1000, 'burst']);
    expect(caveats).toContainEqual({
      code: 'quarantined',
      sentence: 'held back out of the drafts, so a denial of them does not count as breaking: edges 1',
    });
  });

  test('the drafts deny nothing that is needed', async () => {
    const { summary, policies } = await verify({ policies: { kind: 'drafts' } });
    expect(summary).toMatchObject({ wouldBreak: 0, noise: 1 });
    expect(policies.judged).toBe(policies.after);
  });

  test('what is in force is judged against having nothing', async () => {
    const inForce = [WRONG_PORT, policyNamed('ops/open', { podSelector: {}, ingress: [{}] })];
    const all = await verify({ policies: { kind: 'in-force' } }, analysedShop({ policies: inForce }));
    expect(all.policies).toMatchObject({
      judged: 2,
      before: 0,
      after: 2,
      touchedNamespaces: ['ops', 'shop'],
    });
    expect(all.summary).toMatchObject({ wouldBreak: 3, deniedBefore: 0 });
    const one = await verify(
      { policies: { kind: 'in-force' }, namespace: 'shop' },
      analysedShop({ policies: inForce }),
    );
    expect(one.policies).toMatchObject({ judged: 1, before: 1, after: 2, touchedNamespaces: ['shop'] });
  });

  test('policies in force stay, are replaced by name, or go with `instead`', async () => {
    const analysed = analysedShop({ policies: [WRONG_PORT, policyNamed('ops/open', { ingress: [{}] })] });
    const open = policyNamed('shop/db', { podSelector: { matchLabels: { app: 'db' } }, ingress: [{}] });
    const beside = { ...open, metadata: { ...open.metadata, name: 'db-open' } };
    const replacing = await verify(given(open), analysed);
    expect(replacing.policies).toMatchObject({ before: 2, after: 2, replaced: ['shop/db'], removed: [] });
    expect(replacing.summary).toMatchObject({ wouldBreak: 0, admitted: 3 });
    expect(replacing.newlyAllowed.length).toBeGreaterThan(0);
    const together = await verify(given(beside), analysed);
    expect(together.policies).toMatchObject({ before: 2, after: 3, replaced: [], removed: [] });
    const instead = await verify({ ...given(beside), mode: 'instead' }, analysed);
    expect(instead.policies).toMatchObject({ before: 2, after: 2, replaced: [], removed: ['shop/db'] });
    const nothing = await verify({ ...given(), mode: 'instead', namespace: 'shop' }, analysed);
    expect(nothing.policies).toMatchObject({ judged: 0, after: 1, removed: ['shop/db'] });
  });

  test('a namespace takes its own policies and the edges that touch it, and says what it left out', async () => {
    const mixed = { ...given(WRONG_PORT, policyNamed('ops/shut', { podSelector: {} })), namespace: 'ops' };
    const { policies, summary, caveats } = await verify(mixed);
    expect(policies).toMatchObject({ judged: 1, touchedNamespaces: ['ops'] });
    expect(summary.edges).toBe(1);
    expect(caveats).toContainEqual({
      code: 'other-namespaces',
      sentence: 'left out, because they are in other namespaces: shop/db',
    });
    const nameless = { ...WRONG_PORT, metadata: { name: 'db' } };
    expect((await verify({ ...given(nameless), namespace: 'shop' })).summary.wouldBreak).toBe(3);
  });

  test('tells one connection in words, as it was recorded and as it was seen', async () => {
    const told = async (explain: string) =>
      (await verify({ ...given(WRONG_PORT), explain })).explanation ?? '';
    const recorded = await told('shop/web -> shop/db:5432');
    expect(recorded).toContain(
      'Recorded in the window: opened 4, answered 4, present 1; last seen 2026-11-12',
    );
    expect(recorded).toContain('The policies before the change allow it.');
    expect(recorded).toContain('shop/web -> shop/db on TCP 5432 is denied.');
    expect(await told('ops/Deployment/backup -> shop/db:5432')).toContain('192.168.100.2');
    const unseen = await told('203.0.113.9 -> shop/db:53/udp');
    expect(unseen).toMatch(/^Not recorded in the window\./);
    expect(unseen).toContain('203.0.113.9 -> shop/db on UDP 53 is denied.');
  });

  test('the table of it is what was reviewed', async () => {
    const inForce = [policyNamed('shop/cart', { podSelector: { matchLabels: { app: 'cart' } } })];
    const answer = await verify(
      { ...given(WRONG_PORT), explain: 'shop/web -> shop/db:5432' },
      analysedShop({ policies: inForce }),
    );
    await expect(verifyTable(answer)).toMatchFileSnapshot('../golden/verify-table.txt');
  });
});

describe('caveats', () => {
  test('say who did not watch, what has no name in the window, and that nobody looked for other policies', async () => {
    const answer = await verify(given(WRONG_PORT));
    expect(answer.caveats).toEqual([
      { code: 'blind-nodes', sentence: 'nobody watched node-b in the window' },
      { code: 'unattributed', sentence: 'not judged, because an end has no name: ambiguous 2, no-holder 3' },
      { code: 'unjudged', sentence: 'not judged, because nothing is left of a workload: edges 1' },
      {
        code: 'other-policies-not-assessed',
        sentence:
          'nobody looked whether policies of other kinds (Cilium, Calico, AdminNetworkPolicy, Istio) apply',
      },
    ]);
    expect(answer.otherPolicyKinds).toBeNull();
  });

  test('say that the window is short, that nothing was seen, and which other kinds of policy there are', async () => {
    const otherPolicies = [{ group: 'cilium.io', kind: 'CiliumNetworkPolicy' }];
    const short = await verify({ ...given(WRONG_PORT), since: '1d' }, analysedShop({ otherPolicies }));
    expect(codesOf(short)).toEqual(expect.arrayContaining(['short-window', 'other-policies']));
    expect(short.otherPolicyKinds).toEqual(otherPolicies);
    const silent = await verify({ policies: { kind: 'drafts' }, namespace: 'silent' });
    expect(codesOf(silent)).toContain('nothing-seen');
    expect(silent.summary.edges).toBe(0);
    expect(codesOf(await verify(given(WRONG_PORT), analysedShop({ otherPolicies: [] })))).not.toContain(
      'other-policies',
    );
  });

  test('say that what was recorded was denied before as well', async () => {
    const inForce = [policyNamed('shop/shut', { podSelector: {} })];
    expect(codesOf(await verify(given(WRONG_PORT), analysedShop({ policies: inForce })))).toContain(
      'denied-before',
    );
  });
});
