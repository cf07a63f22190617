/** What the chart renders is what the API server takes: types by compiled schemas, unknown fields by the compiler. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXAMPLES, ROOT, example } from './helm.ts';
import type { KubeObject } from './helm.ts';
import { FOREIGN_KINDS, knownKind } from './known-kinds.ts';

const all = [...EXAMPLES.keys()].flatMap((name) => example(name));

it('renders the kinds of Kubernetes, and these of others', () => {
  const foreign = all
    .filter((object) => knownKind(object) === null)
    .map(({ apiVersion, kind }) => `${apiVersion} ${kind}`);
  expect(new Set(foreign)).toEqual(FOREIGN_KINDS);
});

describe.each([...EXAMPLES.keys()])('with ci/%s-values.yaml', (name) => {
  const objects = example(name);

  it('every object has the types of its kind', () => {
    const known = objects.filter((object) => knownKind(object) !== null);
    expect(known.length).toBeGreaterThan(4);
    for (const object of known) expect(() => knownKind(object)?.validate(object)).not.toThrow();
  });

  it('no two objects have one name, and each names its namespace', () => {
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
    const clusterWide = objects.filter(({ metadata }) => metadata.namespace === undefined);
    expect(clusterWide.filter(({ kind }) => !/^(Cluster|PriorityClass|Namespace)/.test(kind))).toEqual([]);
  });

  it('every object carries the labels that tools look for', () => {
    for (const { metadata } of objects)
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'netscribe',
        'app.kubernetes.io/instance': 'netscribe',
        'app.kubernetes.io/managed-by': 'Helm',
      });
  });
});

describe('the compiler', () => {
  it('finds no field that Kubernetes does not know', () => {
    expect(complaintsOf(all)).toBe('');
  });

  it('would find one, however deep', () => {
    const workload = all.find(({ kind }) => kind === 'DaemonSet');
    const text = JSON.stringify(workload).replace('"hostNetwork"', '"hostNetwrok"');
    expect(complaintsOf([JSON.parse(text) as KubeObject])).toContain('hostNetwrok');
  });
});

/** The objects as literals of their kinds' types: literals may have no unknown fields. */
function complaintsOf(objects: readonly KubeObject[]): string {
  const literals = new Set(
    objects.flatMap((object) => {
      const known = knownKind(object);
      if (known === null) return [];
      return [
        `export const _: import('${known.module}').I${object.kind} = ${JSON.stringify(object, null, 1)};`,
      ];
    }),
  );
  const source = [...literals].map((literal, index) => literal.replace(' _:', ` object${index}:`)).join('\n');
  // Below node_modules, so that the models are found and nothing is left in the working tree.
  const folder = path.join(ROOT, 'node_modules', '.cache', `netscribe-chart-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const file = path.join(folder, 'objects.ts');
    writeFileSync(file, source);
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2024'];
    const { stdout, stderr, status } = spawnSync(
      path.join(ROOT, 'node_modules', '.bin', 'tsc'),
      ['--ignoreConfig', ...options, '--types', '', file],
      { encoding: 'utf8', cwd: ROOT },
    );
    if (status === 0) return '';
    return `${stdout}${stderr}` || 'the compiler failed without a word';
  } finally {
    rmSync(folder, { recursive: true });
  }
}
