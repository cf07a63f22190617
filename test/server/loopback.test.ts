import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { buildApp } from '../../src/server/app.ts';
import { listen } from '../../src/server/listen.ts';
import { exchange } from './raw-exchange.ts';
import { sampleSources } from './sample-sources.ts';

const newApp = () => buildApp(sampleSources(), { logger: false, version: '0' });

describe('requests on the loopback listener', () => {
  test.each([
    ['127.0.0.1:8080', undefined, 200],
    ['localhost', undefined, 200],
    ['LocalHost:41234', undefined, 200],
    ['[::1]:8080', undefined, 200],
    ['127.8.9.10', undefined, 200],
    ['localhost:8080', 'http://localhost:8080', 200],
    ['localhost', 'http://localhost', 200],
    ['[::1]:8080', 'http://[::1]:8080', 200],
    ['evil.example', undefined, 403],
    ['evil.example:8080', undefined, 403],
    ['localhost.evil.example', undefined, 403],
    ['127.0.0.1.evil.example', undefined, 403],
    ['127.1', undefined, 403],
    ['2130706433', undefined, 403],
    ['10.0.0.1:8080', undefined, 403],
    ['0.0.0.0:8080', undefined, 403],
    ['[::]:8080', undefined, 403],
    ['localhost:99999', undefined, 403],
    ['localhost:80@evil.example', undefined, 403],
    ['evil.example/localhost', undefined, 403],
    ['localhost:8080', 'http://localhost:9090', 403],
    ['localhost:8080', 'https://localhost:8080', 403],
    ['localhost:8080', 'http://127.0.0.1:8080', 403],
    ['localhost:8080', 'http://evil.example', 403],
    ['localhost:8080', 'null', 403],
  ])('Host %j with Origin %j is a %d', async (host, origin, status) => {
    const app = newApp();
    const headers = { host, ...(origin !== undefined && { origin }) };
    const response = await app.inject({ url: '/api/v1/policies.yaml', headers });
    expect(response.statusCode).toBe(status);
    if (status === 403) {
      expect(response.json()).toMatchObject({
        code: origin === undefined ? 'host-refused' : 'origin-refused',
      });
    }
    await app.close();
  });

  test.each(['/healthz', '/nope', '/api/v1/policies.yaml', '/api/v1/edges?port=0', '/openapi.json', '/%zz'])(
    '%s is answered with the security headers',
    async (url) => {
      const app = newApp();
      const { headers } = await app.inject(url);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
      await app.close();
    },
  );
});

describe('listening', () => {
  test.each(['127.0.0.1', 'localhost'])('on %s answers at its url until closed', async (host) => {
    const served = await listen(newApp(), { host, port: 0 });
    expect(served.url).toMatch(new RegExp(`^http://${host}:[1-9][0-9]*$`));
    expect(await (await fetch(`${served.url}/healthz`)).json()).toMatchObject({ status: 'ok' });
    await served.close();
    await expect(fetch(`${served.url}/healthz`)).rejects.toThrow('fetch failed');
  });

  test('a real request under a rebound name is refused', async () => {
    const served = await listen(newApp(), { host: '127.0.0.1', port: 0 });
    const sent = request(`${served.url}/api/v1/edges`, { headers: { host: 'rebound.example' } }).end();
    const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(403);
    await served.close();
  });

  test.each(['GET /healthz HTTP/1.0\r\n\r\n', 'GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'])(
    'a request without a host is refused (%j)',
    async (bytes) => {
      const served = await listen(newApp(), { host: '127.0.0.1', port: 0 });
      expect(await exchange(served.url, bytes)).toMatch(/^HTTP\/1\.1 403 .*"code":"host-refused"/s);
      await served.close();
    },
  );

  test.each(['0.0.0.0', '::', '10.0.0.1', 'example.org', '', '127.0.0.1.nip.example'])(
    'on %j is refused',
    async (host) => {
      const app = newApp();
      await expect(listen(app, { host, port: 0 })).rejects.toMatchObject({
        name: 'ProblemError',
        code: 'not-loopback',
      });
      expect(app.server.listening).toBe(false);
      await app.close();
    },
  );

  test.each([-1, 65_536, 1.5, Number.NaN])('on port %d is refused', async (port) => {
    const app = newApp();
    await expect(listen(app, { host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'bad-port' });
    await app.close();
  });

  test('on a port in use says which and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(listen(newApp(), { host: '127.0.0.1', port })).rejects.toMatchObject({
      name: 'ProblemError',
      code: 'port-in-use',
      message: `127.0.0.1:${port} is already in use by another process.`,
      hint: expect.stringContaining('another port') as string,
    });
    other.close();
    await once(other, 'close');
  });
});
