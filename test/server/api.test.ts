import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { buildApp } from '../../src/server/app.ts';
import {
  API_PATHS,
  edgesPage,
  healthJson,
  namespacesPage,
  policiesPage,
  workloadsPage,
} from '../../src/wire/api.ts';
import { coverageJson } from '../../src/wire/coverage-json.ts';
import { leasesPage } from '../../src/wire/lease-verdict-json.ts';
import { sampleSources } from './sample-sources.ts';

/** What a request must name, or send. */
const ASKED_FOR: ReadonlySet<string> = new Set([API_PATHS.leases, API_PATHS.edgeEvidence, API_PATHS.verify]);

let app: FastifyInstance;
beforeAll(() => {
  app = buildApp(sampleSources(), { logger: false, version: '1.2.3' });
});
afterAll(() => app.close());

async function get(url: string) {
  const response = await app.inject({ url });
  expect(response.statusCode, response.body).toBe(200);
  return response;
}

async function read<T extends z.ZodType>(url: string, schema: T): Promise<z.output<T>> {
  const response = await get(url);
  expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
  return schema.parse(response.json());
}

describe('answers', () => {
  test('healthz says that it answers, and its version', async () => {
    expect(await read('/healthz', healthJson)).toEqual({ status: 'ok', version: '1.2.3' });
  });

  test('namespaces come by name', async () => {
    const { items, next } = await read('/api/v1/namespaces', namespacesPage);
    expect(items.map(({ name }) => name)).toEqual(['ops', 'shop', 'silent']);
    expect(next).toBeNull();
  });

  test('workloads come in the order of their keys, and by namespace and name', async () => {
    const all = await read('/api/v1/workloads', workloadsPage);
    expect(all.items.map(({ title }) => title)).toEqual(['ops/backup', 'shop/cart', 'shop/web', 'shop/db']);
    const shop = await read('/api/v1/workloads?namespace=shop&workload=db', workloadsPage);
    expect(shop.items.map(({ workload }) => workload)).toEqual([
      { namespace: 'shop', kind: 'StatefulSet', name: 'db' },
    ]);
  });

  test('edges carry identities with titles, totals, and times in RFC 3339', async () => {
    const { items } = await read('/api/v1/edges?with-hours=true', edgesPage);
    expect(items[1]).toMatchObject({
      key: 'workload:shop/Deployment/cart -> workload:shop/StatefulSet/db:5432/tcp',
      client: {
        kind: 'workload',
        workload: { namespace: 'shop', kind: 'Deployment', name: 'cart' },
        title: 'shop/cart',
      },
      server: { title: 'shop/db' },
      opened: 5,
      present: 4,
      answered: 4,
      firstSeen: '2026-11-03T09:00:01.000Z',
      hours: [{ hour: '2026-11-03T09:00:00.000Z', opened: 3 }, { hour: '2026-11-03T10:00:00.000Z' }],
    });
    expect(items.map((edge) => edge.client.title)).toContain('node node-a (192.168.100.1)');
  });

  test('edges carry no hours unless asked', async () => {
    const { items } = await read('/api/v1/edges', edgesPage);
    expect(items.map(({ hours, opened }) => ({ hours, opened }))).toEqual(
      items.map(() => ({ hours: undefined, opened: 5 })),
    );
  });

  test('edge filters reach the source as they were meant', async () => {
    const seen: unknown[] = [];
    const spied = buildApp(
      sampleSources({
        edges(filter, page) {
          seen.push(filter, page);
          return { edges: [], next: null };
        },
      }),
      { logger: false, version: '0' },
    );
    await spied.inject('/api/v1/edges?namespace=shop&workload=web&protocol=udp&port=53&limit=7&cursor=abc');
    await spied.inject('/api/v1/edges?limit=1000');
    await spied.inject('/api/v1/edges?limit=1000&with-hours=true');
    expect(seen).toEqual([
      { namespace: 'shop', workload: 'web', protocol: 'udp', port: 53 },
      { limit: 7, after: 'abc' },
      {},
      { limit: 1000, after: null },
      {},
      { limit: 100, after: null },
    ]);
    await spied.close();
  });

  test('policies hold drafts with evidence and omissions with reasons', async () => {
    const { items } = await read('/api/v1/policies', policiesPage);
    expect(items.map(({ kind, title }) => `${kind} ${title}`)).toEqual([
      'omitted ops/backup',
      'draft shop/cart',
      'draft shop/web',
      'draft shop/db',
    ]);
    const [omitted, cart] = items;
    expect(omitted).toMatchObject({ code: 'no-selector', sentence: 'No labels select exactly its pods.' });
    expect(cart).toMatchObject({
      policy: { metadata: { name: 'netscribe-cart', namespace: 'shop', labels: { app: 'cart' } } },
      rules: [{ peers: null, evidence: { firstSeen: '2026-11-03T09:00:01.000Z', edges: [{ port: 8080 }] } }],
      readiness: { state: 'incomplete' },
    });
  });

  test('policies are filtered by namespace and workload', async () => {
    const ops = await read('/api/v1/policies?namespace=ops', policiesPage);
    expect(ops.items.map(({ title }) => title)).toEqual(['ops/backup']);
    const web = await read('/api/v1/policies?workload=web', policiesPage);
    expect(web.items.map(({ title }) => title)).toEqual(['shop/web']);
  });

  test('policies.yaml is a stream of documents, counts what it omits, and shows evidence when asked', async () => {
    const all = await get('/api/v1/policies.yaml');
    expect(all.headers['content-type']).toBe('application/yaml');
    expect(all.headers['netscribe-omitted']).toBe('1');
    expect(all.headers['content-disposition']).toBeUndefined();
    expect(all.body).toContain('# ops/backup: no draft: no-selector');
    expect(all.body).not.toContain('opened 5');
    expect(all.body.match(/^kind: NetworkPolicy$/gm)).toHaveLength(3);
    const shop = await get('/api/v1/policies.yaml?namespace=shop&with-evidence=true');
    expect(shop.headers['netscribe-omitted']).toBeUndefined();
    expect(shop.body).toContain('# opened 5, answered 4, present 4');
  });

  test.each([
    ['', ['u1', 'u2']],
    ['&at=2026-11-03T09:00:01Z', ['then u1', 'after u2']],
    ['&at=2026-11-03T10:00:01%2B01:00', ['then u1', 'after u2']],
    [`&at=${Date.UTC(2026, 10, 3, 9, 1)}`, ['before u1', 'then u2']],
    ['&at=2020-01-01T00:00:00Z', ['after u1']],
  ])('leases of an address with %j', async (at, uids) => {
    const { items } = await read(`/api/v1/leases?ip=10.0.0.7${at}`, leasesPage);
    expect(
      items.map(({ holder, when }) => [when, holder.kind === 'pod' && holder.uid].filter(Boolean).join(' ')),
    ).toEqual(uids);
  });

  test('an address in another spelling is the same address', async () => {
    const { items } = await read('/api/v1/leases?ip=::ffff:10.0.0.7', leasesPage);
    expect(items[0]).toMatchObject({ ip: '10.0.0.7', title: 'pod shop/web-1 of shop/web' });
    expect(items[1]).toMatchObject({ until: null });
  });

  test('coverage tells windows, losses and blind nodes', async () => {
    expect(await read('/api/v1/coverage', coverageJson)).toMatchObject({
      windowStart: '2026-11-03T09:00:00.000Z',
      windowEnd: null,
      nodes: [{ node: 'node-a', dropped: 2, skipped: { protocol: 7 } }],
      blindNodes: ['node-w'],
      unattributed: [{ end: 'client', count: 4 }],
    });
  });

  test.each(Object.values(API_PATHS).filter((path) => !ASKED_FOR.has(path)))(
    'HEAD %s answers as GET does, without a body',
    async (url) => {
      const response = await app.inject({ method: 'HEAD', url });
      expect(response.statusCode).toBe(200);
      expect(response.body).toBe('');
    },
  );

  test('a broken promise of a source is a 500 that says nothing of the inside', async () => {
    const broken = buildApp(
      sampleSources({
        namespaces() {
          throw new Error('secret /var/lib/netscribe');
        },
      }),
      { logger: false, version: '0' },
    );
    const response = await broken.inject('/api/v1/namespaces');
    expect(response.statusCode).toBe(500);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(response.json()).toEqual({
      type: 'urn:netscribe:problem:internal-error',
      title: 'Internal error',
      status: 500,
      detail: 'The server failed to answer; its log has the reason.',
      code: 'internal-error',
    });
    await broken.close();
  });
});
