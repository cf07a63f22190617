/** A certificate authority of the test's own, made by openssl: it signs a server for 127.0.0.1 and ::1, and a client. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Certificates {
  readonly caFile: string;
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

export function makeCertificates(directory: string): Certificates {
  const file = (name: string): string => path.join(directory, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-subj',
    '/CN=test-ca',
    '-days',
    '2',
  );
  const sign = (name: string, extension: string): void => {
    writeFileSync(file(`${name}.ext`), extension);
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
    const signed = ['-out', `${name}.crt`, '-days', '2', '-extfile', `${name}.ext`];
    openssl('x509', '-req', '-in', `${name}.csr`, ...authority, ...signed);
  };
  sign('server', 'subjectAltName=IP:127.0.0.1,IP:::1\n');
  sign('client', 'extendedKeyUsage=clientAuth\n');
  const text = (name: string): string => readFileSync(file(name), 'utf8');
  return {
    caFile: file('ca.crt'),
    ca: text('ca.crt'),
    server: { cert: text('server.crt'), key: text('server.key') },
    clientCertFile: file('client.crt'),
    clientKeyFile: file('client.key'),
  };
}
