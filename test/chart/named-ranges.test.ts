/** Named ranges from the values reach the server as the file that it reads, and other ranges are another pod. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parseLearningWindow } from '../../src/recommend/learning-window.ts';
import { readNamedRanges } from '../../src/runtime/named-ranges-file.ts';
import { example, objectsOf, template, the } from './helm.ts';
import type { KubeObject } from './helm.ts';
import { containerOf, workloadOf } from './pods.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'netscribe-ranges-'));
afterAll(() => rmSync(folder, { recursive: true }));

const serverPod = (objects: readonly KubeObject[]) => workloadOf(the(objects, 'StatefulSet')).template;

it('lists in the values are a ConfigMap that the server reads as they were given', async () => {
  const objects = example('people-on');
  const map = the(objects, 'ConfigMap', '-named-ranges');
  const volume = serverPod(objects).spec.volumes?.find(({ name }) => name === 'named-ranges');
  expect(volume).toMatchObject({
    configMap: { name: map.metadata.name, items: [{ key: 'ranges.yaml', path: 'ranges.yaml' }] },
  });
  const { 'ranges.yaml': text = '' } = map['data'] as Readonly<Record<string, string>>;
  const file = path.join(folder, 'ranges.yaml');
  writeFileSync(file, text);
  expect(await readNamedRanges(file)).toEqual({
    payments: ['198.51.100.0/24', '2001:db8:7::/48'],
    'the office (north)': ['203.0.113.8/29'],
  });
});

it('a ConfigMap that exists is mounted by the key in which it has them', () => {
  const objects = example('monitoring');
  const pod = serverPod(objects);
  expect(pod.spec.volumes).toContainEqual({
    name: 'named-ranges',
    configMap: { name: 'ranges', items: [{ key: 'ours.json', path: 'ranges.yaml' }] },
  });
  expect(containerOf(pod).args).toContain('--named-ranges=/etc/netscribe/ranges/ranges.yaml');
  expect(objects.some(({ metadata }) => metadata.name.endsWith('-named-ranges'))).toBe(false);
});

it('without any there is neither a file nor an option of it', () => {
  expect(JSON.stringify(example('default'))).not.toMatch(/named-ranges|learning-window/);
});

it('other lists are another pod, the same ones are the same', () => {
  const annotations = (list: string) =>
    serverPod(objectsOf(template(`--set=server.namedRanges.lists.a={${list}}`))).metadata.annotations;
  expect(annotations('10.0.0.0/8')).toEqual(annotations('10.0.0.0/8'));
  expect(annotations('10.0.0.0/8')).not.toEqual(annotations('10.1.0.0/16'));
});

it.each(['1h', '999h', '36h', '7d', '99d', '299d', '366d', '1w', '52w'])(
  'the window %s is one that the server takes',
  (window) => {
    expect(parseLearningWindow(window)).toBeTypeOf('number');
    expect(template(`--set=server.learningWindow=${window}`)).toContain(`- --learning-window=${window}\n`);
  },
);
