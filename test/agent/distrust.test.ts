/** What an agent says of a server that it does not believe: what is wrong, where, and what mends it (the authority: pinning.test.ts). */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ServerLink } from '../../src/agent/server-link.ts';
import type { CertificatePair } from '../../src/server/access/certificate.ts';
import { loadMaker } from '../../src/server/access/own-certificate.ts';
import { certificatesOf } from '../certificates.ts';
import { playPair, playTls } from './played-tls-server.ts';
import type { PlayedCertificate, PlayedTlsServer } from './played-tls-server.ts';
import { newFolder, removeFolders, startAgent } from './running-agent.ts';
import { SMALL_BATCH } from './small-batch.ts';

const DAY_MS = 86_400_000;
const KEPT = 'a batch could not be sent: it is kept and sent again';
const never = new AbortController().signal;
const playing: { close(): void }[] = [];
let own: CertificatePair;
let others: CertificatePair;

beforeAll(async () => {
  const { makeAuthority } = await loadMaker();
  own = await makeAuthority(Date.now() - 400 * DAY_MS);
  others = await makeAuthority(Date.now());
});
afterEach(() => {
  for (const each of playing.splice(0)) each.close();
});
afterAll(removeFolders);

async function play(detail: PlayedCertificate): Promise<PlayedTlsServer> {
  const played = await playTls(own, detail);
  playing.push(played);
  return played;
}

function caFileOf({ cert }: Pick<CertificatePair, 'cert'>): string {
  const file = path.join(newFolder(), 'ca.crt');
  writeFileSync(file, cert);
  return file;
}

async function saidOf(url: string, caFile = caFileOf(own)): Promise<string> {
  const trust = { kind: 'file', file: caFile } as const;
  const link = new ServerLink({ server: new URL(url), timeoutMs: 120_000, token: null, trust });
  const exchange = await link.post(SMALL_BATCH, 5, never);
  link.close();
  return exchange.kind === 'failed' ? `${exchange.code}: ${exchange.reason}` : String(exchange.status);
}

describe('of a certificate', () => {
  it('for another name: both names, and where each is set', async () => {
    const { url } = await play({ names: ['elsewhere.example', '10.1.1.1'] });
    expect(await saidOf(url)).toBe(
      "untrusted-server: the server's certificate is for DNS:elsewhere.example, IP Address:10.1.1.1, and --server calls it " +
        '127.0.0.1: call it by a name of its certificate, or give it a certificate for this one (--tls-name of a server that makes its own)',
    );
  });

  it('that has expired: the clock it was judged by, and how to see it', async () => {
    const { url } = await play({ signedAt: Date.now() - 200 * DAY_MS });
    const said = await saidOf(url);
    expect(said).toMatch(
      /^untrusted-server: the server's certificate, .* has expired by this node's clock: renew it/,
    );
    expect(said).toContain(`openssl s_client -showcerts -connect ${new URL(url).host}`);
  });

  it('that is not valid yet: whose clock may be wrong', async () => {
    const { url } = await play({ signedAt: Date.now() + 20 * DAY_MS });
    expect(await saidOf(url)).toMatch(
      /^untrusted-server: .* is not valid yet by this node's clock: set right the clock of this node, or of who signed it/,
    );
  });

  it('of another authority: the file, and that a new one is taken from it', async () => {
    const { url, tokens } = await play({});
    const caFile = caFileOf(others);
    expect(await saidOf(url, caFile)).toBe(
      `untrusted-server: the server's certificate is not signed by an authority in ${caFile} (SELF_SIGNED_CERT_IN_CHAIN): either ` +
        'another server answers, or its authority was replaced; if you replaced it, put the new one into that file, which is read again each time',
    );
    expect(tokens).toEqual([]);
  });

  it("that is a client's", async () => {
    const { caFile, clientCertFile, clientKeyFile } = certificatesOf('own');
    const played = await playPair({
      cert: readFileSync(clientCertFile, 'utf8'),
      key: readFileSync(clientKeyFile, 'utf8'),
    });
    playing.push(played);
    expect(await saidOf(played.url, caFile)).toMatch(
      /^untrusted-server: the server's certificate may not be a server's: .*\(INVALID_PURPOSE\)/,
    );
  });

  it('that there is none of, since the port speaks plain HTTP: no words of OpenSSL', async () => {
    const server = createServer();
    playing.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const said = await saidOf(`https://127.0.0.1:${port}`);
    expect(said).toMatch(
      /^untrusted-server: no TLS .* at 127\.0\.0\.1:\d+ \(wrong version number\): the port may be/,
    );
    expect(said).not.toMatch(/routines|deps|\n/);
  });
});

it('nobody who answers is no matter of trust', async () => {
  const played = await play({});
  played.close();
  expect(await saidOf(played.url)).toMatch(/^unreachable: /);
});

it('an agent logs it with the URL, and goes on by itself once the file holds the authority', async () => {
  const { url, asked } = await play({});
  const caFile = caFileOf(others);
  const args = ['--ca-file', caFile, '--listen', '127.0.0.1:0'];
  const agent = startAgent({ server: { url }, args, timing: { stopMs: 100 } });
  const line = await agent.logged(KEPT);
  expect(line).toMatchObject({ code: 'untrusted-server', server: `${url}/`, level: 40 });
  expect(line['detail']).toContain(`not signed by an authority in ${caFile}`);
  const probe = await fetch(`${await agent.url}/readyz`);
  expect(await probe.text()).toContain('untrusted-server');
  writeFileSync(caFile, own.cert);
  await asked;
  await agent.logged(KEPT, 'http-503');
  expect(await agent.stop()).toBe(0);
});
