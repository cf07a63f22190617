/** Evidence, leases and batches for the tests of the store, with everything that a test does not mention filled in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HOUR_MS } from '../../src/domain/edge.ts';
import type { Evidence } from '../../src/domain/edge.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { ip } from '../../src/domain/ip.ts';
import type { Lease } from '../../src/domain/lease.ts';
import type { Batch } from '../../src/wire/batch.ts';

/** 2023-11-14T22:00:00Z, a full hour. */
export const HOUR = 1_699_999_200_000;

export const NEXT_HOUR = HOUR + HOUR_MS;

/** When the tests ask what waits: after everything in them. */
export const NOW = HOUR + 24 * HOUR_MS;

/** `workload('shop/web')`. */
export function workload(name: string): Identity {
  const [namespace = '', short = ''] = name.split('/');
  return { kind: 'workload', workload: { namespace, kind: 'Deployment', name: short } };
}

export const WEB = workload('shop/web');
export const DB = workload('shop/db');

/** One connection of shop/web to shop/db:5432/tcp, seen and answered in the first second of HOUR. */
export function evidence(given: Partial<Evidence> = {}): Evidence {
  const client = given.client ?? WEB;
  return {
    client,
    server: DB,
    protocol: 'tcp',
    port: 5432,
    clientLease: 'pod/web-1/10.0.0.1/1',
    serverLease: 'pod/db-0/10.0.0.9/1',
    view: { seen: client, ownNode: false },
    service: null,
    witness: 'node-a',
    hour: HOUR,
    opened: 1,
    present: 0,
    answered: 1,
    bytes: 0,
    first: HOUR,
    last: HOUR + 1000,
    ...given,
  };
}

/** The lease of a pod, `podLease('pod/web-1/10.0.0.1/1', 'shop/web-1', '10.0.0.1')`, held since HOUR and still. */
export function podLease(id: string, pod: string, address: string, given: Partial<Lease> = {}): Lease {
  const [namespace = '', name = ''] = pod.split('/');
  return {
    id,
    ip: ip(address),
    holder: {
      kind: 'pod',
      namespace,
      name,
      uid: `uid-of-${name}`,
      node: 'node-a',
      workload: { namespace, kind: 'Deployment', name },
    },
    from: HOUR,
    heldFrom: HOUR + 1000,
    heldUntil: null,
    until: null,
    ...given,
  };
}

export function batch(sequence: number, given: Partial<Batch> = {}): Batch {
  const windowStart = HOUR + sequence * 10_000;
  return {
    version: 1,
    nodeUid: 'uid-of-node-a',
    epoch: '000102030405060708090a0b0c0d0e0f',
    sequence,
    nodeName: 'node-a',
    bootId: '',
    windowStart,
    windowEnd: windowStart + 10_000,
    sentAt: windowStart + 10_000,
    readLagMs: 0,
    source: { kind: 'text', accounting: null, timestamps: null },
    losses: { dropped: 0, skipped: {} },
    flows: [
      {
        protocol: 'tcp',
        client: ip('10.0.0.1'),
        server: ip('10.0.0.9'),
        serverPort: 5432,
        orientation: 'seen',
        seconds: [{ second: windowStart / 1000, opened: 1, answered: 1 }],
      },
    ],
    ...given,
  };
}

/** A new directory, and how to remove it. */
export function scratchDirectory(): { readonly file: (name: string) => string; readonly remove: () => void } {
  const directory = mkdtempSync(path.join(tmpdir(), 'netscribe-store-'));
  return {
    file: (name) => path.join(directory, name),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
