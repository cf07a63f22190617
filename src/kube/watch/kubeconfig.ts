/** Credentials of a kubeconfig's current context, plugins included. It loads the Kubernetes client only when it is called. */
import type { RequestOptions } from 'node:https';
import { ProblemError } from '../../domain/problem.ts';
import type { Credentials, CredentialSource } from './credentials.ts';

/** Throws a ProblemError `kubeconfig-unusable`: no such file, no current context, a plugin that fails. */
export async function kubeconfigCredentials(
  file: string,
): Promise<{ server: URL; credentials: CredentialSource }> {
  // 90 MB of memory and half a second: only who names a kubeconfig pays for it.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const read = async (): Promise<Credentials> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return credentialsOf(options, config.getCurrentCluster()?.proxyUrl !== undefined);
  };
  try {
    config.loadFromFile(file);
    const cluster = config.getCurrentCluster();
    if (cluster === null || !URL.canParse(cluster.server))
      throw new Error('its current context names no cluster');
    await read();
    return { server: new URL(cluster.server), credentials: { current: read, renewed: read } };
  } catch (error) {
    throw new ProblemError(
      'kubeconfig-unusable',
      `Cannot use the kubeconfig ${file}: ${error instanceof Error ? error.message : String(error)}.`,
      { hint: 'Does `kubectl --kubeconfig FILE get nodes` work with it?', cause: error },
    );
  }
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
