import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerLink } from '../../src/agent/server-link.ts';
import { TokenFile } from '../../src/agent/token.ts';
import { certificatesOf } from '../certificates.ts';
import { newFolder, removeFolders } from './running-agent.ts';
import { SMALL_BATCH } from './small-batch.ts';

const never = new AbortController().signal;

const { caFile: certFile, server: identity } = certificatesOf('own');

describe('a server with TLS', () => {
  const requests: { url: string | undefined; authorization: string | undefined; body: string }[] = [];
  let server: ReturnType<typeof createServer>;
  let connections = 0;
  let heard = (): void => undefined;

  beforeAll(async () => {
    server = createServer(identity, (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        requests.push({ url: request.url, authorization: request.headers.authorization, body });
        heard();
        if (request.url?.startsWith('/silent') === true) return;
        if (request.url?.startsWith('/broken') === true) {
          response.writeHead(200, { 'content-length': 100 });
          response.write('x', () => response.socket?.destroy());
          return;
        }
        response.writeHead(503, { 'retry-after': '7' });
        response.end('x'.repeat(request.url?.startsWith('/long') === true ? 1_000_000 : 5));
      });
    });
    // No connection is too old for the next request, however late that comes.
    server.keepAliveTimeout = 0;
    server.on('secureConnection', () => connections++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => {
    server.close();
    server.closeAllConnections();
    removeFolders();
  });

  function linkTo(base: string, options: { caFile?: string | null; token?: TokenFile } = {}): ServerLink {
    const { port } = server.address() as AddressInfo;
    return new ServerLink({
      server: new URL(`https://127.0.0.1:${port}${base}`),
      timeoutMs: 120_000,
      token: options.token ?? null,
      trust:
        options.caFile === null ? { kind: 'system' } : { kind: 'file', file: options.caFile ?? certFile },
    });
  }

  it('is believed by its authorities, over one connection, below its base path', async () => {
    const tokenFile = path.join(newFolder(), 'token');
    writeFileSync(tokenFile, ' abc.def \n');
    const link = linkTo('/base/', { token: new TokenFile(tokenFile, () => 0) });
    const before = connections;
    for (const sentAt of [5, 6.7]) {
      expect(await link.post(SMALL_BATCH, sentAt, never)).toEqual({
        kind: 'answered',
        status: 503,
        retryAfter: '7',
        body: 'xxxxx',
      });
    }
    link.close();
    expect(connections - before).toBe(1);
    expect(requests.splice(0)).toEqual([
      { url: '/base/api/v1/batches', authorization: 'Bearer abc.def', body: '{"sentAt":5,"sequence":1}' },
      { url: '/base/api/v1/batches', authorization: 'Bearer abc.def', body: '{"sentAt":6,"sequence":1}' },
    ]);
  });

  it('is not believed without them, and its authorities are read anew after that', async () => {
    const caFile = path.join(newFolder(), 'ca.pem');
    writeFileSync(caFile, certificatesOf('foreign').ca);
    const link = linkTo('/', { caFile });
    expect(await link.post(SMALL_BATCH, 5, never)).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/certificate/),
    });
    writeFileSync(`${caFile}.new`, readFileSync(certFile));
    renameSync(`${caFile}.new`, caFile);
    expect(await link.post(SMALL_BATCH, 5, never)).toMatchObject({ kind: 'answered', status: 503 });
    link.close();
  });

  it('gets nothing when a file is not there', async () => {
    requests.length = 0;
    const nowhere = path.join(newFolder(), 'nowhere');
    expect(await linkTo('/', { caFile: nowhere }).post(SMALL_BATCH, 5, never)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('CA file'),
    });
    const token = new TokenFile(nowhere, () => 0);
    expect(await linkTo('/', { token }).post(SMALL_BATCH, 5, never)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('token file'),
    });
    expect(requests).toEqual([]);
  });

  it('that answers without end is cut short', async () => {
    const link = linkTo('/long');
    const answer = await link.post(SMALL_BATCH, 5, never);
    link.close();
    expect(answer).toMatchObject({ kind: 'answered', status: 503, body: 'x'.repeat(65_536) });
  });

  it('that breaks off in its answer has not answered', async () => {
    const link = linkTo('/broken');
    expect(await link.post(SMALL_BATCH, 5, never)).toMatchObject({ kind: 'failed' });
    expect(await link.post(SMALL_BATCH, 5, never)).toMatchObject({ kind: 'failed' });
    link.close();
  });

  it('that is silent is left when the agent ends meanwhile', async () => {
    const end = new AbortController();
    heard = () => end.abort();
    expect(await linkTo('/silent').post(SMALL_BATCH, 5, end.signal)).toEqual({
      kind: 'failed',
      code: 'unreachable',
      reason: 'the exchange was ended',
    });
    heard = () => undefined;
  });

  it('is left at once when the agent ends', async () => {
    const end = new AbortController();
    end.abort();
    expect(await linkTo('/').post(SMALL_BATCH, 5, end.signal)).toMatchObject({ kind: 'failed' });
  });
});

describe('a token', () => {
  it('is read again after a minute, and at once when it was refused', () => {
    const file = path.join(newFolder(), 'token');
    let now = 0;
    const token = new TokenFile(file, () => now);
    writeFileSync(file, 'one');
    expect(token.read()).toBe('one');
    writeFileSync(file, 'two');
    expect(token.read()).toBe('one');
    now = 60_000;
    expect(token.read()).toBe('two');
    writeFileSync(file, 'three');
    token.expire();
    expect(token.read()).toBe('three');
  });

  it.each(['', ' \n', 'two words', 'line\nbreak', 'ctrl\u0001'])('is not %j', (text) => {
    const file = path.join(newFolder(), 'token');
    writeFileSync(file, text);
    expect(() => new TokenFile(file, () => 0).read()).toThrow('holds no token');
  });
});
