/** Objects that are broken or foreign are told by name and field, and throw nothing. */
import { describe, expect, test } from 'vitest';
import { ToldCluster, object, pod } from './told-cluster.ts';

describe('broken and foreign objects', () => {
  test.each([
    [
      'a podIP that is none',
      pod('shop/web-x-1', {}, { podIP: '10.244.1.300' }),
      'Pod shop/web-x-1',
      'status.podIP',
    ],
    [
      'no containers',
      pod('shop/web-x-1', {}, {}, { containers: null }),
      'Pod shop/web-x-1',
      'spec.containers',
    ],
    [
      'a time that is none',
      pod('shop/web-x-1', {}, { startTime: 'yesterday' }),
      'Pod shop/web-x-1',
      'status.startTime',
    ],
    [
      'a hostile label value',
      pod('shop/web-x-1', { labels: { app: 'a\n---\nkind: x' } }),
      'Pod shop/web-x-1',
      'metadata.labels.app',
    ],
    [
      'a hostile name',
      object('Pod shop/a\nb', {}, { spec: { containers: [] } }),
      'Pod shop/a\nb',
      'metadata.name',
    ],
    ['no metadata', { apiVersion: 'v1', kind: 'Service', spec: {} }, 'Service ?', 'metadata'],
    ['no object at all', 'nonsense', 'object without a kind', 'object'],
  ])('%s is a reject that names the object and the field', (_, raw, name, path) => {
    const applied = new ToldCluster().apply(raw);
    expect(applied).toMatchObject({ kind: 'rejected', reject: { object: name } });
    expect(applied.kind === 'rejected' && applied.reject.problem.startsWith(`${path}:`)).toBe(true);
  });

  test('a kind that is not used is ignored by name', () => {
    expect(new ToldCluster().apply(object('ConfigMap shop/x', {}, {}))).toEqual({
      kind: 'ignored',
      what: 'ConfigMap',
    });
  });
});
