/** Kubernetes objects in short, and a model of a cluster that is told of them. */
import { ip } from '../../src/domain/ip.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { ClusterModel } from '../../src/kube/cluster-model.ts';
import type { Applied, ClusterEvent } from '../../src/kube/cluster-model.ts';

export const CREATED = '2026-11-21T22:00:00Z';
export const NOW = Date.parse('2026-11-21T22:10:00Z');

export interface Meta {
  readonly labels?: Record<string, string>;
  readonly owner?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
}

/** `Kind namespace/name`, with its uid made from both; owners are written `Kind/name`. */
export function object(text: string, meta: Meta, rest: Record<string, unknown>): Record<string, unknown> {
  const [kind = '', path = ''] = text.split(' ');
  const [namespace = '', name = ''] = path.split('/');
  const { owner, ...more } = meta;
  const [ownerKind, ownerName] = (owner ?? '').split('/');
  return {
    apiVersion: 'v1',
    kind,
    metadata: {
      name,
      namespace,
      uid: `${kind}-${name}`,
      creationTimestamp: CREATED,
      ...more,
      ...(owner === undefined
        ? {}
        : {
            ownerReferences: [
              { kind: ownerKind, name: ownerName, uid: `${ownerKind}-${ownerName}`, controller: true },
            ],
          }),
    },
    ...rest,
  };
}

export const container = { name: 'main', ports: [{ name: 'http', containerPort: 8080 }] };

/** A running pod of the ReplicaSet `web-x`, at 10.244.1.2 of node-a unless told otherwise. */
export function pod(
  path: string,
  meta: Meta = {},
  status: Record<string, unknown> = {},
  spec: Record<string, unknown> = {},
): Record<string, unknown> {
  return object(
    `Pod ${path}`,
    { labels: { app: 'web', 'pod-template-hash': 'x' }, owner: 'ReplicaSet/web-x', ...meta },
    {
      spec: { nodeName: 'node-a', containers: [container], ...spec },
      status: { phase: 'Running', podIP: '10.244.1.2', startTime: CREATED, ...status },
    },
  );
}

/** Of the pods that `pod` makes. */
export const deployment = object(
  'Deployment shop/web',
  {},
  {
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
    },
  },
);
export const replicaSet = object(
  'ReplicaSet shop/web-x',
  { owner: 'Deployment/web' },
  {
    spec: {
      selector: { matchLabels: { app: 'web', 'pod-template-hash': 'x' } },
      template: { spec: { containers: [container] } },
    },
  },
);

/** A model that is told of objects one by one, and the leases that come of it. */
export class ToldCluster {
  readonly book = new LeaseBook();
  readonly model = new ClusterModel(this.book);

  apply(raw: unknown, type: ClusterEvent['type'] = 'ADDED', observedAt = NOW): Applied {
    this.model.learnOwner(raw);
    return this.model.apply({ observedAt, type, object: raw });
  }

  /** `Kind/name: number of pods` of each workload. */
  workloads(): string[] {
    return this.model.snapshot().workloads.map(({ ref, pods }) => `${ref.kind}/${ref.name}: ${pods.length}`);
  }

  holderOf(address: string): string[] {
    return this.book
      .leasesOf(ip(address))
      .map(({ holder }) =>
        'workload' in holder
          ? `${holder.workload.kind}/${holder.workload.name}`
          : 'name' in holder
            ? `${holder.kind} ${holder.name}`
            : holder.kind,
      );
  }
}
