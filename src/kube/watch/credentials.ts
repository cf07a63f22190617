/** How to introduce oneself to an API server: headers and TLS material, read anew because clusters rotate both. */
import { readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import { ProblemError } from '../../domain/problem.ts';

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** As node:https takes them; without effect on plain HTTP. */
  readonly tls: {
    readonly ca?: string | Buffer;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
    readonly passphrase?: string;
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
  /** A proxy's own agent; null for the transport's keep-alive agent. */
  readonly agent: Agent | null;
}

export interface CredentialSource {
  /** At most a minute old. */
  current(): Promise<Credentials>;
  /** Read now, because the server refused the current ones. */
  renewed(): Promise<Credentials>;
}

/** As often as client-go reads a mounted token again; the kubelet replaces it at 80% of its life. */
const REREAD_MS = 60_000;

/**
 * Credentials from a bearer token's file and a CA bundle's file. Throws a ProblemError when a file cannot be read at first;
 * later the last content that could be read stays in use, and the server's answer tells when that no longer works.
 */
export async function fileCredentials(files: {
  readonly tokenFile: string | null;
  readonly caFile: string | null;
}): Promise<CredentialSource> {
  let read = await readCredentials(files);
  let readAt = performance.now();
  const renewed = async (): Promise<Credentials> => {
    try {
      read = await readCredentials(files);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
    }
    readAt = performance.now();
    return read;
  };
  return {
    renewed,
    current: async () => (performance.now() - readAt < REREAD_MS ? read : await renewed()),
  };
}

async function readCredentials(files: {
  readonly tokenFile: string | null;
  readonly caFile: string | null;
}): Promise<Credentials> {
  const token = files.tokenFile === null ? null : (await contentOf(files.tokenFile, 'token')).trim();
  const ca = files.caFile === null ? null : await contentOf(files.caFile, 'CA bundle');
  return {
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    tls: ca === null ? {} : { ca },
    agent: null,
  };
}

async function contentOf(file: string, what: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ProblemError(
      'api-credentials-unreadable',
      `Cannot read the API server's ${what} in ${file}: ${error instanceof Error ? error.message : String(error)}.`,
      { hint: 'Mount the service account token, or name files that this process may read.', cause: error },
    );
  });
  if (text.trim() !== '') return text;
  throw new ProblemError('api-credentials-unreadable', `The API server's ${what} in ${file} is empty.`, {
    hint: 'Mount the service account token, or name files that this process may read.',
  });
}
