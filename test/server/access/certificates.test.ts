/** The certificate that the network listener shows: replaced while it serves, or made and renewed by the server itself (docs/adr/0011). */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { boundedServer } from '../../../src/server/access/bounded-server.ts';
import type { CertificatePair, CertificateSource } from '../../../src/server/access/certificate.ts';
import { givenCertificate } from '../../../src/server/access/given-certificate.ts';
import { loadMaker, ownCertificate } from '../../../src/server/access/own-certificate.ts';

const NOW = Date.parse('2026-11-22T00:00:00Z');
const DAY_MS = 86_400_000;

let folder: string;
let said: { message: string; fields: Record<string, unknown> }[];
const log = {
  info: (fields: object, message: string) => void said.push({ message, fields: { ...fields } }),
  warn: (fields: object, message: string) => void said.push({ message, fields: { ...fields } }),
};
const open: { close(): void }[] = [];

beforeEach(() => {
  said = [];
  folder = mkdtempSync(path.join(tmpdir(), 'netscribe-tls-'));
});
afterEach(() => {
  for (const each of open.splice(0)) each.close();
  rmSync(folder, { recursive: true });
});

async function own(detail: { names?: string[]; now?: number } = {}): Promise<CertificateSource> {
  const source = await ownCertificate({
    directory: path.join(folder, 'tls'),
    names: detail.names ?? ['netscribe.netscribe.svc'],
    log,
    now: () => detail.now ?? NOW,
  });
  open.push(source);
  return source;
}

const leafOf = ({ current }: CertificateSource): X509Certificate => new X509Certificate(current.cert);

describe('an authority of its own', () => {
  test('is made once, in files that nobody else reads, and signs a certificate for every name', async () => {
    const first = await own({ names: ['netscribe.netscribe.svc', '10.0.0.1'] });
    const directory = path.join(folder, 'tls');
    expect(readdirSync(directory).toSorted()).toEqual(['authority.pem', 'ca.crt', 'server.pem']);
    for (const name of readdirSync(directory))
      expect(statSync(path.join(directory, name)).mode & 0o077, name).toBe(0);
    expect(readFileSync(path.join(directory, 'ca.crt'), 'utf8')).not.toContain('PRIVATE');
    const ca = new X509Certificate(readFileSync(path.join(directory, 'ca.crt')));
    const leaf = leafOf(first);
    expect([ca.ca, leaf.ca, leaf.verify(ca.publicKey), leaf.checkIssued(ca)]).toEqual([
      true,
      false,
      true,
      true,
    ]);
    for (const name of ['netscribe.netscribe.svc', 'localhost']) expect(leaf.checkHost(name)).toBe(name);
    for (const name of ['10.0.0.1', '127.0.0.1', '::1']) expect(leaf.checkIP(name)).toBe(name);
    expect(leaf.checkHost('other.netscribe.svc')).toBeUndefined();
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    const again = await own({ names: ['netscribe.netscribe.svc', '10.0.0.1'] });
    expect(again.current).toEqual(first.current);
  });

  test('renews its certificate 30 days before the end, and for a new name, and stays the same', async () => {
    const first = await own();
    const ca = readFileSync(path.join(folder, 'tls', 'ca.crt'), 'utf8');
    expect((await own({ now: NOW + 59 * DAY_MS })).current).toEqual(first.current);
    const renewed = await own({ now: NOW + 61 * DAY_MS });
    expect(renewed.current).not.toEqual(first.current);
    expect(Date.parse(leafOf(renewed).validTo)).toBe(NOW + 151 * DAY_MS);
    const renamed = await own({ now: NOW + 61 * DAY_MS, names: ['other.svc'] });
    expect(leafOf(renamed).checkHost('other.svc')).toBe('other.svc');
    expect(readFileSync(path.join(folder, 'tls', 'ca.crt'), 'utf8')).toBe(ca);
  });

  test('near its own end warns, and signs no longer than it lives', async () => {
    await own();
    said = [];
    const late = await own({ now: NOW + 3640 * DAY_MS });
    expect(said.map(({ message }) => message)).toContain(
      'the authority of this server expires within a year',
    );
    expect(Date.parse(leafOf(late).validTo)).toBe(NOW + 3650 * DAY_MS);
    expect((await own({ now: NOW + 3640 * DAY_MS })).current).toEqual(late.current);
  });

  test('that is broken or has expired is never replaced in silence', async () => {
    await own();
    await expect(own({ now: NOW + 3651 * DAY_MS })).rejects.toMatchObject({ code: 'bad-authority' });
    writeFileSync(path.join(folder, 'tls', 'authority.pem'), 'rubbish');
    await expect(own()).rejects.toMatchObject({ code: 'bad-authority' });
  });

  test('in a directory that is none says so', async () => {
    writeFileSync(path.join(folder, 'tls'), '');
    await expect(own()).rejects.toMatchObject({ code: 'tls-dir-unusable' });
  });

  test('keeps its key out of the log', async () => {
    const { current } = await own();
    const secret = current.key.split('\n')[1] ?? '';
    expect(secret.length).toBeGreaterThan(20);
    expect(JSON.stringify(said)).not.toContain(secret);
  });
});

describe('a given certificate', () => {
  let pairs: CertificatePair[];
  let authorities: string;
  let scratch: string;

  beforeAll(async () => {
    scratch = mkdtempSync(path.join(tmpdir(), 'netscribe-pairs-'));
    const { makeAuthority, signServer } = await loadMaker();
    const authority = await makeAuthority(Date.now());
    authorities = authority.cert;
    pairs = await Promise.all(
      ['one.svc', 'two.svc'].map((name) =>
        signServer(authority, { names: [name, '127.0.0.1'], now: Date.now() }),
      ),
    );
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  const files = () => ({ certFile: path.join(folder, 'tls.crt'), keyFile: path.join(folder, 'tls.key') });
  const write = (cert: string, key: string): void => {
    writeFileSync(files().certFile, cert);
    writeFileSync(files().keyFile, key);
  };

  test('is replaced without a restart; a broken pair keeps the old one and says so', async () => {
    const [one, two] = pairs as [CertificatePair, CertificatePair];
    write(one.cert, one.key);
    const source = givenCertificate(files(), log);
    const server = boundedServer((_, response) => response.end('ok'), {
      certificate: source,
      bounds: { requestTimeoutMs: 10_000, maxConnections: 10, maxConnectionsOfOneAddress: 10 },
      refused: () => undefined,
    });
    open.push(source, server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(await namesShownBy(server, authorities)).toContain('one.svc');
    write(two.cert, one.key);
    await until(() => said.some(({ fields }) => fields['problem'] !== undefined));
    expect(said.at(-1)).toMatchObject({
      message: 'new certificate files are unusable: the old stay in use',
      fields: { problem: 'the key does not belong to the certificate' },
    });
    expect(await namesShownBy(server, authorities)).toContain('one.svc');
    write(two.cert, two.key);
    await until(() => said.some(({ message }) => message === 'certificate replaced'));
    expect(await namesShownBy(server, authorities)).toContain('two.svc');
  });

  test.each<[string, (pairs: readonly CertificatePair[]) => [string, string]]>([
    ["another's key", ([one, two]) => [one?.cert ?? '', two?.key ?? '']],
    ['no certificate', ([one]) => ['', one?.key ?? '']],
    ['text', () => ['a', 'b']],
  ])('with %s is refused at start', (_, given) => {
    write(...given(pairs));
    expect(() => givenCertificate(files(), log)).toThrow(/cannot be served/);
  });

  test('that is not there is refused at start', () => {
    expect(() => givenCertificate(files(), log)).toThrow(/ENOENT/);
  });
});

async function namesShownBy(server: Server, ca: string): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', ca });
  await once(socket, 'secureConnect');
  const { subjectaltname } = socket.getPeerCertificate();
  socket.destroy();
  return subjectaltname ?? '';
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 90_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`the condition did not come: ${JSON.stringify(said)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
