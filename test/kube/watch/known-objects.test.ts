import { describe, expect, test } from 'vitest';
import { KnownObjects } from '../../../src/kube/watch/known-objects.ts';
import type { Change } from '../../../src/kube/watch/known-objects.ts';
import { slimObject } from '../../../src/kube/watch/slim-object.ts';
import type { KubeObject } from '../../../src/kube/watch/slim-object.ts';

/** `shop/web uid-1 @5`. */
function object(text: string): KubeObject {
  const [key = '', uid = '', version = ''] = text.split(' ');
  const [namespace = '', name = ''] = key.split('/');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, uid, resourceVersion: version.slice(1) },
  };
}

const lines = (changes: readonly Change[]): string[] =>
  changes.map(({ type, object: { metadata } }) => {
    return `${type} ${metadata.namespace}/${metadata.name} ${metadata.uid} @${metadata.resourceVersion}`;
  });

function knowing(...texts: string[]): KnownObjects {
  const known = new KnownObjects();
  for (const text of texts) known.put(object(text));
  return known;
}

describe('an object that exists', () => {
  test.each<[string, string, string[]]>([
    ['unknown', 'shop/db db-1 @6', ['ADDED shop/db db-1 @6']],
    ['in another namespace', 'bank/web web-2 @6', ['ADDED bank/web web-2 @6']],
    ['in a new version', 'shop/web web-1 @6', ['MODIFIED shop/web web-1 @6']],
    ['in the version known', 'shop/web web-1 @5', []],
    ['under another uid', 'shop/web web-2 @6', ['DELETED shop/web web-1 @5', 'ADDED shop/web web-2 @6']],
  ])('%s', (_, text, changes) => {
    expect(lines(knowing('shop/web web-1 @5').put(object(text)))).toEqual(changes);
  });
});

describe('an object that is gone', () => {
  test.each<[string, string, string[]]>([
    ['is told in its last state', 'shop/web web-1 @9', ['DELETED shop/web web-1 @9']],
    ['is not told when it was never known', 'shop/db db-1 @9', []],
    ['is not told again when its name bears another uid by now', 'shop/web web-0 @9', []],
  ])('%s', (_, text, changes) => {
    const known = knowing('shop/web web-1 @5');
    expect(lines(known.remove(object(text)))).toEqual(changes);
    expect(lines(known.remove(object(text)))).toEqual([]);
    expect(known.size).toBe(1 - changes.length);
  });

  test('is found by a list that lacks it, also when its name is there with another uid', () => {
    const known = knowing('shop/a a-1 @1', 'shop/b b-1 @2', 'shop/c c-1 @3');
    const gone = known.removeAllBut(
      new Map([
        ['shop/a', 'a-1'],
        ['shop/b', 'b-2'],
      ]),
    );
    expect(lines(gone)).toEqual(['DELETED shop/b b-1 @2', 'DELETED shop/c c-1 @3']);
    expect(known.size).toBe(1);
  });
});

describe('what the wire carries', () => {
  const defaults = { apiVersion: 'apps/v1', kind: 'Deployment' };
  const metadata = { name: 'web', uid: 'uid-1', resourceVersion: '7' };

  test.each<[string, unknown]>([
    ['nothing', null],
    ['a list', []],
    ['no metadata', { kind: 'Pod' }],
    ['no uid', { metadata: { ...metadata, uid: '' } }],
    ['no version', { metadata: { ...metadata, resourceVersion: undefined } }],
    ['a name that is no text', { metadata: { ...metadata, name: 7 } }],
    ['a namespace that is no text', { metadata: { ...metadata, namespace: 7 } }],
  ])('with %s is no object', (_, raw) => {
    expect(slimObject(raw, defaults)).toBeNull();
  });

  test('loses large and secret fields at any depth of templates, and nothing else', () => {
    const container = { name: 'main', args: ['-v'], ports: [{ containerPort: 80 }] };
    const full = { ...container, env: [{ name: 'PASSWORD', value: 'x' }], resources: {}, volumeMounts: [] };
    const pod = (each: object): object => ({ spec: { hostNetwork: true, containers: [each] } });
    const raw = {
      metadata: { ...metadata, managedFields: [{}], labels: { app: 'web' } },
      spec: {
        template: { spec: { hostNetwork: true, containers: [full], initContainers: [full], volumes: [{}] } },
        jobTemplate: { spec: { template: pod(full) } },
      },
      status: { replicas: 2 },
    };
    expect(slimObject(raw, defaults)).toEqual({
      ...defaults,
      metadata: { ...metadata, labels: { app: 'web' } },
      spec: {
        template: { spec: { hostNetwork: true, containers: [container], initContainers: [container] } },
        jobTemplate: { spec: { template: pod(container) } },
      },
      status: { replicas: 2 },
    });
  });
});
