/**
 * Which authority the server's certificate must be signed by: the system's, a file's, one that is known by its hash, or the
 * one that was met first and is pinned in the state directory. Whoever is asked for an authority is never sent a token.
 */
import { X509Certificate } from 'node:crypto';
import type Tls from 'node:tls';
import { DistrustError, REPLACED } from './distrust.ts';
import { readBounded, writeDurably } from './durable-file.ts';
import { LEAST_TLS, loadTls } from './node-http.ts';

export type CaTrust =
  | { readonly kind: 'system' }
  | { readonly kind: 'file'; readonly file: string }
  /** SHA-256 of the authority's certificate, in lower-case hex. */
  | { readonly kind: 'hash'; readonly sha256: string }
  /** `sha256` goes before what is pinned; null trusts whoever answers first. */
  | { readonly kind: 'pin'; readonly file: string; readonly sha256: string | null };

/** Bundles of authorities are some 200 KB. */
const MAX_CA_BYTES = 4 * 1024 * 1024;

export class ServerAuthority {
  readonly #trust: CaTrust;
  readonly #server: URL;
  /** Found by its hash. */
  #found: string | null = null;

  constructor(trust: CaTrust, server: URL) {
    this.#trust = trust;
    this.#server = server;
  }

  /** PEM of what to trust, or null for the system's authorities. Throws a DistrustError when it cannot be had. */
  async current(signal: AbortSignal): Promise<string | null> {
    const trust = this.#trust;
    switch (trust.kind) {
      case 'system':
        return null;
      case 'file': {
        const ca = readBounded(trust.file, MAX_CA_BYTES);
        if (ca === null) throw new DistrustError(`the CA file ${trust.file} is not there`);
        if (!holdsCertificate(ca)) throw new DistrustError(`the CA file ${trust.file} holds no certificate`);
        return ca;
      }
      case 'hash':
        return (this.#found ??= await this.#met(trust.sha256, signal));
      case 'pin': {
        const pinned = readBounded(trust.file, MAX_CA_BYTES);
        // A hash is a person's word, and goes before whom the agent met.
        if (pinned !== null && trust.sha256 === null && !holdsCertificate(pinned))
          throw new DistrustError(
            `the pinned authority in ${trust.file} is damaged: remove that file to pin anew`,
          );
        if (pinned !== null && (trust.sha256 === null || hashOf(pinned) === trust.sha256)) return pinned;
        const met = await this.#met(trust.sha256, signal);
        writeDurably(trust.file, met);
        return met;
      }
      default:
        return trust satisfies never;
    }
  }

  async #met(sha256: string | null, signal: AbortSignal): Promise<string> {
    const chain = await chainOf(this.#server, signal);
    const authority = authorityOf(chain);
    if (authority === null)
      throw new DistrustError("the server does not show its authority's certificate: use --ca-file instead");
    const found = fingerprintOf(authority);
    if (sha256 !== null && found !== sha256)
      throw new DistrustError(
        `the server's authority has SHA-256 ${found}, not the ${sha256} of --ca-sha256: ${REPLACED} give that of the new one`,
      );
    return authority.toString();
  }
}

/** SHA-256 in lower-case hex, as `openssl x509 -fingerprint -sha256` prints it but for colons and case. */
function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** To TLS an empty text is no choice of authorities at all: it would trust those of the system. */
function holdsCertificate(pem: string): boolean {
  return hashOf(pem) !== null;
}

/** Null for what is no certificate. */
function hashOf(pem: string): string | null {
  try {
    return fingerprintOf(new X509Certificate(pem));
  } catch {
    return null;
  }
}

/** The certificates that the server shows, its own first. The connection is closed before anything is said on it. */
function chainOf(server: URL, signal: AbortSignal): Promise<X509Certificate[]> {
  const host = server.hostname.replace(/^\[|\]$/g, '');
  const tls = loadTls();
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host,
      port: Number(server.port || 443),
      minVersion: LEAST_TLS,
      // It is looked at, not trusted: the chain decides, and later connections are held to it.
      rejectUnauthorized: false,
      ...(/[a-z]/i.test(host) && !host.includes(':') && { servername: host }),
    });
    const stop = (): void => void socket.destroy(new Error('the connection took too long'));
    signal.addEventListener('abort', stop, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', stop));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const leaf = socket.getPeerCertificate(true);
      socket.destroy();
      const mismatch = tls.checkServerIdentity(host, leaf);
      if (mismatch === undefined) resolve(certificatesFrom(leaf));
      else reject(mismatch);
    });
    if (signal.aborted) stop();
  });
}

function certificatesFrom(leaf: Tls.DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  for (let each = leaf; !seen.has(each.fingerprint256); each = each.issuerCertificate) {
    seen.add(each.fingerprint256);
    chain.push(new X509Certificate(each.raw));
    // Node leaves it out when the server did not show it.
    if ((each.issuerCertificate as unknown) === undefined) break;
  }
  return chain;
}

/** The last of the chain if it is an authority that signed itself, and each of the others is signed by the next. */
function authorityOf(chain: readonly X509Certificate[]): X509Certificate | null {
  const last = chain.at(-1);
  if (last === undefined || !last.ca || !last.verify(last.publicKey)) return null;
  const isChain = chain.every((each, index) => each.verify((chain[index + 1] ?? last).publicKey));
  return isChain ? last : null;
}
