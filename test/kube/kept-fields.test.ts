/** What is kept of whole objects: all that the model reads, and none of what is large or secret. */
import { describe, expect, test } from 'vitest';
import { ClusterModel } from '../../src/kube/cluster-model.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { RESOURCES } from '../../src/kube/watch/cluster-watch.ts';
import type { Resource } from '../../src/kube/watch/resource.ts';
import { Sharing } from '../../src/kube/watch/sharing.ts';
import { objectOf } from '../../src/kube/watch/slim-object.ts';
import type { KubeObject } from '../../src/kube/watch/slim-object.ts';
import { clutter, wholePod } from './whole-objects.ts';

function resourceOf(kind: string): Resource {
  const found = RESOURCES.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`${kind} is not watched`);
  return found;
}

const sharing = new Sharing();

function kept(kind: string, raw: Record<string, unknown>): KubeObject & Record<string, unknown> {
  const object = objectOf(structuredClone(raw), resourceOf(kind), sharing);
  if (object === null) throw new Error(`${kind} is no object`);
  return object as KubeObject & Record<string, unknown>;
}

const meta = (name: string, more: object = {}): Record<string, unknown> => ({
  metadata: {
    ...clutter,
    name,
    uid: `${name}-uid`,
    resourceVersion: '7',
    creationTimestamp: '2026-11-03T09:00:00Z',
    ...more,
  },
});

const owner = (kind: string, name: string): object => ({
  ownerReferences: [{ apiVersion: 'v1', kind, name, uid: `${name}-uid`, controller: true }],
});

describe('of a pod', () => {
  const asMirror = structuredClone(wholePod) as { metadata: Record<string, unknown> };
  asMirror.metadata['annotations'] = {
    'kubernetes.io/config.mirror': 'hash-1',
    'kubernetes.io/config.hash': 'hash-1',
    note: 'x',
  };
  asMirror.metadata['ownerReferences'] = [
    { apiVersion: 'v1', kind: 'Node', name: 'node-a', uid: 'node-uid', controller: true },
  ];

  test.each<[string, Record<string, unknown>]>([
    ['an ordinary one', wholePod],
    ["a static pod's mirror", { ...asMirror }],
  ])('the model reads the same as of the whole: %s', (_, raw) => {
    const told = (object: unknown): unknown => {
      const book = new LeaseBook();
      const model = new ClusterModel(book);
      expect(
        model.apply({ observedAt: Date.parse('2026-11-03T09:00:30Z'), type: 'ADDED', object }).kind,
      ).toBe('applied');
      return { cluster: model.snapshot(), leases: book.takeChanged() };
    };
    const whole = { apiVersion: 'v1', kind: 'Pod', ...raw };
    expect(told(kept('Pod', raw))).toEqual(told(whole));
    expect(JSON.stringify(told(whole))).toContain('10.0.0.7');
  });

  test('less than a fifth stays, nothing of it secret', () => {
    const text = JSON.stringify(kept('Pod', wholePod));
    expect(text).not.toMatch(/secret|password|managedFields|annotations|image/i);
    expect(text.length).toBeLessThan(JSON.stringify(wholePod).length / 5);
  });

  test('what equals that of another pod is kept once', () => {
    const other = structuredClone(wholePod) as { metadata: { name: string } };
    other.metadata.name = 'web-5f-y';
    const [a, b] = [kept('Pod', wholePod), kept('Pod', other)];
    expect(a.metadata['labels']).toBe(b.metadata['labels']);
    expect(a.metadata['ownerReferences']).toBe(b.metadata['ownerReferences']);
    expect(a.metadata.name).not.toBe(b.metadata.name);
  });

  test('what is no list is left for the model to refuse', () => {
    const odd = { ...wholePod, spec: { containers: 'none' }, status: { conditions: [null] } };
    expect(kept('Pod', odd)).toMatchObject({ spec: { containers: 'none' }, status: { conditions: [null] } });
  });
});

describe('of others', () => {
  test('metadata alone bears its true kind, also where the server knows only whole objects', () => {
    const partial = {
      apiVersion: 'meta.k8s.io/v1',
      kind: 'PartialObjectMetadata',
      ...meta('web-5f', owner('Deployment', 'web')),
    };
    const whole = { ...meta('web-5f', owner('Deployment', 'web')), spec: { replicas: 3 } };
    for (const raw of [partial, whole]) {
      const object = kept('ReplicaSet', raw);
      expect(object).toMatchObject({
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: 'web-5f' },
      });
      expect(Object.keys(object)).toEqual(['apiVersion', 'kind', 'metadata']);
      expect(object.metadata).toHaveProperty('ownerReferences');
      expect(object.metadata).not.toHaveProperty('annotations');
    }
  });

  test('a Job keeps its template only where nobody else has it', () => {
    const spec = { template: { spec: { containers: [{ name: 'main', env: [] }] } } };
    expect(kept('Job', { ...meta('nightly-1', owner('CronJob', 'nightly')), spec })).not.toHaveProperty(
      'spec',
    );
    expect(kept('Job', { ...meta('migrate'), spec })).toHaveProperty('spec.template.spec.containers', [
      { name: 'main' },
    ]);
  });

  test('a Lease keeps when it was renewed', () => {
    const lease = {
      ...meta('node-a'),
      spec: { holderIdentity: 'node-a', renewTime: '2026-11-03T09:00:00.000000Z' },
    };
    expect(kept('Lease', lease)).toEqual({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'node-a', uid: 'node-a-uid', resourceVersion: '7' },
      spec: { renewTime: '2026-11-03T09:00:00.000000Z' },
    });
  });

  test('a definition keeps names and whom it converts by', () => {
    const service = { namespace: 'cert-manager', name: 'webhook', port: 443, path: '/convert' };
    const definition = {
      ...meta('certificates.cert-manager.io'),
      spec: {
        group: 'cert-manager.io',
        names: { kind: 'Certificate' },
        versions: [{ schema: { openAPIV3Schema: { type: 'object' } } }],
        conversion: {
          strategy: 'Webhook',
          webhook: {
            clientConfig: { service, caBundle: 'x'.repeat(2_000) },
            conversionReviewVersions: ['v1'],
          },
        },
      },
      status: { conditions: [] },
    };
    expect(kept('CustomResourceDefinition', definition)).toMatchObject({
      spec: {
        group: 'cert-manager.io',
        names: { kind: 'Certificate' },
        conversion: { strategy: 'Webhook', webhook: { clientConfig: { service } } },
      },
    });
    expect(JSON.stringify(kept('CustomResourceDefinition', definition)).length).toBeLessThan(500);
  });
});
