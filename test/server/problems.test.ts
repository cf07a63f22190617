import type { FastifyInstance, InjectOptions } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProblemError } from '../../src/domain/problem.ts';
import { buildApp } from '../../src/server/app.ts';
import { listen } from '../../src/server/listen.ts';
import { problemJson } from '../../src/wire/problem.ts';
import type { Problem } from '../../src/wire/problem.ts';
import { exchange } from './raw-exchange.ts';
import { sampleSources } from './sample-sources.ts';

let app: FastifyInstance;
beforeAll(() => {
  app = buildApp(sampleSources(), { logger: false, version: '0' });
});
afterAll(() => app.close());

type Request = InjectOptions | string;

async function problemOf(request: Request, from = app): Promise<Problem> {
  const response = await from.inject(request);
  expect(response.headers['content-type'], response.body).toBe('application/problem+json; charset=utf-8');
  expect(response.headers['x-content-type-options']).toBe('nosniff');
  const problem = problemJson.parse(response.json());
  expect(problem.status).toBe(response.statusCode);
  expect(problem.type).toBe(`urn:netscribe:problem:${problem.code}`);
  return problem;
}

describe('requests that are refused', () => {
  test.each([
    ['/api/v1/namespaces?limit=0', 'query.limit'],
    ['/api/v1/namespaces?limit=1001', 'query.limit'],
    ['/api/v1/namespaces?limit=ten', 'query.limit'],
    ['/api/v1/namespaces?limit=', 'query.limit'],
    ['/api/v1/namespaces?limit=1&limit=2', 'query.limit'],
    ['/api/v1/namespaces?namespace=shop', 'query'],
    ['/api/v1/workloads?__proto__=1', 'query'],
    ['/api/v1/edges?port=0', 'query.port'],
    ['/api/v1/edges?port=65536', 'query.port'],
    ['/api/v1/edges?port=http', 'query.port'],
    ['/api/v1/edges?protocol=icmp', 'query.protocol'],
    ['/api/v1/edges?namespace=', 'query.namespace'],
    [`/api/v1/edges?cursor=${'a'.repeat(2001)}`, 'query.cursor'],
    ['/api/v1/policies?colour=red', 'query'],
    ['/api/v1/policies.yaml?with-evidence=maybe', 'query.with-evidence'],
    ['/api/v1/leases', 'query.ip'],
    ['/api/v1/leases?ip=10.0.0.07', 'query.ip'],
    ['/api/v1/leases?ip=10.0.0.7&at=yesterday', 'query.at'],
    ['/api/v1/leases?ip=10.0.0.7&at=9999999999999999', 'query.at'],
    ['/api/v1/coverage?x=1', 'query'],
    ['/healthz?x=1', 'query'],
  ])('%.60s is a 400 that says where', async (url, at) => {
    const problem = await problemOf(url);
    expect(problem).toMatchObject({ status: 400, code: 'invalid-request', errors: [{ at }] });
    expect(problem.detail).toContain(problem.errors?.[0]?.message);
  });

  test('a query parameter that nobody knows is named', async () => {
    expect((await problemOf('/api/v1/policies?colour=red')).detail).toContain('colour');
  });

  test.each([
    [
      '/api/v1/edges?namespace=shp',
      'No namespace "shp" is known here. Nearest in spelling: shop, ops, silent.',
    ],
    ['/api/v1/policies.yaml?namespace=Silent', 'Nearest in spelling: silent,'],
    ['/api/v1/policies?namespace=x', 'No namespace "x" is known here.'],
    ['/api/v1/workloads?namespace=x', 'No namespace "x" is known here.'],
  ])('%s is a 404 that names the nearest namespaces', async (url, words) => {
    const problem = await problemOf(url);
    expect(problem).toMatchObject({ status: 404, code: 'unknown-namespace', title: 'Unknown namespace' });
    expect(problem.detail).toContain(words);
  });

  test('a workload of another namespace is unknown, and those of this one are named', async () => {
    const problem = await problemOf('/api/v1/policies?namespace=shop&workload=backup');
    expect(problem).toMatchObject({ status: 404, code: 'unknown-workload' });
    expect(problem.detail).toMatch(/Nearest in spelling: cart, db, web\./);
  });

  test.each(['GET', 'POST', 'OPTIONS', 'DELETE'] as const)(
    '%s of an unknown path is a 404',
    async (method) => {
      const problem = await problemOf({ method, url: '/nope' });
      expect(problem).toMatchObject({
        status: 404,
        code: 'not-found',
        detail: `${method} /nope is not served here.`,
      });
    },
  );

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)(
    '%s of a known path is a 405 that says what is allowed',
    async (method) => {
      const request = {
        method,
        url: '/api/v1/edges?x=1',
        body: '{not json',
        headers: { 'content-type': 'x/y' },
      };
      expect((await problemOf(request)).status).toBe(405);
      expect((await app.inject(request)).headers['allow']).toBe('GET, HEAD');
    },
  );

  test('a URL over 4096 characters is a 414', async () => {
    expect(await problemOf(`/${'a'.repeat(4096)}`)).toMatchObject({ status: 414, code: 'uri-too-long' });
    expect((await problemOf(`/${'a'.repeat(4095)}`)).detail.length).toBeLessThan(300);
  });

  test('a URL that does not decode is a 400', async () => {
    expect(await problemOf('/api/%zz')).toMatchObject({ status: 400, code: 'invalid-request' });
  });
});

const failing = (error: Error, logger: Parameters<typeof buildApp>[1]['logger'] = false) =>
  buildApp(
    sampleSources({
      coverage() {
        throw error;
      },
    }),
    { logger, version: '0' },
  );

describe('problems of a source', () => {
  test('keep their code, detail and hint, with the status of the code', async () => {
    const full = failing(new ProblemError('disk-full', 'The disk of x.db is full.', { hint: 'Free some.' }));
    expect(await problemOf('/api/v1/coverage', full)).toEqual({
      type: 'urn:netscribe:problem:disk-full',
      title: 'Disk full',
      status: 507,
      detail: 'The disk of x.db is full.',
      code: 'disk-full',
      hint: 'Free some.',
    });
    await full.close();
  });

  test('with a code that the API does not know are a 500 under that code, and stand in the log', async () => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line) => void lines.push(line) });
    const odd = failing(new ProblemError('toString', 'Odd.'), logger);
    expect(await problemOf('/api/v1/coverage', odd)).toMatchObject({
      status: 500,
      code: 'toString',
      detail: 'Odd.',
    });
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { msg: 'request failed', code: 'toString' },
    ]);
    await odd.close();
  });

  test('about a cursor are a 400', async () => {
    expect(await problemOf('/api/v1/edges?cursor=nonsense')).toMatchObject({
      status: 400,
      code: 'bad-cursor',
    });
  });
});

test.each([
  ['NOT HTTP\r\n\r\n', 400],
  [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
])('bytes that are no request get a problem too (%.12s)', async (bytes, status) => {
  const served = await listen(buildApp(sampleSources(), { logger: false, version: '0' }), {
    host: '127.0.0.1',
    port: 0,
  });
  const answer = await exchange(served.url, bytes);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toContain('\r\ncontent-type: application/problem+json\r\n');
  expect(answer).toContain("\r\ncontent-security-policy: default-src 'none'; frame-ancestors 'none'\r\n");
  expect(problemJson.parse(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''))).toMatchObject({ status });
  await served.close();
});
