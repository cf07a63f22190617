/** The certificate that a listener shows: what is wrong with a pair of PEM texts, and a source that replaces it while it serves. */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** PEM texts; the certificate may be followed by its issuers. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateSource {
  readonly current: CertificatePair;
  /** Told of each later pair. */
  follow(take: (pair: CertificatePair) => void): void;
  close(): void;
}

/** Why nobody could be served with this pair, or null. An expired certificate is served: its clients say it best. */
export function pairProblem({ cert, key }: CertificatePair): string | null {
  try {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      return 'the key does not belong to the certificate';
    createSecureContext({ cert, key });
    return null;
  } catch (error) {
    return `it is not PEM that TLS can use: ${error instanceof Error ? error.message.slice(0, 120) : ''}`;
  }
}

/** What is logged of a certificate. */
export function certificateFacts(cert: string): { names: string; until: string; sha256: string } {
  const { subjectAltName, validTo, fingerprint256 } = new X509Certificate(cert);
  return { names: subjectAltName ?? '', until: validTo, sha256: fingerprint256 };
}
