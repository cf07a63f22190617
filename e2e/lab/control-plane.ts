// The cluster's API server (a fake one that speaks real HTTP), the kubelets' Leases, and one netscribe server, all on one host of the fabric.
// The objects it shows are those of the lab's history, in the same order.
import { join } from 'node:path';

import type { TokenAsked } from '../../test/fake-api-server/tokens.ts';
import type { ClusterHistory } from './cluster-history.ts';
import type { KubeObject } from './kube-object.ts';
import { newUid } from './kube-object.ts';
import { CONTROL } from './world.ts';
import { LabProgram } from './netscribe-process.ts';
import { PeerProcess } from './peer-process.ts';
import { waitUntil } from './wait-until.ts';
import { NODES } from './world.ts';

const KUBE_URL = 'http://127.0.0.1:6443';
const API_URL = `http://127.0.0.1:${CONTROL.apiPort}`;
/** A real kubelet renews every 10 s; here the whole story takes less than a minute. */
const RENEW_EVERY_MS = 1000;
/** How late a kubelet of the lab may report what its pods did: pods are announced right after their first calls. */
export const FRONTIER_SLACK_MS = 2000;
/** Nothing that a lab tells comes later than that; a lab that is later says so. */
const FRONTIER_DEADLINE_MS = 15_000;
const START_DEADLINE_MS = 90_000;

export class ControlPlane {
  readonly #namespace: string;
  readonly #folder: string;
  readonly #browser: PeerProcess;
  readonly #kube: LabProgram;
  readonly database: string;
  #server: LabProgram | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #told: Promise<void> = Promise.resolve();
  #untold: unknown = null;

  /** `folder` takes the database and the logs. */
  constructor(namespace: string, folder: string) {
    this.#namespace = namespace;
    this.#folder = folder;
    this.database = join(folder, 'server.db');
    this.#browser = new PeerProcess(namespace);
    this.#kube = this.#run('test/fake-api-server/main.ts', 'kube', ['--listen', new URL(KUBE_URL).host]);
  }

  /**
   * Shows every object of the history, from now on as it changes, and renews the nodes' Leases every second: but for a node
   * whose kubelet is behind with what its pods did, for that one comes late with its Lease too.
   */
  async showCluster(history: ClusterHistory, isBehind: (node: string) => boolean): Promise<void> {
    await this.apiServerUp();
    history.follow((object) => this.#tell([object]));
    const leases = Object.keys(NODES).map((node) => ({ node, uid: newUid(), createdAt: new Date() }));
    const renew = (): void =>
      this.#tell(leases.filter(({ node }) => !isBehind(node)).map((lease) => leaseObject(lease, new Date())));
    renew();
    this.#renewal = setInterval(renew, RENEW_EVERY_MS);
    await this.#told;
    this.#throwUntold();
  }

  /** Waits until the API server answers. */
  async apiServerUp(): Promise<void> {
    await waitUntil('the API server', START_DEADLINE_MS, async (note) => {
      if (this.#kube.ended !== null) throw new Error(`the API server ended: ${this.#kube.logTail()}`);
      const reply = await this.#browser.order({ op: 'http', method: 'GET', url: `${KUBE_URL}/api/v1/nodes` });
      if (reply.outcome === 'answered' && reply.status === 200) return true;
      note(JSON.stringify(reply));
      return null;
    });
  }

  /** Gives the API server one command of its remote control; returns its version then, null when it does not answer. Throws when it refuses. */
  async command(body: object): Promise<number | null> {
    const answer = await this.#commanded(body);
    return answer === null ? null : Number(answer.resourceVersion);
  }

  /** A token of the cluster, with the audience that the server asks for. */
  async issueToken(asked: TokenAsked): Promise<string> {
    const token = (await this.#commanded({ issueToken: asked }))?.token;
    if (token === undefined) throw new Error('the API server issued no token');
    return token;
  }

  async #commanded(body: object): Promise<{ resourceVersion?: string; token?: string } | null> {
    const reply = await this.#browser.order({
      op: 'http',
      method: 'POST',
      url: `${KUBE_URL}/__control`,
      body: JSON.stringify(body),
    });
    if (reply.outcome !== 'answered') return null;
    if (reply.status !== 200) throw new Error(`the API server refused: ${JSON.stringify(reply)}`);
    return JSON.parse(reply.body ?? '{}') as { resourceVersion?: string; token?: string };
  }

  /** Starts the server on its database, which stays from one start to the next. */
  async startServer(more: readonly string[] = []): Promise<void> {
    const server = this.#run('src/main.ts', 'server', [
      'server',
      `--db=${this.database}`,
      `--listen=${new URL(API_URL).host}`,
      `--ingest=${CONTROL.address}:${CONTROL.ingestPort}`,
      `--tls-dir=${join(this.#folder, 'tls')}`,
      `--tls-name=${CONTROL.address}`,
      '--agent-auth=none',
      `--api-server=${KUBE_URL}`,
      `--frontier-slack-ms=${FRONTIER_SLACK_MS}`,
      `--frontier-deadline-ms=${FRONTIER_DEADLINE_MS}`,
      ...more,
    ]);
    this.#server = server;
    await waitUntil('the server', START_DEADLINE_MS, async (note) => {
      if (server.ended !== null) throw new Error(`the server ended (${server.ended}): ${server.logTail()}`);
      const reply = await this.#browser.order({ op: 'http', method: 'GET', url: `${API_URL}/healthz` });
      if (reply.outcome === 'answered' && reply.status === 200) return true;
      note(JSON.stringify(reply));
      return null;
    });
  }

  /** The running server's process. */
  get server(): LabProgram {
    if (this.#server === undefined) throw new Error('the server was not started');
    return this.#server;
  }

  /** The text that the server's API answers with. Throws for any other status than 200. */
  async text(path: string): Promise<string> {
    this.#throwUntold();
    if (this.server.ended !== null)
      throw new Error(`the server ended (${this.server.ended}): ${this.server.logTail()}`);
    const reply = await this.#browser.order({ op: 'http', method: 'GET', url: `${API_URL}${path}` });
    if (reply.outcome === 'answered' && reply.status === 200) return reply.body ?? '';
    throw new Error(`GET ${path}: ${JSON.stringify(reply)}`);
  }

  /** What its processes said last. */
  lastWords(): string {
    const programs = [
      { name: 'API server', program: this.#kube },
      { name: 'server', program: this.#server },
    ];
    return programs
      .map(({ name, program }) => `${name}: ${program?.lastWords() ?? 'not started'}`)
      .join('\n');
  }

  /** Ends its processes at once, without waiting. */
  kill(): void {
    this.#server?.kill();
    this.#kube.kill();
  }

  async close(): Promise<void> {
    clearInterval(this.#renewal);
    await this.#told;
    await this.#server?.stop('SIGTERM');
    await this.#kube.stop('SIGTERM');
    await this.#browser.close();
  }

  #run(program: string, name: string, args: readonly string[]): LabProgram {
    const log = join(this.#folder, `${name}.log`);
    return new LabProgram({ namespace: this.#namespace, program, args, log });
  }

  /** Told in order, so that a Lease never overtakes what its kubelet said before. */
  #tell(objects: readonly KubeObject[]): void {
    this.#told = this.#told
      .then(() => this.#put(objects))
      .catch((error: unknown) => {
        this.#untold ??= error;
      });
  }

  async #put(objects: readonly KubeObject[]): Promise<void> {
    if ((await this.command({ put: objects })) === null)
      throw new Error('the API server did not take an object');
  }

  #throwUntold(): void {
    if (this.#untold !== null) throw this.#untold;
  }
}

/** A kubelet's Lease, renewed at `renewedAt` by its own clock. MicroTime has six digits. */
export function leaseObject(
  { node, uid, createdAt }: { node: string; uid: string; createdAt: Date },
  renewedAt: Date,
): KubeObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: node,
      namespace: 'kube-node-lease',
      uid,
      creationTimestamp: `${createdAt.toISOString().slice(0, 19)}Z`,
    },
    spec: {
      holderIdentity: node,
      leaseDurationSeconds: 40,
      renewTime: renewedAt.toISOString().replace('Z', '000Z'),
    },
  };
}
