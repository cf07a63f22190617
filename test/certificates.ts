/** The committed certificates of the tests (test/certificates/make.sh made them): an authority, a server for loopback, a client. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface Certificates {
  readonly caFile: string;
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

/** `foreign` is signed by an authority that `own` does not know. */
export function certificatesOf(set: 'own' | 'foreign'): Certificates {
  const file = (name: string): string => path.join(import.meta.dirname, 'certificates', set, name);
  const text = (name: string): string => readFileSync(file(name), 'utf8');
  return {
    caFile: file('ca.crt'),
    ca: text('ca.crt'),
    server: { cert: text('server.crt'), key: text('server.key') },
    clientCertFile: file('client.crt'),
    clientKeyFile: file('client.key'),
  };
}
