/**
 * Holds the import rule of ARCHITECTURE.md over src/: imports point down, and the pure folders stay pure. Every edge that
 * is not allowed has a reason, which a violation prints. The checker is run on small bad trees too, to show that it bites.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from './architecture/check.ts';
import type { Tree } from './architecture/check.ts';

function sourceTree(): Tree {
  const src = path.join(import.meta.dirname, '..', 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return new Map(
    files.map((file) => [file.split(path.sep).join('/'), readFileSync(path.join(src, file), 'utf8')]),
  );
}

describe('src/', () => {
  const tree = sourceTree();

  it('is read', () => {
    expect(tree.has('main.ts')).toBe(true);
    expect([...tree.keys()].some((file) => file.startsWith('domain/'))).toBe(true);
  });

  it('keeps the import rule, its pure folders pure, its files short and named for a concept', () => {
    expect(check(tree)).toEqual([]);
  });
});

describe('the checker', () => {
  it.each<[string, string, string]>([
    ['domain/a.ts', `import { b } from '../netpol/b.ts';`, 'rest on nothing'],
    ['netpol/a.ts', `import type { B } from '../identity/b.ts';`, 'imports point down'],
    ['recommend/a.ts', `export * from '../store/b.ts';`, 'where its input comes from'],
    ['identity/a.ts', `import '../runtime/clock.ts';`, 'time and settings as arguments'],
    ['store/a.ts', `import {\n  b,\n} from '../kube/b.ts';`, 'replaced alone'],
    ['cli/a.ts', `const b = await import('../server/b.ts');`, 'speak wire'],
    ['server/routes/a.ts', `type B = import('../../replay/b.ts').B;`, 'speak wire'],
    ['agent/a.ts', `import type { B } from '../store/b.ts';`, 'runs on every node'],
    ['ui/a.ts', `import { b } from '../store/b.ts';`, 'runs in a browser'],
    ['replay/a.ts', `import { b } from '../cli/b.ts';`, 'through main.ts'],
    ['kube/a.ts', `import { b } from '../server/b.ts';`, 'imports point down'],
    ['wire/a.ts', `import '../main.ts';`, 'imported by nothing'],
    ['main.ts', `import { b } from './replay/main.ts';`, 'after it knows the command'],
    ['main.ts', `import 'commander';`, 'after it knows the command'],
    ['cli/a.ts', `const b = await import(name);`, 'hides an edge'],
    ['domain/a.ts', `import { isIP } from 'node:net';`, 'does no I/O'],
    ['identity/a.ts', `export const now = () => Date.now();`, 'time is an argument'],
    ['netpol/a.ts', `export const now = new Date();`, 'time is an argument'],
    ['recommend/a.ts', `export const dice = Math.random();`, 'randomness is an argument'],
    ['store/utils.ts', '', 'says nothing'],
    ['store/a.ts', '\n'.repeat(301), 'split it'],
    ['misc/a.ts', '', 'has no place'],
    ['wire/a.ts', 'const = 1;', 'is no TypeScript'],
  ])('%s: %j breaks the rule: %s', (file, text, reason) => {
    expect(check(new Map([[file, text]]))).toEqual([expect.stringContaining(reason)]);
  });

  it('follows what an agent loads through other files, but not through types', () => {
    const tree = new Map([
      ['agent/main.ts', `import { send } from '../wire/send.ts';`],
      ['wire/send.ts', `import type { Schema } from 'fastify';\nimport { z } from 'zod';`],
    ]);
    expect(check(tree)).toEqual([`agent/main.ts => wire/send.ts => zod: every node's agent would load it`]);
  });

  it.each<[string, string]>([
    ['recommend/a.ts', `import type { B } from '../identity/b.ts';\nimport { c } from '../netpol/c.ts';`],
    ['server/a.ts', `import { b } from '../store/b.ts';\nimport { c } from './routes/c.ts';`],
    ['domain/a.ts', `// import { b } from '../store/b.ts'; Date.now()\nexport const a = new Date(5);`],
    ['main.ts', `import { readFileSync } from 'node:fs';\nconst a = () => import('./replay/main.ts');`],
    ['store/a.ts', '\n'.repeat(300)],
  ])('%s: %j keeps it', (file, text) => {
    expect(check(new Map([[file, text]]))).toEqual([]);
  });
});
