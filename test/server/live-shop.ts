/** The live side of a server over a small shop, told by hand: web and db on one node, on a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { edgeKeyText } from '../../src/domain/edge.ts';
import { Live } from '../../src/server/live.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import type { Batch } from '../../src/wire/batch.ts';
import { flow } from '../world.ts';

export const START = Date.parse('2026-11-21T23:00:00Z');
export const KNOWN = { nodeCidrs: [], controlPlaneCidrs: [] };

/** An API time, so many seconds after the start. */
export function seconds(after: number): string {
  return new Date(START + after * 1000).toISOString().replace('.000', '');
}

export const NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-a', uid: 'a', creationTimestamp: seconds(-900) },
  spec: { podCIDR: '10.244.1.0/24' },
  status: {},
};

/** A running pod of the shop, started so many seconds after the start. */
export function pod(name: string, podIP: string, started = -600, nodeName = 'node-a'): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      creationTimestamp: seconds(started),
      labels: { app: name },
    },
    spec: { nodeName, containers: [{ name: 'main' }] },
    status: {
      phase: 'Running',
      podIP,
      startTime: seconds(started),
      conditions: [
        { type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: seconds(started) },
      ],
    },
  };
}

export const WEB = pod('web', '10.244.1.2');
export const DB = pod('db', '10.244.1.3');
export const WEB_TO_DB = 'workload:shop/Pod/web -> workload:shop/Pod/db:5432/tcp';
export const WEB_TO_CACHE = 'workload:shop/Pod/web -> workload:shop/Pod/cache:5432/tcp';

/** One second's window of node-a, in which web dialled db unless other connections are given. */
export function batch(
  sequence: number,
  second: number,
  texts: readonly string[] = ['10.244.1.2:41000 > 10.244.1.3:5432 tcp'],
): Batch {
  return {
    version: 1,
    nodeUid: '',
    nodeName: 'node-a',
    bootId: '',
    epoch: 'ab'.repeat(16),
    sequence,
    windowStart: START + second * 1000,
    windowEnd: START + second * 1000 + 1000,
    sentAt: START + second * 1000 + 1000,
    readLagMs: 50,
    source: { kind: 'netlink', accounting: false, timestamps: false },
    losses: { dropped: 0, skipped: {} },
    flows: texts.map((text) => flow(text, { second: START / 1000 + second })),
  };
}

/** A server's state on a real file. */
export class LiveShop {
  now = START;
  store!: Store;
  live!: Live;
  readonly #folder = mkdtempSync(join(tmpdir(), 'netscribe-live-'));

  constructor() {
    this.#open();
  }

  /** As a server that ends in good order and starts again on the same database. */
  async restart(): Promise<void> {
    await this.#end();
    this.#open();
  }

  async close(): Promise<void> {
    await this.#end();
    rmSync(this.#folder, { recursive: true });
  }

  /** What the first list shows. */
  listed(...objects: readonly unknown[]): void {
    for (const object of objects)
      expect(this.live.event({ observedAt: this.now, type: 'ADDED', object })).toBeNull();
    this.live.synced();
  }

  /** Goes on from the one time to the other (unix ms), while the kubelet is heard each second. */
  heartbeats(from: number, until: number, node = 'node-a'): void {
    for (let at = from; at <= until; at += 1000) {
      this.now = at;
      this.live.nodeLease(node, at, { observedAt: at, isNews: false });
    }
  }

  /** Every edge with how often it was opened. */
  edges(): string[] {
    return this.store.edges
      .all()
      .map((edge) => `${edgeKeyText(edge)} ${edge.hours.reduce((sum, hour) => sum + hour.opened, 0)}`);
  }

  #open(): void {
    this.store = openStore(join(this.#folder, 'server.db'));
    this.live = new Live(this.store, { timing: { slackMs: 2000, deadlineMs: 60_000 }, now: () => this.now });
  }

  async #end(): Promise<void> {
    await this.live.close();
    this.store.close();
  }
}
