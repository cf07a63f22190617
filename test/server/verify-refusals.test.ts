/** POST /api/v1/verify: what it refuses, and how it says what is wrong and where. */
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../src/server/app.ts';
import { problemJson } from '../../src/wire/problem.ts';
import type { Problem } from '../../src/wire/problem.ts';
import { MAX_VERIFY_BYTES, MAX_VERIFY_POLICIES } from '../../src/wire/verify-json.ts';
import { WRONG_PORT, analysedShop, shopSources } from './recorded-shop.ts';

const URL = '/api/v1/verify';

let app: FastifyInstance;
beforeAll(() => {
  app = buildApp(shopSources(), { logger: false, version: '0' });
});
afterAll(() => app.close());

const given = (...items: unknown[]) => ({ policies: { kind: 'given', items } });

async function refused(request: {
  body: unknown;
  type?: string;
  headers?: Record<string, string>;
}): Promise<Problem> {
  const { body, type = 'application/json', headers = {} } = request;
  const response = await app.inject({
    method: 'POST',
    url: URL,
    headers: { 'content-type': type, ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  });
  expect(response.headers['content-type'], response.body).toBe('application/problem+json; charset=utf-8');
  const problem = problemJson.parse(response.json());
  expect(problem.status).toBe(response.statusCode);
  return problem;
}

describe('what is refused', () => {
  test.each<[string, unknown, number, string, RegExp]>([
    ['no body', '', 400, 'invalid-request', /body/i],
    ['what is not JSON', '{', 400, 'invalid-request', /JSON/],
    [
      'a prototype',
      '{"__proto__": {}, "policies": {"kind": "drafts"}}',
      400,
      'invalid-request',
      /not valid JSON/,
    ],
    ['no policies', {}, 400, 'invalid-request', /body\.policies/],
    ['an unknown kind', { policies: { kind: 'draft' } }, 400, 'invalid-request', /body\.policies/],
    ['an unknown field', { policies: { kind: 'drafts' }, color: 1 }, 400, 'invalid-request', /color/],
    ['an unknown mode', { policies: { kind: 'drafts' }, mode: 'both' }, 400, 'invalid-request', /body\.mode/],
    [
      'a bad span',
      { policies: { kind: 'drafts' }, since: '0d' },
      400,
      'invalid-request',
      /body\.since: must be an instant/,
    ],
    [
      'too many policies',
      given(...Array.from({ length: MAX_VERIFY_POLICIES + 1 }, () => 0)),
      400,
      'invalid-request',
      /at most 10000 policies/,
    ],
    [
      'an unknown namespace',
      { policies: { kind: 'drafts' }, namespace: 'shp' },
      404,
      'unknown-namespace',
      /Nearest in spelling: shop/,
    ],
    [
      'an unknown workload',
      { policies: { kind: 'drafts' }, explain: 'shop/wbe -> shop/db:1' },
      404,
      'unknown-workload',
      /shop\/web/,
    ],
    [
      'a connection that is none',
      { policies: { kind: 'drafts' }, explain: 'shop/web -> shop/db:70000' },
      422,
      'bad-connection',
      /is not a connection/,
    ],
    [
      'a window that begins after the record',
      { policies: { kind: 'drafts' }, since: '2027-01-01T00:00:00Z' },
      422,
      'no-data-in-window',
      /the record goes from 2026-11-03T09:30:00.000Z to 2026-11-13T09:30:00.000Z/,
    ],
  ])('%s', async (_what, body, status, code, words) => {
    const problem = await refused({ body });
    expect(problem).toMatchObject({ status, code });
    expect(problem.detail).toMatch(words);
  });

  test('every problem of every policy, with its item and field', async () => {
    const { metadata, ...headless } = WRONG_PORT;
    const problem = await refused({
      body: given(
        { ...headless, metadata: { ...metadata, namespace: 'shpo' } },
        { ...WRONG_PORT, spec: { ...WRONG_PORT.spec, ingress: [{ ports: [{ port: '80' }] }], egres: [] } },
        WRONG_PORT,
        WRONG_PORT,
        'nonsense',
      ),
    });
    expect(problem).toMatchObject({ status: 422, code: 'invalid-policies', title: 'Invalid policies' });
    expect(problem.problems?.map(({ item, field }) => `${item} ${field}`)).toEqual(
      expect.arrayContaining(['0 metadata.namespace', '1 spec.ingress[0].ports[0].port', '3 metadata.name']),
    );
    expect(problem.problems?.map(({ item }) => item)).toContain(4);
    expect(problem.problems?.find(({ item }) => item === 1)?.message).toBeTruthy();
    expect(problem.detail).toContain('item 0: metadata.namespace: namespace "shpo" is not known here');
  });

  test('another media type, a body too large, another method, a page of another origin', async () => {
    const body = { policies: { kind: 'drafts' } };
    expect(await refused({ body, type: 'text/plain' })).toMatchObject({
      status: 415,
      code: 'unsupported-media-type',
    });
    const large = JSON.stringify({ ...body, explain: 'x'.repeat(MAX_VERIFY_BYTES) });
    expect(await refused({ body: large })).toMatchObject({ status: 413, code: 'body-too-large' });
    expect(await refused({ body, headers: { origin: 'http://evil.example' } })).toMatchObject({
      status: 403,
    });
    const got = await app.inject({ method: 'GET', url: URL });
    expect([got.statusCode, got.headers['allow']]).toEqual([405, 'POST']);
  });

  test('a record that holds nothing yet', async () => {
    const empty = {
      ...analysedShop(),
      window: { start: Number.POSITIVE_INFINITY, end: Number.NEGATIVE_INFINITY },
    };
    const fresh = buildApp(shopSources(empty), { logger: false, version: '0' });
    const response = await fresh.inject({
      method: 'POST',
      url: URL,
      payload: { policies: { kind: 'drafts' } },
    });
    await fresh.close();
    expect(response.json()).toMatchObject({
      status: 422,
      code: 'no-data-in-window',
      detail: expect.stringContaining('Nothing has been recorded yet'),
    });
  });
});
