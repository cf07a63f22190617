/** How an agent comes to trust a server that made its own authority, and what it does when another one answers (docs/adr/0011). */
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CaTrust } from '../../src/agent/server-authority.ts';
import { ServerLink } from '../../src/agent/server-link.ts';
import { TokenFile } from '../../src/agent/token.ts';
import { loadMaker } from '../../src/server/access/own-certificate.ts';
import type { CertificatePair } from '../../src/server/access/certificate.ts';
import { playTls } from './played-tls-server.ts';
import type { PlayedCertificate, PlayedTlsServer } from './played-tls-server.ts';
import { newFolder, removeFolders } from './running-agent.ts';
import { SMALL_BATCH } from './small-batch.ts';

const never = new AbortController().signal;

const playing: PlayedTlsServer[] = [];
let own: CertificatePair;
let others: CertificatePair;

beforeAll(async () => {
  const { makeAuthority } = await loadMaker();
  own = await makeAuthority(Date.now());
  others = await makeAuthority(Date.now());
});
afterEach(() => {
  for (const each of playing.splice(0)) each.close();
});
afterAll(() => removeFolders());

async function play(authority: CertificatePair, detail?: PlayedCertificate): Promise<PlayedTlsServer> {
  const played = await playTls(authority, detail);
  playing.push(played);
  return played;
}

function linkTo(url: string, trust: CaTrust): ServerLink {
  const tokenFile = path.join(newFolder(), 'token');
  writeFileSync(tokenFile, 'the-token');
  const token = new TokenFile(tokenFile, () => 0);
  return new ServerLink({ server: new URL(url), timeoutMs: 120_000, token, trust });
}

async function outcome(link: ServerLink): Promise<string> {
  const exchange = await link.post(SMALL_BATCH, 5, never);
  link.close();
  return exchange.kind === 'failed' ? exchange.reason : String(exchange.status);
}

const sha256 = ({ cert }: CertificatePair): string =>
  new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();

describe('--pin-ca', () => {
  it('trusts whose authority answers first, keeps it, and from then on no other', async () => {
    const file = path.join(newFolder(), 'server-ca.pem');
    const trust: CaTrust = { kind: 'pin', file, sha256: null };
    const first = await play(own);
    expect(await outcome(linkTo(first.url, trust))).toBe('503');
    expect(readFileSync(file, 'utf8')).toBe(new X509Certificate(own.cert).toString());
    expect(first.tokens).toEqual(['Bearer the-token']);
    // The same authority with a renewed certificate is the same server.
    const renewed = await play(own);
    expect(await outcome(linkTo(renewed.url, trust))).toBe('503');
    const impostor = await play(others);
    const said = await outcome(linkTo(impostor.url, trust));
    expect(said).toContain(`not signed by the authority pinned in ${file}`);
    expect(said).toContain('--ca-sha256, or remove that file');
    expect(impostor.tokens).toEqual([]);
  });

  it('pins anew once the file is removed, without a restart, as the log says', async () => {
    const file = path.join(newFolder(), 'server-ca.pem');
    writeFileSync(file, others.cert);
    const link = linkTo((await play(own)).url, { kind: 'pin', file, sha256: null });
    expect(await link.post(SMALL_BATCH, 5, never)).toMatchObject({
      kind: 'failed',
      code: 'untrusted-server',
      reason: expect.stringContaining('remove that file'),
    });
    rmSync(file);
    expect(await outcome(link)).toBe('503');
    expect(readFileSync(file, 'utf8')).toBe(new X509Certificate(own.cert).toString());
  });

  it('sends no token and pins nothing when the name is not the one it called', async () => {
    const file = path.join(newFolder(), 'server-ca.pem');
    const elsewhere = await play(own, { names: ['elsewhere.example'] });
    const said = await outcome(linkTo(elsewhere.url, { kind: 'pin', file, sha256: null }));
    expect(said).toContain(
      "the server's certificate is for DNS:elsewhere.example, and --server calls it 127.0.0.1",
    );
    expect([elsewhere.tokens, existsSync(file)]).toEqual([[], false]);
  });

  it('with --ca-sha256 meets only that authority', async () => {
    const file = path.join(newFolder(), 'server-ca.pem');
    const server = await play(own);
    const wrong = await outcome(linkTo(server.url, { kind: 'pin', file, sha256: sha256(others) }));
    expect(wrong).toBe(
      `the server's authority has SHA-256 ${sha256(own)}, not the ${sha256(others)} of --ca-sha256: either another server answers, ` +
        'or its authority was replaced; if you replaced it, give that of the new one',
    );
    expect([server.tokens, existsSync(file)]).toEqual([[], false]);
    expect(await outcome(linkTo(server.url, { kind: 'pin', file, sha256: sha256(own) }))).toBe('503');
  });
});

it('--ca-sha256 goes before what was pinned: how agents are told of a new authority', async () => {
  const file = path.join(newFolder(), 'server-ca.pem');
  const before = await play(own);
  expect(await outcome(linkTo(before.url, { kind: 'pin', file, sha256: null }))).toBe('503');
  const after = await play(others);
  expect(await outcome(linkTo(after.url, { kind: 'pin', file, sha256: sha256(others) }))).toBe('503');
  expect(readFileSync(file, 'utf8')).toBe(new X509Certificate(others.cert).toString());
});

describe('--ca-sha256', () => {
  it('trusts the authority with that hash, and keeps no file', async () => {
    const server = await play(own);
    const link = linkTo(server.url, { kind: 'hash', sha256: sha256(own) });
    expect(await outcome(link)).toBe('503');
    expect(await outcome(linkTo(server.url, { kind: 'hash', sha256: sha256(others) }))).toContain('not the');
  });

  it('says what to do when the server does not show its authority', async () => {
    const server = await play(own, { showsAuthority: false });
    const said = await outcome(linkTo(server.url, { kind: 'hash', sha256: sha256(own) }));
    expect(said).toContain('use --ca-file instead');
    expect(server.tokens).toEqual([]);
  });
});

it('without any of them a server of its own authority is refused, with what to use', async () => {
  const server = await play(own);
  expect(await outcome(linkTo(server.url, { kind: 'system' }))).toContain('use --ca-file or --pin-ca');
  expect(server.tokens).toEqual([]);
});

it('TLS below 1.2 is not spoken', async () => {
  const server = await play(own, { maxVersion: 'TLSv1.1' });
  const file = path.join(newFolder(), 'server-ca.pem');
  expect(await outcome(linkTo(server.url, { kind: 'pin', file, sha256: null }))).not.toBe('503');
  expect([server.tokens, existsSync(file)]).toEqual([[], false]);
});
