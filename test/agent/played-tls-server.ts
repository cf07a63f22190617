/** A real TLS server in the test, with a certificate made for it, that refuses every batch and notes the tokens it was sent. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { loadMaker } from '../../src/server/access/own-certificate.ts';
import type { CertificatePair } from '../../src/server/access/certificate.ts';

export interface PlayedTlsServer {
  readonly url: string;
  /** The Authorization headers of every request so far. */
  readonly tokens: readonly (string | undefined)[];
  /** Resolves once there was a request. */
  readonly asked: Promise<void>;
  close(): void;
}

export interface PlayedCertificate {
  readonly names?: readonly string[];
  /** When it was signed, unix ms. */
  readonly signedAt?: number;
  readonly showsAuthority?: boolean;
  readonly maxVersion?: 'TLSv1.1';
}

/** On a free loopback port. */
export async function playTls(
  authority: CertificatePair,
  detail: PlayedCertificate = {},
): Promise<PlayedTlsServer> {
  const { signServer } = await loadMaker();
  const { names = ['127.0.0.1'], signedAt = Date.now(), showsAuthority = true } = detail;
  const pair = await signServer(authority, { names, now: signedAt });
  const leaf = pair.cert.slice(0, pair.cert.indexOf('-----END CERTIFICATE-----') + 26);
  return playPair({ key: pair.key, cert: showsAuthority ? pair.cert : leaf }, detail.maxVersion);
}

/** The same with a certificate that is there. */
export async function playPair(pair: CertificatePair, maxVersion?: 'TLSv1.1'): Promise<PlayedTlsServer> {
  const tokens: (string | undefined)[] = [];
  const { promise: asked, resolve: wasAsked } = Promise.withResolvers<void>();
  const old = maxVersion !== undefined && {
    minVersion: 'TLSv1' as const,
    maxVersion,
    ciphers: 'DEFAULT@SECLEVEL=0',
  };
  const server = createServer({ ...pair, ...old }, (request, response) => {
    tokens.push(request.headers.authorization);
    response.writeHead(503).end();
    wasAsked();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens,
    asked,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
