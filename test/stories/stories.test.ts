/** Every story leads to the drafts that stand beside it, and they are policies that the API server takes. */
import { readdir, readFile } from 'node:fs/promises';
import { NetworkPolicy as ModelledPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import type { Story } from './story.ts';

const FOLDER = new URL('./', import.meta.url);
const names = (await readdir(FOLDER, { withFileTypes: true }))
  .filter((each) => each.isDirectory())
  .map((each) => each.name)
  .toSorted();

test('there are some', () => {
  expect(names.length).toBeGreaterThanOrEqual(15);
});

describe.each(names)('%s', (name) => {
  test('is told in one line', async () => {
    const readme = await readFile(new URL(`${name}/README.md`, FOLDER), 'utf8');
    expect(readme.trim().split('\n')).toHaveLength(1);
  });

  test('leads to its drafts', async () => {
    const { default: told } = (await import(`./${name}/story.ts`)) as { readonly default: Story };
    const { outcomes } = recommend(told.input);
    const shown = outcomes.filter((outcome) => outcome.workload.namespace === told.shown);
    const yaml = printPolicies(shown, { withEvidence: true });
    for (const document of parseAllDocuments(yaml)) {
      expect(document.errors).toEqual([]);
      const object = document.toJS() as ConstructorParameters<typeof ModelledPolicy>[0] | null;
      if (object !== null) new ModelledPolicy(object).validate();
    }
    await expect(yaml).toMatchFileSnapshot(new URL(`${name}/policies.yaml`, FOLDER).pathname);
  });
});
