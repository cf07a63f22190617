/** A parsed YAML document as plain JSON values, with what JSON cannot say refused: keys given twice, cycles, bombs. */
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Node, Pair, ParsedNode, YAMLMap } from 'yaml';
import type { BodyProblem, ObjectBody } from './object-body.ts';
import { isMapping } from './value-name.ts';

/** Values that are read through aliases, which may multiply a document; kubectl's parser has a limit of the same purpose. */
const MAX_ALIASED_VALUES = 100_000;

/** No object of Kubernetes is nested half as deep. */
const MAX_DEPTH = 100;

type LineOf = (offset: number) => number;

/** `lineOf` turns an offset of the document's text into a line of the file. */
export function plainValue(contents: ParsedNode | null, lineOf: LineOf): ObjectBody {
  const reader = new YamlReader(lineOf);
  const value = reader.value(contents, { path: '', depth: 0 });
  return {
    value: reader.isExhausted ? undefined : value,
    line: contents === null ? null : lineOf(contents.range[0]),
    itemLines: itemLinesOf(contents, lineOf),
    problems: reader.problems,
  };
}

interface Where {
  readonly path: string;
  readonly depth: number;
}

class YamlReader {
  readonly problems: BodyProblem[] = [];
  /** Whether reading was given up; the only problem then says why. */
  isExhausted = false;
  readonly #lineOf: LineOf;
  /** By name, as far as the document has been read: an alias means the last node of its name before it. */
  readonly #anchors = new Map<string, unknown>();
  readonly #open = new Set<string>();
  #aliasDepth = 0;
  #aliasedValues = 0;

  constructor(lineOf: LineOf) {
    this.#lineOf = lineOf;
  }

  value(node: unknown, where: Where): unknown {
    if (this.isExhausted) return null;
    if (this.#aliasDepth > 0) this.#aliasedValues += 1;
    if (this.#aliasedValues > MAX_ALIASED_VALUES)
      return this.#exhausted(node, where, 'its aliases expand to too many values');
    if (where.depth > MAX_DEPTH) return this.#exhausted(node, where, 'it is nested too deeply');
    if (isAlias(node)) return this.#aliased(node.source, node, where);
    const anchor = anchorOf(node);
    if (anchor !== null) {
      this.#open.add(anchor);
      this.#anchors.set(anchor, node);
    }
    const plain = this.#content(node, where);
    if (anchor !== null) this.#open.delete(anchor);
    return plain;
  }

  #content(node: unknown, where: Where): unknown {
    if (isScalar(node)) return typeof node.value === 'symbol' ? '<<' : (node.value ?? null);
    if (isSeq(node)) {
      return node.items.map((item, index) =>
        this.value(item, { path: `${where.path}[${index}]`, depth: where.depth + 1 }),
      );
    }
    return isMap(node) ? this.#mapping(node, where) : null;
  }

  #mapping(node: YAMLMap, where: Where): Record<string, unknown> {
    const own = new Map<string, unknown>();
    const merged: Record<string, unknown>[] = [];
    for (const pair of node.items) {
      const key = this.#key(pair, where);
      if (key === null) continue;
      const inner = { path: pathOf(where.path, key), depth: where.depth + 1 };
      const plain = this.value(pair.value, inner);
      if (isMergeKey(pair)) merged.push(...this.#sources(plain, pair, where));
      else if (own.has(key)) this.#problem(pair.key, { ...inner, message: 'this key is given twice' });
      else own.set(key, plain);
    }
    // The mapping's own keys win, then those of the first source.
    return Object.fromEntries([...merged.toReversed().flatMap((source) => Object.entries(source)), ...own]);
  }

  #key({ key }: Pair, where: Where): string | null {
    const plain = isAlias(key) ? this.value(key, where) : isScalar(key) ? key.value : undefined;
    if (typeof plain === 'symbol') return '<<';
    if (typeof plain === 'string' || typeof plain === 'number' || typeof plain === 'boolean')
      return String(plain);
    this.#problem(key, { ...where, message: 'a key must be text' });
    return null;
  }

  #sources(plain: unknown, pair: Pair, where: Where): Record<string, unknown>[] {
    const listed: unknown[] = Array.isArray(plain) ? plain : [plain];
    const sources = listed.filter((each) => isMapping(each));
    if (sources.length < listed.length) {
      this.#problem(pair.key, { ...where, message: 'only mappings can be merged by <<' });
    }
    return sources;
  }

  #aliased(name: string, node: unknown, where: Where): unknown {
    if (this.#open.has(name))
      return this.#exhausted(node, where, `alias *${name} stands inside what it names`);
    const target = this.#anchors.get(name);
    if (target === undefined) return this.#exhausted(node, where, `alias *${name} names nothing`);
    this.#aliasDepth += 1;
    const plain = this.#content(target, where);
    this.#aliasDepth -= 1;
    return plain;
  }

  #exhausted(node: unknown, where: Where, message: string): null {
    this.problems.length = 0;
    this.#problem(node, { ...where, message });
    this.isExhausted = true;
    return null;
  }

  #problem(node: unknown, { path, message }: { path: string; message: string }): null {
    if (this.isExhausted) return null;
    const offset = (node as Node | null)?.range?.[0];
    const line = offset === undefined ? null : this.#lineOf(offset);
    this.problems.push({ line, field: path === '' ? null : path, message });
    return null;
  }
}

function anchorOf(node: unknown): string | null {
  return (isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined ? node.anchor : null;
}

function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && typeof key.value === 'symbol';
}

function pathOf(parent: string, key: string): string {
  return parent === '' ? key : `${parent}.${key}`;
}

function itemLinesOf(contents: ParsedNode | null, lineOf: LineOf): (number | null)[] {
  const items = isMap(contents) ? contents.get('items', true) : undefined;
  if (!isSeq(items)) return [];
  return items.items.map((item) => {
    const offset = (item as Node | null)?.range?.[0];
    return offset === undefined ? null : lineOf(offset);
  });
}
