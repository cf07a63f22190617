/**
 * Every way to introduce oneself, over TLS, with a reflector that follows: credentials are rotated while it watches, and no
 * event may be lost by it. How each way is configured at all is tested in transport.test.ts.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ApiTransport } from '../../../src/kube/watch/api-transport.ts';
import { inClusterTransport, kubeconfigTransport } from '../../../src/kube/watch/transport.ts';
import { certificatesOf } from '../../certificates.ts';
import type { ServerTls } from '../../fake-api-server/listener.ts';
import { FakeApiServer } from '../../fake-api-server/server.ts';
import { follow, historyLines, podObject, until } from './following.ts';
import type { Following } from './following.ts';

const own = certificatesOf('own');
const foreign = certificatesOf('foreign');
const withClientCertificates: ServerTls = { ...own.server, clientCa: own.ca };

let folder: string;
const closing: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'netscribe-credentials-'));
});

afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0).toReversed()) await close();
  rmSync(folder, { recursive: true });
});

async function serve(options: { token?: string; tls?: ServerTls }): Promise<FakeApiServer> {
  const server = new FakeApiServer({ bookmarkMs: 20, tls: own.server, ...options });
  closing.push(() => server.close());
  await server.listen();
  return server;
}

function following(server: FakeApiServer, transport: ApiTransport): Following {
  const started = follow(server, { transport });
  closing.push(() => started.stop());
  return started;
}

/** An object that comes while no watch is open must be told by the next one; returns when it was. */
async function surviveReconnect(server: FakeApiServer, current: Following): Promise<void> {
  server.cutWatches();
  server.put(podObject(`shop/pod-${server.version}`, `uid-${server.version}`));
  await until(
    () => current.told.length === historyLines(server).length && server.watching === 1,
    () => current.troubles.slice(-3),
  );
  expect(current.told).toEqual(historyLines(server));
  expect(current.lists).toHaveLength(1);
}

function write(name: string, content: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

async function kubeconfig(server: FakeApiServer, user: object, cluster: object = {}): Promise<ApiTransport> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lab',
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'me' } }],
    clusters: [
      { name: 'lab', cluster: { server: server.url, 'certificate-authority': own.caFile, ...cluster } },
    ],
    users: [{ name: 'me', user }],
  };
  return await kubeconfigTransport(write('config.json', JSON.stringify(config)));
}

/** A plugin that prints the credential in a file, or fails when it is empty. */
function plugin(file: string): object {
  const script =
    'const text = require("fs").readFileSync(process.argv[1], "utf8"); if (text === "") process.exit(1); process.stdout.write(text)';
  return {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script, file],
    },
  };
}

function credential(status: Record<string, string>): string {
  return JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status });
}

describe('a kubeconfig with a plugin', () => {
  test('is asked anew when its token is refused, and no event is lost', async () => {
    const server = await serve({ token: 'first' });
    const file = write('credential', credential({ token: 'first' }));
    const current = following(server, await kubeconfig(server, plugin(file)));
    await until(() => server.watching === 1);
    server.token = 'second';
    write('credential', credential({ token: 'second' }));
    await surviveReconnect(server, current);
    expect(current.troubles.map(({ code }) => code)).not.toContain('unauthorized');
  });

  test('is asked anew when its token has expired by its own word', async () => {
    const server = await serve({ token: 'first' });
    const past = new Date(Date.now() - 1_000).toISOString();
    const file = write('credential', credential({ token: 'first', expirationTimestamp: past }));
    const current = following(server, await kubeconfig(server, plugin(file)));
    await until(() => server.watching === 1);
    server.token = 'second';
    write('credential', credential({ token: 'second', expirationTimestamp: past }));
    await surviveReconnect(server, current);
    expect(server.requests.filter(({ status }) => status === 401)).toEqual([]);
  });

  test('that fails for a while is a trouble until it works again', async () => {
    const server = await serve({ token: 'first' });
    const past = new Date(Date.now() - 1_000).toISOString();
    const file = write('credential', credential({ token: 'first', expirationTimestamp: past }));
    const current = following(server, await kubeconfig(server, plugin(file)));
    await until(() => server.watching === 1);
    write('credential', '');
    server.cutWatches();
    await until(() => current.troubles.some(({ code }) => code === 'unreachable'));
    write('credential', credential({ token: 'first', expirationTimestamp: past }));
    await surviveReconnect(server, current);
  });

  test('that gives a client certificate is let in', async () => {
    const server = await serve({ tls: withClientCertificates });
    const [clientCertificateData, clientKeyData] = [own.clientCertFile, own.clientKeyFile].map((file) =>
      readFileSync(file, 'utf8'),
    );
    const status = { clientCertificateData: clientCertificateData ?? '', clientKeyData: clientKeyData ?? '' };
    const transport = await kubeconfig(server, plugin(write('credential', credential(status))));
    const current = following(server, transport);
    await until(() => server.watching === 1);
    await surviveReconnect(server, current);
  });
});

describe('a kubeconfig with a client certificate', () => {
  const inline = ({ clientCertFile, clientKeyFile }: typeof own): object => ({
    'client-certificate-data': readFileSync(clientCertFile).toString('base64'),
    'client-key-data': readFileSync(clientKeyFile).toString('base64'),
  });

  test.each<[string, object]>([
    ['in files', { 'client-certificate': own.clientCertFile, 'client-key': own.clientKeyFile }],
    ['in itself', inline(own)],
  ])('%s is let in, again on each connection', async (_, user) => {
    const server = await serve({ tls: withClientCertificates });
    const current = following(server, await kubeconfig(server, user));
    await until(() => server.watching === 1);
    await surviveReconnect(server, current);
  });

  test('of another authority is kept out, and that is said', async () => {
    const server = await serve({ tls: withClientCertificates });
    const current = following(server, await kubeconfig(server, inline(foreign)));
    await until(() => current.troubles.length >= 2);
    expect(new Set(current.troubles.map(({ code }) => code))).toEqual(new Set(['unreachable']));
    expect(server.requests).toEqual([]);
  });
});

describe('a kubeconfig', () => {
  test('with a token file reads it anew when the token is refused', async () => {
    const server = await serve({ token: 'first' });
    const current = following(server, await kubeconfig(server, { tokenFile: write('token', 'first') }));
    await until(() => server.watching === 1);
    server.token = 'second';
    write('token', 'second');
    await surviveReconnect(server, current);
  });

  test('that does not trust the server says so, unless it says not to verify', async () => {
    const server = await serve({ token: 'right', tls: foreign.server });
    const wary = following(server, await kubeconfig(server, { token: 'right' }));
    await until(() => wary.troubles.length > 0);
    expect(wary.troubles[0]).toMatchObject({
      code: 'unreachable',
      detail: expect.stringMatching(/certificate|self.signed/i) as string,
    });
    const careless = { 'certificate-authority': undefined, 'insecure-skip-tls-verify': true };
    const current = following(server, await kubeconfig(server, { token: 'right' }, careless));
    await until(() => current.lists.length === 1);
  });
});

describe('in a pod', () => {
  const mounted = (token: string, caFile = own.caFile): string => {
    copyFileSync(caFile, path.join(folder, 'ca.crt'));
    write('token', token);
    return folder;
  };
  const env = (server: FakeApiServer): Record<string, string> => {
    const { hostname, port } = new URL(server.url);
    return {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT_HTTPS: port,
      KUBERNETES_SERVICE_PORT: '1',
    };
  };

  test('a token that rotates again and again is read each time it is refused', async () => {
    const server = await serve({ token: 'token-0' });
    const current = following(server, await inClusterTransport(env(server), mounted('token-0')));
    await until(() => server.watching === 1);
    for (let round = 1; round <= 3; round++) {
      server.token = `token-${round}`;
      write('token', `token-${round}`);
      await surviveReconnect(server, current);
    }
    expect(server.requests.filter(({ status }) => status === 401)).toHaveLength(3);
    expect(current.troubles.map(({ code }) => code)).not.toContain('unauthorized');
  });

  test('a token that was replaced is used a minute later, before the old one is refused', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const server = await serve({ token: 'first' });
    const current = following(server, await inClusterTransport(env(server), mounted('first')));
    await until(() => server.watching === 1);
    server.token = 'second';
    write('token', 'second');
    vi.advanceTimersByTime(61_000);
    await surviveReconnect(server, current);
    expect(server.requests.filter(({ status }) => status === 401)).toEqual([]);
  });

  test("an authority that was replaced is trusted a minute later, and the old one's server is a trouble until then", async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const server = await serve({ token: 'right', tls: foreign.server });
    const current = following(server, await inClusterTransport(env(server), mounted('right')));
    await until(() => current.troubles.some(({ code }) => code === 'unreachable'));
    mounted('right', foreign.caFile);
    vi.advanceTimersByTime(61_000);
    await until(() => current.lists.length === 1);
  });
});
