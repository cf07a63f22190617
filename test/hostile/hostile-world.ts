/** A cluster with two nodes and agents' pods, its API server, and the real server process with TLS, tokens and every listener. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FakeApiServer } from '../fake-api-server/server.ts';
import { ask } from './attack.ts';
import type { TokenAsked } from '../fake-api-server/tokens.ts';
import { startServer } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';

export interface HostileWorld {
  readonly api: FakeApiServer;
  readonly server: ServerProcess;
  readonly folder: string;
  /** PEM of the server's own authority. */
  readonly ca: string;
  /** A token that the API server knows; it is remembered as a secret. */
  token(asked?: Partial<TokenAsked>): string;
  /** Texts that no log may hold. */
  readonly secrets: Set<string>;
  close(): Promise<void>;
}

/** As the issue's agents: a few batches a minute. Here the good one sends twice a second. */
export const BATCHES_PER_MINUTE = 300;

export async function openWorld(): Promise<HostileWorld> {
  const folder = mkdtempSync(path.join(tmpdir(), 'netscribe-hostile-'));
  const secrets = new Set<string>();
  const api = new FakeApiServer({ token: 'the-server-s-own-token' });
  secrets.add('the-server-s-own-token');
  const apiUrl = await api.listen();
  fillCluster(api);
  const apiTokenFile = path.join(folder, 'api-token');
  writeFileSync(apiTokenFile, 'the-server-s-own-token');
  const tls = path.join(folder, 'tls');
  mkdirSync(tls);
  const server = await startServer([
    `--db=${path.join(folder, 'server.db')}`,
    '--listen=127.0.0.1:0',
    '--ingest=127.0.0.1:0',
    '--probes=127.0.0.1:0',
    `--tls-dir=${tls}`,
    '--tls-name=netscribe.netscribe.svc',
    '--agent-auth=token',
    '--agent-service-account=netscribe/agent',
    '--people-auth=kubernetes',
    `--batches-per-minute=${BATCHES_PER_MINUTE}`,
    `--api-server=${apiUrl}`,
    `--api-token-file=${apiTokenFile}`,
  ]);
  const keys = readFileSync(path.join(tls, 'authority.pem'), 'utf8');
  secrets.add(keys.slice(keys.indexOf('PRIVATE KEY') + 16).slice(0, 40));
  await until(async () => (await ask(`${server.at.probes}/readyz`)) === '200');
  return {
    api,
    server,
    folder,
    ca: readFileSync(path.join(tls, 'ca.crt'), 'utf8'),
    secrets,
    token: (asked = {}) => {
      const token = api.tokens.issue({
        namespace: 'netscribe',
        serviceAccount: 'agent',
        audience: 'netscribe',
        pod: 'agent-a',
        ...asked,
      });
      secrets.add(token);
      return token;
    },
    close: async () => {
      await server.stop();
      await api.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function fillCluster(api: FakeApiServer): void {
  const creationTimestamp = '2026-11-21T22:00:00Z';
  for (const name of ['node-a', 'node-b'])
    api.put({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, uid: `uid-of-${name}`, creationTimestamp },
      spec: {},
      status: {},
    });
  const pods = { 'agent-a': 'node-a', 'agent-b': 'node-b', 'agent-doomed': 'node-a', 'agent-old': 'node-b' };
  for (const [name, nodeName] of Object.entries(pods))
    api.put({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'netscribe', uid: `uid-of-${name}`, creationTimestamp },
      spec: { nodeName, hostNetwork: true, containers: [{ name: 'agent' }] },
      status: { phase: 'Running', startTime: creationTimestamp },
    });
}

/** Waits for a condition; throws when it does not come. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('the condition did not come');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
