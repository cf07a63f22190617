import { describe, expect, test } from 'vitest';
import { describeProblem } from '../../../src/cli/manifests.ts';
import { readManifestText } from '../../../src/netpol/parse/manifest-text.ts';

const read = (text: string) => readManifestText('f.yaml', text);
const valuesIn = (text: string) => read(text).objects.map(({ value }) => value);
const problemsIn = (text: string) => read(text).problems.map(describeProblem);

/** Nine aliases of nine aliases and so on: some 400 million values in ten lines. */
const BOMB = Array.from('abcdefghi')
  .map(
    (name, index, names) =>
      `${name}: &${name} [${Array(9)
        .fill(index === 0 ? 'x' : `*${names[index - 1]}`)
        .join(', ')}]`,
  )
  .join('\n');
const MERGE_BOMB = Array.from('abcdefghijklmnopqrstuvwxyz')
  .map(
    (name, index, names) =>
      `${name}: &${name} {${
        index === 0
          ? 'k: v'
          : `<<: [${Array(9)
              .fill(`*${names[index - 1]}`)
              .join(', ')}]`
      }}`,
  )
  .join('\n');
const A = 'apiVersion: v1\nkind: A\n';

describe('text that cannot be read', () => {
  test.each([
    [
      'a tab as indentation',
      'a:\n\tb: 1',
      ['f.yaml:2: document 1: broken YAML: Tabs are not allowed as indentation'],
    ],
    ['a NUL', 'a: 1\nb: \u0000', ['f.yaml:2: document 1: control character U+0000 in text']],
    ['a bell in JSON', '{"a": "\u0007"}', ['f.yaml:1: document 1: control character U+0007 in text']],
    ['an open quote', 'a: "b', ['f.yaml:1: document 1: broken YAML: Missing closing "quote']],
    [
      'a key that is given twice',
      `${A}spec:\n  a: 1\n  a: 2`,
      ['f.yaml:5: document 1: spec.a: this key is given twice'],
    ],
    [
      'a key that is given twice in JSON',
      '{"a": {"b": 1,\n "\\u0062": 2}}',
      ['f.yaml:2: document 1: key "b" is given twice in one object'],
    ],
    ['a key that is a list', '? [a]\n: b', ['f.yaml:1: document 1: a key must be text']],
    ['an alias of nothing', 'a: *b', ['f.yaml:1: document 1: a: alias *b names nothing']],
    [
      'an alias that holds itself',
      'a: &a [*a]',
      ['f.yaml:1: document 1: a[0]: alias *a stands inside what it names'],
    ],
    [
      'a merge of text',
      'a: &a x\nb: {<<: *a}',
      ['f.yaml:2: document 1: b: only mappings can be merged by <<'],
    ],
    ['a tag of its own', 'a: !secret b', ['f.yaml:1: document 1: broken YAML: Unresolved tag: !secret']],
    [
      'a document after another without a mark',
      `${A}...\n${A}`,
      ['f.yaml:4: document 1: a document that follows another must begin with ---'],
    ],
    [
      'JSON that breaks off',
      '{"apiVersion": "v1"',
      [expect.stringContaining("f.yaml: document 1: broken JSON: Expected ',' or '}'")],
    ],
    ['a list nested 5,000 deep', '['.repeat(5000), ['f.yaml:1: document 1: it is nested too deeply']],
    [
      'a mapping nested 200 deep',
      `${'{a: '.repeat(200)}1${'}'.repeat(200)}`,
      [expect.stringContaining('it is nested too deeply')],
    ],
    [
      'JSON nested 100,000 deep',
      `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
      [expect.stringContaining('broken JSON')],
    ],
    ['text', 'hello', ['f.yaml:1: document 1: text stands where an object of Kubernetes should']],
    [
      'a list of objects',
      `- ${A.replace('\n', '\n  ')}`,
      ['f.yaml:1: document 1: a list stands where an object of Kubernetes should'],
    ],
    ['an object without a kind', 'apiVersion: v1', ['f.yaml:1: document 1: kind: is missing']],
    ['an object without a version', 'kind: A', ['f.yaml:1: document 1: apiVersion: is missing']],
    [
      'a kind that is a number',
      'apiVersion: v1\nkind: 7',
      ['f.yaml:1: document 1: kind: is the number 7, not text'],
    ],
    [
      'a List inside a List',
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: List, items: []}',
      ['f.yaml:4: document 1, item 0, List: a List inside a List is not read'],
    ],
  ])('%s', (_what, text, says) => {
    expect(problemsIn(text)).toEqual(says);
    expect(valuesIn(text)).toEqual([]);
  });

  test.each([
    ['aliases of aliases', BOMB],
    ['merges of merges', MERGE_BOMB],
  ])('a bomb of %s', (_what, text) => {
    const [problem, ...others] = problemsIn(text);
    expect(problem).toMatch(/^f\.yaml:\d+: document 1: .*: its aliases expand to too many values$/);
    expect(others).toEqual([]);
  });

  test('YAML of 50 MB in one document is refused at once, and JSON of that size is asked for', () => {
    const text = `${A}a:\n${`- ${'x'.repeat(997)}\n`.repeat(50_000)}`;
    expect(problemsIn(text)).toEqual([
      'f.yaml:1: document 1: a YAML document of more than 4 MiB is not read; give JSON, which may be large: kubectl get -o json',
    ]);
  });

  test('one broken document does not hide the others', () => {
    const { objects, problems } = read(`${A}---\na: [\n---\n${A}`);
    expect(objects.map(({ place }) => [place.document, place.line])).toEqual([
      [1, 1],
      [3, 6],
    ]);
    expect(problems).toHaveLength(1);
  });
});

describe('text that can be read', () => {
  const a = { apiVersion: 'v1', kind: 'A' };
  test.each([
    ['nothing', '', []],
    ['comments alone', '# shop/web: no draft: no-selector No labels.\n---\n# more\n', []],
    ['empty documents', '---\n---\nnull\n...\n---\n', []],
    ['a draft after a workload without one', `# shop/web: no draft: x y\n---\n${A}`, [a]],
    ['a directive', `%YAML 1.2\n---\n${A}`, [a]],
    ['CRLF', `---\r\n${A.replaceAll('\n', '\r\n')}---\r\n${A.replaceAll('\n', '\r\n')}`, [a, a]],
    ['a mark of byte order before each document', `\uFEFF${A}---\n\uFEFF${A}`, [a, a]],
    ['a mark of byte order before JSON', '\uFEFF {"apiVersion": "v1", "kind": "A"}', [a]],
    ['JSON after JSON', '{"apiVersion": "v1", "kind": "A"}\n{"apiVersion": "v1", "kind": "A"}', [a, a]],
    ['YAML in flow style', '{apiVersion: v1, kind: A}', [a]],
    ['a mark of documents inside text', `${A}a: |\n  ---\n  b\n`, [{ ...a, a: '---\nb\n' }]],
    [
      'words of YAML 1.1',
      `${A}a: [yes, off, "yes", 0o17, 017, 1_0]`,
      [{ ...a, a: [true, false, 'yes', '0o17', 15, 10] }],
    ],
    ['what go-yaml leaves text', `${A}a: [12:30, 2026-11-21]`, [{ ...a, a: ['12:30', '2026-11-21'] }]],
    ['keys that are no text', `${A}a: {1: x, true: z}`, [{ ...a, a: { '1': 'x', true: 'z' } }]],
    [
      'anchors and merges',
      `${A}b: &b {u: 1, v: 1}\nc: {<<: *b, v: 2}\nd: *b`,
      [{ ...a, b: { u: 1, v: 1 }, c: { u: 1, v: 2 }, d: { u: 1, v: 1 } }],
    ],
    ['an empty List', 'apiVersion: v1\nkind: List\nitems: null', []],
    ['a List that is JSON', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [a, a] }), [a, a]],
    ['a typed list without headers', 'apiVersion: v1\nkind: AList\nitems: [{x: 1}]', [{ ...a, x: 1 }]],
    [
      'a kind that ends as a list does',
      'apiVersion: v1\nkind: AllowList\nspec: {}',
      [{ apiVersion: 'v1', kind: 'AllowList', spec: {} }],
    ],
  ])('%s', (_what, text, values) => {
    expect(problemsIn(text)).toEqual([]);
    expect(valuesIn(text)).toEqual(values);
  });

  test('a key of JavaScript stays a key', () => {
    for (const text of [
      `${A}a: {__proto__: {b: 1}}`,
      '{"apiVersion":"v1","kind":"A","a":{"__proto__":{"b":1}}}',
    ]) {
      const [value] = valuesIn(text);
      expect(Object.keys(value?.['a'] ?? {})).toEqual(['__proto__']);
    }
  });

  test('each object knows where it stands', () => {
    const text = `# first\n---\n${A}metadata: {name: web, namespace: shop}\n---\napiVersion: v1\nkind: List\nitems:\n- ${A.replace('\n', '\n  ')}\n- 5\n- apiVersion: v1\n  kind: B\n`;
    expect(read(text).objects.map(({ place }) => place)).toEqual([
      { file: 'f.yaml', document: 1, item: null, line: 3, object: 'A shop/web' },
      { file: 'f.yaml', document: 2, item: 0, line: 10, object: 'A' },
      { file: 'f.yaml', document: 2, item: 2, line: 14, object: 'B' },
    ]);
    expect(problemsIn(text)).toEqual([
      'f.yaml:13: document 2, item 1: the number 5 stands where an object of Kubernetes should',
    ]);
  });
});
