import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readPolicyFiles } from '../../src/cli/manifests.ts';
import { ProblemError } from '../../src/domain/problem.ts';
import { folderOf } from './command-run.ts';
import { DB_POLICY, POLICIES, WEB_POLICY, WORKLOADS } from './shop-manifests.ts';

const read = (
  paths: readonly string[],
  { input = '', defaultNamespace = null }: { input?: string; defaultNamespace?: string | null } = {},
) => readPolicyFiles(paths, { stdin: Readable.from([input]), defaultNamespace });
const namesIn = async (paths: readonly string[], input?: string) =>
  (await read(paths, { input: input ?? '' })).policies.map(
    ({ policy: { metadata } }) => `${metadata.namespace}/${metadata.name}`,
  );
const named = (name: string) => WEB_POLICY.replace('name: web', `name: ${name}`);

describe('policies of files', () => {
  test('are those of a folder and all below it by name, without what is hidden or no manifest', async () => {
    const folder = await folderOf({
      'b.yaml': named('b'),
      'a.YML': named('a'),
      '.hidden.yaml': 'a: [',
      'notes.md': '[',
      'c.json': '',
    });
    await mkdir(join(folder, 'aa', 'deep'), { recursive: true });
    await writeFile(join(folder, 'aa', 'deep', 'z.yaml'), named('z'));
    expect(await namesIn([folder])).toEqual(['shop/a', 'shop/z', 'shop/b']);
  });

  test('are read once where folders and links lead to them again', async () => {
    const folder = await folderOf({ 'a.yaml': named('a') });
    await symlink(folder, join(folder, 'loop'));
    await symlink(join(folder, 'a.yaml'), join(folder, 'b.yaml'));
    expect(await namesIn([folder, join(folder, 'a.yaml')])).toEqual(['shop/a']);
  });

  test('come in the order of the paths, standard input among them', async () => {
    const folder = await folderOf({ 'a.yaml': named('a'), 'b.yaml': named('b') });
    expect(await namesIn([join(folder, 'b.yaml'), '-', join(folder, 'a.yaml')], named('stdin'))).toEqual([
      'shop/b',
      'shop/stdin',
      'shop/a',
    ]);
  });

  test('know where they stand; other kinds are counted', async () => {
    const { policies, notes } = await read(['-'], { input: `${WORKLOADS}---${POLICIES}` });
    expect(policies.map(({ place }) => [place.file, place.document, place.object])).toEqual([
      ['<stdin>', 6, 'NetworkPolicy shop/web'],
      ['<stdin>', 7, 'NetworkPolicy shop/db'],
    ]);
    expect(notes).toEqual(['not policies, passed over: 2 Namespace, 1 CronJob, 1 Deployment, 1 StatefulSet']);
  });

  test('without a namespace are in the default one, or refused where there is none', async () => {
    const input = DB_POLICY.replace(', namespace: shop', '');
    const { policies } = await read(['-'], { input, defaultNamespace: 'pay' });
    expect(policies[0]?.policy.metadata).toEqual({ name: 'db', namespace: 'pay' });
    await expect(read(['-'], { input })).rejects.toThrow(
      new ProblemError(
        'invalid-manifest',
        '<stdin>:2: document 1, NetworkPolicy db: metadata.namespace: is missing',
      ),
    );
  });

  test('of the same name are refused, also across files and by the default namespace', async () => {
    const folder = await folderOf({
      'a.yaml': WEB_POLICY,
      'b.yaml': WEB_POLICY.replace(', namespace: shop', ''),
    });
    await expect(read([folder], { defaultNamespace: 'shop' })).rejects.toThrow(
      `${folder}/b.yaml:2: document 1, NetworkPolicy web: is given twice; it also stands in ${folder}/a.yaml:2: document 1, NetworkPolicy shop/web`,
    );
    expect((await read([folder], { defaultNamespace: 'pay' })).policies).toHaveLength(2);
  });

  test('are refused with no more than a thousand problems told', async () => {
    const items = Array.from({ length: 1200 }, () => 1);
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const failure = await read(['-'], { input }).catch((error: unknown) => error);
    const lines = failure instanceof ProblemError ? failure.message.split('\n') : [];
    expect(lines).toHaveLength(1002);
    expect([lines[0], lines.at(-1)]).toEqual(['1200 problems in manifests:', '  and 200 more']);
  });
});
