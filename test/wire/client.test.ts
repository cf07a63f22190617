import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { healthJson, API_PATHS } from '../../src/wire/api.ts';
import { createApiClient } from '../../src/wire/client.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function clientOf(baseUrl: string, changes: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  return createApiClient({ baseUrl, timeoutMs: 10_000, signal: new AbortController().signal, ...changes });
}

function health(baseUrl: string, changes = {}) {
  return clientOf(baseUrl, changes).json(API_PATHS.health, {}, healthJson);
}

const answer =
  (status: number, type: string, body: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': type, location: '/elsewhere' }).end(body);

describe('the client', () => {
  test('sends the query, keeps the path of the base and reads the answer', async () => {
    const urls: (string | undefined)[] = [];
    const base = await serve((request, response) => {
      urls.push(request.url);
      answer(
        200,
        'application/json; charset=utf-8',
        '{"status":"ok","version":"1","new":true}',
      )(request, response);
    });
    const client = clientOf(`${base}/proxy/`);
    expect(await client.json('/healthz', { a: 'x y', b: undefined }, healthJson)).toEqual({
      status: 'ok',
      version: '1',
    });
    expect(urls).toEqual(['/proxy/healthz?a=x+y']);
  });

  test('turns a problem into the error that the server meant', async () => {
    const problem = {
      type: 'urn:netscribe:problem:unknown-namespace',
      title: 'Unknown namespace',
      status: 404,
      detail: 'No namespace "x".',
      code: 'unknown-namespace',
      hint: 'Try shop.',
    };
    const base = await serve(answer(404, 'application/problem+json', JSON.stringify(problem)));
    await expect(health(base)).rejects.toMatchObject({
      name: 'ProblemError',
      code: 'unknown-namespace',
      message: 'No namespace "x".',
      hint: 'Try shop.',
    });
  });

  test("keeps a failure of the server apart from the caller's mistakes", async () => {
    const problem = { type: 'urn:x', title: 'Disk full', status: 507, detail: 'Full.', code: 'disk-full' };
    const base = await serve(answer(507, 'application/problem+json', JSON.stringify(problem)));
    await expect(health(base)).rejects.toMatchObject({
      code: 'server-failed',
      message: expect.stringContaining('(disk-full): Full.') as string,
    });
  });

  test.each<[string, RequestListener]>([
    ['HTML', answer(200, 'text/html', '<html>')],
    ['JSON of something else', answer(200, 'application/json', '{"status":"green"}')],
    ['broken JSON', answer(200, 'application/json', '{"status":')],
    ['a 404 of another server', answer(404, 'text/plain', 'no')],
    ['a problem that is none', answer(400, 'application/problem+json', '{}')],
    ['a redirect', answer(302, 'text/html', '')],
    ['an empty success', answer(204, 'application/json', '')],
  ])('says that %s comes from no netscribe server', async (_name, listener) => {
    await expect(health(await serve(listener))).rejects.toMatchObject({ code: 'not-a-netscribe-server' });
  });

  test.each<[string, RequestListener]>([
    ['hangs up', (request) => void request.socket.destroy()],
    [
      'hangs up in the middle',
      (request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{', () => request.socket.destroy());
      },
    ],
  ])('says that a server which %s is unreachable', async (_name, listener) => {
    await expect(health(await serve(listener))).rejects.toMatchObject({ code: 'server-unreachable' });
  });

  test('says that nobody listens, where, and why', async () => {
    const base = await serve(answer(200, 'text/plain', ''));
    const [server] = servers.splice(0);
    server?.close();
    await once(server as Server, 'close');
    await expect(health(base)).rejects.toMatchObject({
      code: 'server-unreachable',
      message: expect.stringMatching(
        new RegExp(`^Cannot reach the server at ${base}: .*ECONNREFUSED`),
      ) as string,
    });
  });

  test('gives up after its timeout', async () => {
    const base = await serve(() => {});
    await expect(health(base, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'server-unreachable',
      message: expect.stringContaining('no answer within 0.05 s') as string,
    });
  });

  test('ends when the caller gives up, with the reason of the caller', async () => {
    const caller = new AbortController();
    const base = await serve(() => caller.abort(new Error('enough')));
    await expect(health(base, { signal: caller.signal })).rejects.toThrow('enough');
  });

  test.each([
    '',
    'localhost:8080',
    '127.0.0.1:8080',
    'ftp://x',
    'http://u:p@x',
    'http://x/?a=1',
    'file:///etc',
  ])('refuses %j as the URL of a server', (baseUrl) => {
    expect(() => clientOf(baseUrl)).toThrow(expect.objectContaining({ code: 'bad-server-url' }) as Error);
  });
});
