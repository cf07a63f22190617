import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..');
const makefile = readFileSync(path.join(root, 'Makefile'), 'utf8');
const targets = [...makefile.matchAll(/^([a-z-]+):.*?(## \S.*)?$/gm)].map(([, name = '', help]) => ({
  name,
  help,
}));
const recipes = new Map(makefile.split(/^(?=[a-z-]+:)/m).map((text) => [text.split(':')[0] ?? '', text]));

/** Targets that work before there is a Node, and so call no npm script. */
const WITHOUT_NODE = new Set(['help', 'deps', 'clean']);

it('every target is in make help and is phony', () => {
  const phony = /^\.PHONY: (.*)$/m.exec(makefile)?.[1]?.split(' ').toSorted();
  expect(targets.filter(({ help }) => help === undefined)).toEqual([]);
  expect(targets.map(({ name }) => name).toSorted()).toEqual(phony);
});

it.each(targets.filter(({ name }) => !WITHOUT_NODE.has(name)))(
  'make $name calls the npm script of that name',
  ({ name }) => {
    const script = name.replace('-', ':');
    expect(recipes.get(name)).toContain(`exec npm run -s ${script}`);
    expect(readFileSync(path.join(root, 'package.json'), 'utf8')).toContain(`"${script}": "`);
  },
);
