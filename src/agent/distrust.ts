/**
 * Why a server is not believed, as a sentence for whoever is woken by it: what is wrong, where, and what mends it. It
 * decides nothing: TLS does, and server-authority.ts.
 */
import type { CaTrust } from './server-authority.ts';

/** The server's authority is not settled; the message says why and what to do. */
export class DistrustError extends Error {
  override readonly name = 'DistrustError';
}

/** What OpenSSL says of a chain that ends in nobody it was told to trust (X509_verify_cert_error_string, by Node's names). */
const UNTRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
]);
/** And of one that may not be used as it is. */
const UNFIT = new Set(['INVALID_PURPOSE', 'INVALID_CA', 'PATH_LENGTH_EXCEEDED']);

/** The names in a certificate that anyone may have made. */
const MAX_NAMES_LENGTH = 400;

/** Goes before what to do about an authority that is not the expected one, if it is no attack. */
export const REPLACED = 'either another server answers, or its authority was replaced; if you replaced it,';

/** Null for a failure that has nothing to do with whether the server is the one that is meant. */
export function distrustOf(error: unknown, trust: CaTrust, server: URL): string | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof DistrustError) return error.message;
  const code = textIn(error, 'code');
  if (UNTRUSTED.has(code)) return unsigned(code, trust);
  if (UNFIT.has(code))
    return `the server's certificate may not be a server's: ${error.message} (${code}); give the server one for server authentication, signed by an authority`;
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return misnamed(error, server);
    case 'CERT_HAS_EXPIRED':
      return (
        "the server's certificate, or that of an authority that signed it, has expired by this node's clock: renew it, which a " +
        `server takes up without a restart, or set the clock right; ${shown(server)}`
      );
    case 'CERT_NOT_YET_VALID':
      return (
        "the server's certificate, or that of an authority that signed it, is not valid yet by this node's clock: set right the " +
        `clock of this node, or of who signed it; ${shown(server)}`
      );
    default:
      return isTlsFailure(code, error.message) ? misspoken(error.message, server) : null;
  }
}

function unsigned(code: string, trust: CaTrust): string {
  const said = "the server's certificate is not signed by";
  switch (trust.kind) {
    case 'pin':
      return `${said} the authority pinned in ${trust.file}: ${REPLACED} give the SHA-256 of the new one as --ca-sha256, or remove that file`;
    case 'file':
      return `${said} an authority in ${trust.file} (${code}): ${REPLACED} put the new one into that file, which is read again each time`;
    case 'hash':
      return `${said} the authority of --ca-sha256 (${code}): ${REPLACED} give the SHA-256 of the new one`;
    case 'system':
      return `${said} an authority of this system (${code}); use --ca-file or --pin-ca`;
    default:
      return trust satisfies never;
  }
}

function misnamed(error: Error, server: URL): string {
  const { cert } = error as { readonly cert?: unknown };
  const names = textIn(cert, 'subjectaltname').slice(0, MAX_NAMES_LENGTH) || 'no name at all';
  return (
    `the server's certificate is for ${names}, and --server calls it ${server.hostname}: call it by a name of its certificate, ` +
    'or give it a certificate for this one (--tls-name of a server that makes its own)'
  );
}

function misspoken(message: string, server: URL): string {
  // "...:error:0A00010B:SSL routines:function:reason:file:line:"
  const reason = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
  return (
    `no TLS of version 1.2 or later came about with what answers at ${server.host} (${reason}): the port may be another ` +
    "service's, one of plain HTTP, or a proxy's with demands of its own"
  );
}

function isTlsFailure(code: string, message: string): boolean {
  return code.startsWith('ERR_SSL_') || (code === 'EPROTO' && message.includes(':SSL routines:'));
}

function shown(server: URL): string {
  return `to see it: openssl s_client -showcerts -connect ${server.hostname}:${server.port || 443}`;
}

/** Empty when there is no text of that name. */
function textIn(value: unknown, name: string): string {
  const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof text === 'string' ? text : '';
}
