/**
 * Checks source texts against the import rule by their syntax trees, so that comments and strings are no imports. It
 * reads no file and knows no folder: the rule is in import-rule.ts.
 */
import path from 'node:path';
import { parseAst } from 'vitest/node';
import { IMPURE, LONGEST_LINES, MAY_IMPORT, NOT_IN_AGENT, PURE, REASONS, VAGUE } from './import-rule.ts';

/** Source text by path below src/, with forward slashes. */
export type Tree = ReadonlyMap<string, string>;

/** What this test reads of a syntax tree: any object with a `type`; the rest is looked at field by field. */
type Node = Readonly<Record<string, unknown>> & { type: string };

interface Import {
  specifier: string | null;
  /** Loaded with the module itself; false for `import type`, for types in place and for `import()`. */
  loads: boolean;
  dynamic: boolean;
}

/** Every breach of the rule in these sources, as sentences; none means that they keep it. */
export function check(tree: Tree): string[] {
  const problems: string[] = [];
  const parsed = new Map<string, Node[]>();
  for (const [file, text] of tree) {
    try {
      parsed.set(file, nodesOf(parseAst(text, { lang: 'ts' })));
    } catch (error) {
      problems.push(`${file} is no TypeScript: ${String(error)}`);
    }
  }
  const imports = new Map([...parsed].map(([file, nodes]) => [file, nodes.flatMap(importOf)]));
  return [
    ...problems,
    ...[...tree].flatMap(([file, text]) => shapeOf(file, text)),
    ...[...imports].flatMap(([file, list]) => list.flatMap((entry) => edgeProblems(file, entry))),
    ...[...parsed].flatMap(([file, nodes]) => (PURE.includes(folderOf(file)) ? impurities(file, nodes) : [])),
    ...agentLoads(imports),
  ];
}

function shapeOf(file: string, text: string): string[] {
  const lines = text.split('\n').length - 1;
  const problems = [];
  if (lines > LONGEST_LINES) problems.push(`${file} has ${lines} lines: split it by concept`);
  if (VAGUE.has(path.posix.basename(file, '.ts')))
    problems.push(`${file}: the name says nothing of the concept`);
  if (MAY_IMPORT[folderOf(file)] === undefined)
    problems.push(`${file}: ${folderOf(file)} has no place in the import rule`);
  return problems;
}

function edgeProblems(file: string, { specifier, loads, dynamic }: Import): string[] {
  if (specifier === null) return [`${file}: a computed import() hides an edge`];
  const from = folderOf(file);
  const target = resolve(file, specifier);
  if (from === 'main.ts' && loads && !specifier.startsWith('node:')) {
    return [
      `${file} -> ${target}: main.ts loads a process only after it knows the command and the Node version`,
    ];
  }
  if (!specifier.startsWith('.')) {
    const builtin = specifier.startsWith('node:') && PURE.includes(from);
    return builtin ? [`${file} -> ${specifier}: pure code does no I/O, and node: modules are I/O`] : [];
  }
  const to = folderOf(target);
  if (from === to && from !== 'main.ts') return [];
  if (dynamic && PURE.includes(from)) return [`${file} -> ${target}: pure code loads nothing at run time`];
  if (MAY_IMPORT[from]?.includes(to) === true) return [];
  return [`${file} -> ${target}: ${reasonAgainst(from, to)}`];
}

function reasonAgainst(from: string, to: string): string {
  return REASONS.find((reason) => fits(reason.from, from) && fits(reason.to, to))?.because ?? '';
}

function fits(list: readonly string[], folder: string): boolean {
  return list.length === 0 || list.includes(folder);
}

/** Follows what is loaded from src/agent/ through any number of files. */
function agentLoads(imports: ReadonlyMap<string, readonly Import[]>): string[] {
  const problems: string[] = [];
  const via = new Map(
    [...imports.keys()].filter((file) => folderOf(file) === 'agent').map((file) => [file, file]),
  );
  for (const [file, chain] of via) {
    for (const { specifier, loads } of imports.get(file) ?? []) {
      if (specifier === null || !loads) continue;
      const target = resolve(file, specifier);
      if (NOT_IN_AGENT.test(target)) problems.push(`${chain} => ${target}: every node's agent would load it`);
      else if (!via.has(target)) via.set(target, `${chain} => ${target}`);
    }
  }
  return problems;
}

function impurities(file: string, nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => {
    const name =
      node.type === 'MemberExpression' ? `${nameOf(node['object'])}.${nameOf(node['property'])}` : '';
    const because = IMPURE[name];
    if (because !== undefined) return [`${file}: ${name}: ${because}`];
    const reads =
      node.type === 'NewExpression' && nameOf(node['callee']) === 'Date' && isEmpty(node['arguments']);
    return reads ? [`${file}: new Date(): time is an argument`] : [];
  });
}

function importOf(node: Node): Import[] {
  const source = isNode(node['source']) ? node['source'] : undefined;
  const specifier = typeof source?.['value'] === 'string' ? source['value'] : null;
  switch (node.type) {
    case 'ImportDeclaration':
      return [{ specifier, loads: node['importKind'] !== 'type', dynamic: false }];
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return source === undefined
        ? []
        : [{ specifier, loads: node['exportKind'] !== 'type', dynamic: false }];
    case 'ImportExpression':
      return [{ specifier, loads: false, dynamic: true }];
    case 'TSImportType':
      return [{ specifier, loads: false, dynamic: false }];
    default:
      return [];
  }
}

/** Every node of a syntax tree, at any depth. */
function nodesOf(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(nodesOf);
  return isNode(value) ? [value, ...below] : below;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function nameOf(value: unknown): string {
  return isNode(value) && typeof value['name'] === 'string' ? value['name'] : '';
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function folderOf(file: string): string {
  return file.split('/')[0] ?? file;
}

/** A relative specifier as a path below src/; a package's name as it is. */
function resolve(file: string, specifier: string): string {
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier;
}
