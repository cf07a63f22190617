/** The three ways to reach an API server: from a pod of the cluster, by a kubeconfig file, and by a plain URL. */
import path from 'node:path';
import { isIPv6 } from 'node:net';
import { ProblemError } from '../../domain/problem.ts';
import type { ApiTransport } from './api-transport.ts';
import { fileCredentials } from './credentials.ts';
import { HttpTransport } from './http-transport.ts';
import { kubeconfigCredentials } from './kubeconfig.ts';

export type { ApiResponse, ApiTransport, GetOptions } from './api-transport.ts';

/** Where the kubelet mounts a pod's service account (kubernetes.io: "Accessing the Kubernetes API from a Pod"). */
const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Throws a ProblemError `not-in-cluster` outside a pod, `api-credentials-unreadable` in a pod without a token. */
export async function inClusterTransport(
  env: Readonly<Record<string, string | undefined>>,
  directory: string = SERVICE_ACCOUNT_DIRECTORY,
): Promise<ApiTransport> {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT_HTTPS'] ?? env['KUBERNETES_SERVICE_PORT'] ?? '443';
  const url = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  if (host === '' || !URL.canParse(url)) {
    throw new ProblemError(
      'not-in-cluster',
      'KUBERNETES_SERVICE_HOST does not name an API server, so this process runs in no pod of a cluster.',
      { hint: 'Give --kubeconfig FILE or --api-server URL.' },
    );
  }
  const credentials = await fileCredentials({
    tokenFile: path.join(directory, 'token'),
    caFile: path.join(directory, 'ca.crt'),
  });
  return new HttpTransport(new URL(url), credentials);
}

/** The current context of a kubeconfig file, with its plugins. Throws a ProblemError `kubeconfig-unusable`. */
export async function kubeconfigTransport(file: string): Promise<ApiTransport> {
  const { server, credentials } = await kubeconfigCredentials(file);
  return new HttpTransport(server, credentials);
}

/** Throws a ProblemError `bad-api-server-url` or `api-credentials-unreadable`. */
export async function urlTransport(
  url: string,
  options: { readonly tokenFile?: string; readonly caFile?: string },
): Promise<ApiTransport> {
  const base = URL.canParse(url) ? new URL(url) : null;
  if (base === null || !['http:', 'https:'].includes(base.protocol) || base.username !== '') {
    throw new ProblemError('bad-api-server-url', `${JSON.stringify(url)} is not the URL of an API server.`, {
      hint: 'Write it as https://10.0.0.1:6443, without user or password.',
    });
  }
  const credentials = await fileCredentials({
    tokenFile: options.tokenFile ?? null,
    caFile: options.caFile ?? null,
  });
  return new HttpTransport(base, credentials);
}
