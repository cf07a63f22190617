/** Credentials of a kubeconfig's current context, plugins included. It loads the Kubernetes client only when it is called. */
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import path from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ProblemError } from '../../domain/problem.ts';
import { fileCredentials } from './credentials.ts';
import type { Credentials, CredentialSource } from './credentials.ts';

/** The one field of a user that the Kubernetes client does not read: a bearer token's file, before `token` as kubectl has it. */
const usersOfFile = z.object({
  users: z.array(
    z.object({ name: z.string(), user: z.object({ tokenFile: z.string().nullish() }).nullish() }),
  ),
});

/** Throws a ProblemError `kubeconfig-unusable`: no such file, no current context, a plugin that fails. */
export async function kubeconfigCredentials(
  file: string,
): Promise<{ server: URL; credentials: CredentialSource }> {
  // 90 MB of memory and half a second: only who names a kubeconfig pays for it.
  const { KubeConfig: Client } = await import('@kubernetes/client-node');
  const load = (): KubeConfig => {
    const loaded = new Client();
    loaded.loadFromFile(file);
    return loaded;
  };
  try {
    let config = load();
    const cluster = config.getCurrentCluster();
    if (cluster === null || !URL.canParse(cluster.server))
      throw new Error('its current context names no cluster');
    const tokenFile = await tokenFileOf(file, config.getCurrentUser()?.name ?? '');
    const token = tokenFile === null ? null : await fileCredentials({ tokenFile, caFile: null });
    const current = shared(async () => joined(await appliedBy(config), await token?.current()));
    const renewed = shared(async () => {
      // What a plugin gave without an end of its validity stays in a loaded one for ever.
      config = load();
      return joined(await appliedBy(config), await token?.renewed());
    });
    await current();
    return { server: new URL(cluster.server), credentials: { current, renewed } };
  } catch (error) {
    throw new ProblemError(
      'kubeconfig-unusable',
      `Cannot use the kubeconfig ${file}: ${error instanceof Error ? error.message : String(error)}.`,
      { hint: 'Does `kubectl --kubeconfig FILE get nodes` work with it?', cause: error },
    );
  }
}

/** Who asks while an answer is under way gets that one: a plugin runs once and not for each kind that is watched. */
function shared(ask: () => Promise<Credentials>): () => Promise<Credentials> {
  let underWay: Promise<Credentials> | null = null;
  return () => {
    underWay ??= ask().finally(() => {
      underWay = null;
    });
    return underWay;
  };
}

async function tokenFileOf(file: string, user: string): Promise<string | null> {
  const parsed = usersOfFile.safeParse(parseYaml(await readFile(file, 'utf8')));
  const found = parsed.success ? parsed.data.users.find((each) => each.name === user) : undefined;
  const tokenFile = found?.user?.tokenFile ?? '';
  return tokenFile === '' ? null : path.resolve(path.dirname(file), tokenFile);
}

async function appliedBy(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  return credentialsOf(options, config.getCurrentCluster()?.proxyUrl !== undefined);
}

function joined(credentials: Credentials, token: Credentials | undefined): Credentials {
  if (token === undefined) return credentials;
  return { ...credentials, headers: { ...credentials.headers, ...token.headers } };
}

function credentialsOf(options: RequestOptions, hasProxy: boolean): Credentials {
  const { auth, headers, ca, cert, key, passphrase, servername, rejectUnauthorized, agent } = options;
  const basic =
    auth === undefined || auth === null
      ? {}
      : { authorization: `Basic ${Buffer.from(auth).toString('base64')}` };
  const given = Object.entries(headers ?? {}).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string';
  });
  return {
    headers: { ...basic, ...Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value])) },
    tls: {
      ...(isPem(ca) ? { ca } : {}),
      ...(isPem(cert) ? { cert } : {}),
      ...(isPem(key) ? { key } : {}),
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(servername === undefined ? {} : { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    },
    // The client's own agent only leads through a proxy; ours keeps connections.
    agent: hasProxy && typeof agent === 'object' ? agent : null,
  };
}

function isPem(value: unknown): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value);
}
