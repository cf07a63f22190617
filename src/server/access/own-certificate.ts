/**
 * The server's own authority and certificate in a directory of its volume: made when there are none, renewed long before
 * they expire. Keys are readable by this user alone. A broken authority is never replaced in silence: agents have pinned it.
 */
import { X509Certificate } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import { ProblemError } from '../../domain/problem.ts';
import { makeFolder } from '../../runtime/make-folder.ts';
import { certificateFacts, pairProblem } from './certificate.ts';
import type { CertificatePair, CertificateSource } from './certificate.ts';

interface CertificateLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface OwnCertificateOptions {
  readonly directory: string;
  /** DNS names and addresses by which the server is called. Its loopback names are added. */
  readonly names: readonly string[];
  readonly log: CertificateLog;
  /** Unix ms. */
  readonly now: () => number;
}

const DAY_MS = 24 * 3_600_000;
/** A server certificate lives 90 days. */
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** A year to give agents another authority to pin. */
const WARN_BEFORE_MS = 365 * DAY_MS;
const LOOK_EVERY_MS = 3_600_000;
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];

/** Certificate and key in one file, so that no crash parts them. */
const AUTHORITY_FILE = 'authority.pem';
const SERVER_FILE = 'server.pem';
/** The authority's certificate alone, for people to copy. */
const PUBLIC_FILE = 'ca.crt';

/** Throws a ProblemError `bad-authority` for an authority that cannot be used, `tls-dir-unusable` for the file system's refusals. */
export async function ownCertificate(options: OwnCertificateOptions): Promise<CertificateSource> {
  const { directory, log, now } = options;
  const authority = await withinDirectory(directory, () => authorityIn(options));
  let served = await withinDirectory(directory, () => serverCertificateIn(options, authority));
  const followers: ((pair: CertificatePair) => void)[] = [];
  const look = async (): Promise<void> => {
    if (!isDue(served, authority, options)) return;
    try {
      served = await serverCertificateIn(options, authority);
      for (const take of followers) take(served);
    } catch (error) {
      log.warn({ err: error, until: until(served.cert) }, 'the certificate could not be renewed');
    }
  };
  if (until(authority.cert) - now() < WARN_BEFORE_MS)
    log.warn(certificateFacts(authority.cert), 'the authority of this server expires within a year');
  const timer = setInterval(() => void look(), LOOK_EVERY_MS).unref();
  return {
    get current() {
      return served;
    },
    follow: (take) => void followers.push(take),
    close: () => clearInterval(timer),
  };
}

/** What makes authorities and certificates, loaded only when one is made: it takes 16 MB. */
export async function loadMaker(): Promise<typeof import('./own-authority.ts')> {
  await import('reflect-metadata');
  return import('./own-authority.ts');
}

async function authorityIn({ directory, log, now }: OwnCertificateOptions): Promise<CertificatePair> {
  makeFolder(directory, 0o700);
  const file = path.join(directory, AUTHORITY_FILE);
  const found = pairIn(file);
  const authority = found ?? (await (await loadMaker()).makeAuthority(now()));
  const problem = pairProblem(authority);
  if (problem !== null || until(authority.cert) <= now())
    throw new ProblemError('bad-authority', `${file} cannot be used: ${problem ?? 'it has expired'}.`, {
      hint: 'Restore it from a backup. Without one, remove it, and the pin in the state directory of every agent.',
    });
  if (found === null) writeWhole(file, `${authority.cert}${authority.key}`);
  writeWhole(path.join(directory, PUBLIC_FILE), authority.cert);
  log.info(
    { file, ...certificateFacts(authority.cert) },
    found === null ? 'authority made' : 'authority loaded',
  );
  return authority;
}

async function serverCertificateIn(
  options: OwnCertificateOptions,
  authority: CertificatePair,
): Promise<CertificatePair> {
  const { directory, log, now } = options;
  const file = path.join(directory, SERVER_FILE);
  const found = pairIn(file);
  if (found !== null && pairProblem(found) === null && !isDue(found, authority, options)) {
    log.info({ file, ...certificateFacts(found.cert) }, 'certificate loaded');
    return found;
  }
  const { signServer } = await loadMaker();
  const made = await signServer(authority, { names: namesOf(options), now: now() });
  writeWhole(file, `${made.cert}${made.key}`);
  log.info({ file, ...certificateFacts(made.cert) }, 'certificate made');
  return made;
}

/** Whether it is another authority's, for other names, or expires soon and can be renewed for longer. */
function isDue(pair: CertificatePair, authority: CertificatePair, options: OwnCertificateOptions): boolean {
  const certificate = new X509Certificate(pair.cert);
  const isOurs = certificate.verify(new X509Certificate(authority.cert).publicKey);
  const isCovering = namesOf(options).every((name) =>
    isIP(name) === 0 ? certificate.checkHost(name) !== undefined : certificate.checkIP(name) !== undefined,
  );
  const end = until(pair.cert);
  const isEnding = end - options.now() < RENEW_BEFORE_MS && end < until(authority.cert);
  return !isOurs || !isCovering || isEnding;
}

function namesOf({ names }: OwnCertificateOptions): string[] {
  return [...new Set([...names, ...LOOPBACK_NAMES])];
}

function until(cert: string): number {
  return Date.parse(new X509Certificate(cert).validTo);
}

/** Null when there is no such file. The key stands last. */
function pairIn(file: string): CertificatePair | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const at = text.indexOf('-----BEGIN PRIVATE KEY-----');
  return at < 0 ? { cert: text, key: '' } : { cert: text.slice(0, at), key: text.slice(at) };
}

/** Whole as it was, or whole as it is, also after a crash. */
function writeWhole(file: string, text: string): void {
  const fresh = `${file}.new`;
  withOpen(fresh, 'w', (opened) => {
    writeSync(opened, text);
    fsyncSync(opened);
  });
  renameSync(fresh, file);
  // The rename itself is on the disk only when the directory is.
  withOpen(path.dirname(file), 'r', fsyncSync);
}

function withOpen(file: string, flags: string, act: (opened: number) => void): void {
  const opened = openSync(file, flags, 0o600);
  try {
    act(opened);
  } finally {
    closeSync(opened);
  }
}

async function withinDirectory<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new ProblemError(
      'tls-dir-unusable',
      `Cannot keep certificates in ${directory}: ${error.message}.`,
      {
        hint: '--tls-dir must be a directory that this user may write.',
        cause: error,
      },
    );
  }
}
