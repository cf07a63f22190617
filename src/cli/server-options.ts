/** `--server`, `--token-file` and `--ca-file`: where the server answers a command, and how the command proves who asks. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Option } from 'commander';
import { ProblemError } from '../domain/problem.ts';
import { isLoopbackHost } from '../runtime/host-port.ts';
import { createApiClient } from '../wire/client.ts';
import type { ApiClient } from '../wire/client.ts';

export interface ServerOptions {
  readonly server: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
}

export function serverOption(): Option {
  return new Option('--server <url>', 'where the server answers').default('http://127.0.0.1:8080');
}

export function tokenFileOption(): Option {
  return new Option('--token-file <file>', 'bearer token, where the server answers on the network');
}

export function caFileOption(): Option {
  return new Option('--ca-file <file>', "authorities (PEM) of that server, besides the system's");
}

/** Throws a ProblemError for a file that cannot be read, or a token that would be sent in clear. */
export async function connectTo(
  { server, tokenFile, caFile }: ServerOptions,
  request: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<ApiClient> {
  if (caFile !== undefined) await trust(caFile);
  const token = tokenFile === undefined ? undefined : (await contentOf(tokenFile, '--token-file')).trim();
  if (token !== undefined) requireToken(token, { server, file: tokenFile ?? '' });
  return createApiClient({ ...request, baseUrl: server, ...(token !== undefined && { token }) });
}

/** For this process, which talks to one server. */
async function trust(caFile: string): Promise<void> {
  const authorities = await contentOf(caFile, '--ca-file');
  try {
    // Node takes any text for authorities and says nothing of it.
    void new X509Certificate(authorities);
  } catch (error) {
    throw new ProblemError('bad-ca-file', `--ca-file ${caFile} holds no certificate (PEM).`, {
      cause: error,
    });
  }
  setDefaultCACertificates([...getCACertificates('default'), authorities]);
}

function requireToken(token: string, { server, file }: { readonly server: string; file: string }): void {
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new ProblemError('bad-token-file', `--token-file ${file} holds no token.`);
  const url = URL.canParse(server) ? new URL(server) : null;
  if (url?.protocol !== 'http:' || isLoopbackHost(url.hostname.replace(/^\[|\]$/g, ''))) return;
  throw new ProblemError('token-in-clear', `The token would be sent to ${url.origin} unencrypted.`, {
    hint: 'Use the https address of the server, with --ca-file.',
  });
}

async function contentOf(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ProblemError(
      'file-unreadable',
      `Cannot read ${option} ${file}: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    );
  }
}
