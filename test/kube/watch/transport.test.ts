import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ApiTransport } from '../../../src/kube/watch/api-transport.ts';
import { inClusterTransport, kubeconfigTransport, urlTransport } from '../../../src/kube/watch/transport.ts';
import { FakeApiServer } from '../../fake-api-server/server.ts';
import type { FakeApiServerOptions } from '../../fake-api-server/server.ts';
import { certificatesOf } from '../../certificates.ts';
import type { Certificates } from '../../certificates.ts';
import { follow, podObject, until } from './following.ts';

let directory: string;
let certificates: Certificates;
const closing: (() => unknown)[] = [];

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'netscribe-transport-'));
  certificates = certificatesOf('own');
});

afterAll(() => rmSync(directory, { recursive: true }));

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function serve(options: FakeApiServerOptions, host = '127.0.0.1'): Promise<FakeApiServer> {
  const server = new FakeApiServer({ bookmarkMs: 20, ...options });
  closing.push(() => server.close());
  await server.listen(host);
  return server;
}

function using(transport: ApiTransport): ApiTransport {
  closing.push(() => transport.close());
  return transport;
}

/** The status of one list, or what went wrong before one came. */
async function statusOf(transport: ApiTransport): Promise<number | string> {
  try {
    const response = await transport.get('/api/v1/pods', {}, { signal: new AbortController().signal });
    for await (const chunk of response.body) void chunk;
    return response.status;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function file(name: string, content: string): string {
  const full = path.join(directory, name);
  writeFileSync(full, content);
  return full;
}

describe('in a pod', () => {
  const env = (server: FakeApiServer): Record<string, string> => {
    const url = new URL(server.url);
    return {
      KUBERNETES_SERVICE_HOST: url.hostname.replaceAll(/[[\]]/g, ''),
      KUBERNETES_SERVICE_PORT: url.port,
    };
  };
  const mounted = (token: string): string => {
    const mount = mkdtempSync(path.join(directory, 'mount-'));
    copyFileSync(certificates.caFile, path.join(mount, 'ca.crt'));
    writeFileSync(path.join(mount, 'token'), `${token}\n`);
    return mount;
  };

  test('the mounted token and authority are used', async () => {
    const server = await serve({ token: 'right', tls: certificates.server });
    expect(await statusOf(using(await inClusterTransport(env(server), mounted('right'))))).toBe(200);
    expect(await statusOf(using(await inClusterTransport(env(server), mounted('wrong'))))).toBe(401);
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((each) =>
    each?.some(({ address }) => address === '::1'),
  );
  test.skipIf(!hasIpv6)('an IPv6 address is put in brackets (skipped where ::1 does not exist)', async () => {
    const server = await serve({ token: 'right', tls: certificates.server }, '::1');
    expect(await statusOf(using(await inClusterTransport(env(server), mounted('right'))))).toBe(200);
  });

  test('a server of another authority is not trusted', async () => {
    const foreign = certificatesOf('foreign');
    const server = await serve({ token: 'right', tls: foreign.server });
    const status = await statusOf(using(await inClusterTransport(env(server), mounted('right'))));
    expect(status).toMatch(/CERT|SIGNATURE|ISSUER/);
    expect(server.requests).toEqual([]);
  });

  test('a token that was rotated is read again when the old one is refused, and no event is lost', async () => {
    const server = await serve({ token: 'first', tls: certificates.server });
    const mount = mounted('first');
    const transport = await inClusterTransport(env(server), mount);
    const following = follow(server, { transport });
    closing.push(() => following.stop());
    await until(() => server.watching === 1);
    server.token = 'second';
    writeFileSync(path.join(mount, 'token'), 'second');
    server.cutWatches();
    server.put(podObject('shop/web', 'uid-1'));
    await until(() => following.told.length === 1);
    expect(following.lists).toHaveLength(1);
    expect(following.troubles.map(({ code }) => code)).not.toContain('unauthorized');
    expect(server.requests.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  test('a token that is refused is a trouble until it is replaced', async () => {
    const server = await serve({ token: 'second', tls: certificates.server });
    const mount = mounted('first');
    const following = follow(server, { transport: await inClusterTransport(env(server), mount) });
    closing.push(() => following.stop());
    await until(() => following.troubles.some(({ code }) => code === 'unauthorized'));
    writeFileSync(path.join(mount, 'token'), 'second');
    await until(() => following.lists.length === 1);
  });

  test.each<[string, Record<string, string>, string]>([
    ['without KUBERNETES_SERVICE_HOST', {}, 'not-in-cluster'],
    ['with a host that is none', { KUBERNETES_SERVICE_HOST: 'a b' }, 'not-in-cluster'],
    ['without a mounted token', { KUBERNETES_SERVICE_HOST: '127.0.0.1' }, 'api-credentials-unreadable'],
  ])('%s it says what to do', async (_, environment, code) => {
    await expect(inClusterTransport(environment, path.join(directory, 'nowhere'))).rejects.toMatchObject({
      code,
      hint: expect.any(String) as string,
    });
  });
});

describe('a kubeconfig', () => {
  const kubeconfig = (name: string, server: string, user: Record<string, unknown>): string =>
    file(
      name,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'lab',
        contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'me' } }],
        clusters: [{ name: 'lab', cluster: { server, 'certificate-authority': certificates.caFile } }],
        users: [{ name: 'me', user }],
      }),
    );

  test('with a token', async () => {
    const server = await serve({ token: 'right', tls: certificates.server });
    const right = using(await kubeconfigTransport(kubeconfig('token.json', server.url, { token: 'right' })));
    expect(await statusOf(right)).toBe(200);
    const wrong = using(await kubeconfigTransport(kubeconfig('wrong.json', server.url, { token: 'wrong' })));
    expect(await statusOf(wrong)).toBe(401);
  });

  test('with a client certificate', async () => {
    const server = await serve({ tls: { ...certificates.server, clientCa: certificates.ca } });
    const user = {
      'client-certificate': certificates.clientCertFile,
      'client-key': certificates.clientKeyFile,
    };
    expect(
      await statusOf(using(await kubeconfigTransport(kubeconfig('client.json', server.url, user)))),
    ).toBe(200);
    const nobody = using(await kubeconfigTransport(kubeconfig('nobody.json', server.url, {})));
    expect(await statusOf(nobody)).toEqual(expect.any(String));
  });

  test('with a plugin that gives a token', async () => {
    const server = await serve({ token: 'right', tls: certificates.server });
    const credential = JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'right' },
    });
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', `process.stdout.write(${JSON.stringify(credential)})`],
    };
    const transport = using(await kubeconfigTransport(kubeconfig('exec.json', server.url, { exec })));
    expect(await statusOf(transport)).toBe(200);
  });

  test('alone loads the Kubernetes client: 90 MB that a server in its cluster does without', () => {
    const transport = path.join(import.meta.dirname, '../../../src/kube/watch/transport.ts');
    const script = `
      const loaded = [];
      require('node:module').registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      (async () => {
        const { urlTransport, kubeconfigTransport } = await import(${JSON.stringify(transport)});
        (await urlTransport('http://127.0.0.1:1', {})).close();
        const hasClient = () => loaded.some((url) => url.includes('@kubernetes/client-node'));
        const before = hasClient();
        await kubeconfigTransport('nowhere.json').catch(() => undefined);
        process.stdout.write(JSON.stringify({ before, after: hasClient() }));
      })();`;
    const output = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual({ before: false, after: true });
  });

  test('that cannot be used is named, with what to try', async () => {
    const nowhere = path.join(directory, 'nowhere.json');
    await expect(kubeconfigTransport(nowhere)).rejects.toMatchObject({ code: 'kubeconfig-unusable' });
    await expect(kubeconfigTransport(file('empty.json', '{}'))).rejects.toMatchObject({
      code: 'kubeconfig-unusable',
      hint: expect.stringContaining('kubectl') as string,
    });
  });
});

describe('a URL', () => {
  test('is used with a token and an authority from files, and with neither', async () => {
    const secured = await serve({ token: 'right', tls: certificates.server });
    const tokenFile = file('token', 'right\n');
    const transport = await urlTransport(secured.url, { tokenFile, caFile: certificates.caFile });
    expect(await statusOf(using(transport))).toBe(200);
    const open = await serve({});
    expect(await statusOf(using(await urlTransport(open.url, {})))).toBe(200);
  });

  test.each(['', 'example.com', 'ftp://example.com', 'http://user:secret@example.com'])(
    '%j is refused',
    async (url) => {
      await expect(urlTransport(url, {})).rejects.toMatchObject({ code: 'bad-api-server-url' });
    },
  );
});

describe('a transport', () => {
  test("knows the server's clock from its answers", async () => {
    const server = await serve({});
    const transport = using(await urlTransport(server.url, {}));
    expect(transport.serverClockOffsetMs).toBeNull();
    await statusOf(transport);
    expect(Math.abs(transport.serverClockOffsetMs ?? Number.NaN)).toBeLessThan(3_000);
  });

  test('keeps its connection from one list to the next, also for pages', async () => {
    const server = await serve({});
    for (let index = 0; index < 9; index++) server.put(podObject(`shop/web-${index}`));
    let connections = 0;
    server.onOtherPath = (request) => {
      if (request.socket.listenerCount('seen') === 0) {
        connections++;
        request.socket.on('seen', () => undefined);
      }
      return false;
    };
    const transport = await urlTransport(server.url, {});
    const following = follow(server, { transport });
    closing.push(() => following.stop());
    await until(() => server.watching === 1);
    expect(server.requests.filter(({ verb }) => verb === 'list')).toHaveLength(3);
    expect(connections).toBe(1);
  });

  test('asks again on a new connection when a kept one was closed by the server as it was used', async () => {
    let connections = 0;
    const answer = 'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}';
    const server = createServer((socket) => {
      connections++;
      socket.once('data', () => {
        socket.write(answer);
        socket.once('data', () => socket.resetAndDestroy());
      });
    });
    closing.push(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const transport = using(
      await urlTransport(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {}),
    );
    expect(await statusOf(transport)).toBe(200);
    expect(await statusOf(transport)).toBe(200);
    expect(connections).toBe(2);
  });

  test('that is closed ends what is under way and answers nothing more', async () => {
    const server = await serve({});
    server.faults.silent = true;
    const transport = await urlTransport(server.url, {});
    const asked = statusOf(transport);
    await until(() => server.requests.length === 1);
    transport.close();
    expect(await asked).toBe('ABORT_ERR');
    expect(await statusOf(transport)).toEqual(expect.anything());
    expect(server.requests).toHaveLength(1);
  });
});
