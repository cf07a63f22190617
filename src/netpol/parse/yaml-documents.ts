/**
 * YAML as kubectl reads it: documents apart at `---`, scalars by YAML 1.1's rules (`yes` is a truth value there), keys
 * given once. Large documents and aliases that multiply are refused before they cost time.
 */
import { LineCounter, parseDocument } from 'yaml';
import type { SchemaOptions, Tags, YAMLError } from 'yaml';
import { unreadable } from './object-body.ts';
import type { ObjectBody } from './object-body.ts';
import { plainValue } from './yaml-value.ts';

/** In characters, per document. YAML takes a second or so and 100 MB of memory per million characters; JSON neither. */
const MAX_YAML_LENGTH = 4 * 1024 * 1024;

/** Scalars that go-yaml does not resolve and the rules of YAML 1.1 would: sexagesimal numbers, dates, and typed collections. */
const NOT_RESOLVED = /:(binary|omap|pairs|set|timestamp)$/;

const SCHEMA: SchemaOptions & { version: '1.1' } = {
  version: '1.1',
  schema: 'yaml-1.1',
  merge: true,
  resolveKnownTags: false,
  customTags: (tags: Tags) =>
    tags.filter((tag) => typeof tag === 'string' || (tag.format !== 'TIME' && !NOT_RESOLVED.test(tag.tag))),
};

/** Every document with content; comments alone, such as those for workloads without a draft, are none. Never throws. */
export function readYamlDocuments(text: string): ObjectBody[] {
  return documentsOf(text).map(readDocument);
}

interface DocumentText {
  readonly text: string;
  /** Of its first character, from 1. */
  readonly line: number;
}

/** A line that begins with `---` and a blank begins a document wherever it stands (YAML 1.2.2, section 9.1.2). */
const DOCUMENT_START = /^---(?=[ \t\r\n]|$)/gm;

/** A line that is not blank and no comment, directive or end of a document. */
const CONTENT = /^(?!\uFEFF?[ \t]*(?:[#%\r]|\.\.\.(?:\s|$)|$))./m;

function documentsOf(text: string): DocumentText[] {
  const documents: DocumentText[] = [];
  const starts = [...text.matchAll(DOCUMENT_START)].map((match) => match.index);
  let line = 1;
  for (const [index, start] of [0, ...starts].entries()) {
    const part = text.slice(start, starts[index] ?? text.length);
    const body = part.replace(/^---/, '   ').replace(/^\uFEFF/, '');
    if (CONTENT.test(body)) documents.push({ text: body, line });
    line += part.split('\n').length - 1;
  }
  return documents;
}

function readDocument({ text, line: firstLine }: DocumentText): ObjectBody {
  if (text.length > MAX_YAML_LENGTH) {
    const limit = `${MAX_YAML_LENGTH / 1024 / 1024} MiB`;
    const message = `a YAML document of more than ${limit} is not read; give JSON, which may be large: kubectl get -o json`;
    return unreadable({ line: firstLine, field: null, message });
  }
  const lines = new LineCounter();
  const lineOf = (offset: number) => firstLine + Math.max(lines.linePos(offset).line, 1) - 1;
  try {
    const document = parseDocument(text, {
      ...SCHEMA,
      lineCounter: lines,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
    });
    // Those after the first follow from it.
    const [error] = [...document.errors, ...document.warnings];
    if (error !== undefined) {
      return unreadable({ line: lineOf(error.pos[0]), field: null, message: messageOf(error) });
    }
    return plainValue(document.contents, lineOf);
  } catch (error) {
    // The library recurses: a document nested thousands of levels deep exhausts the stack.
    const message = error instanceof RangeError ? TOO_DEEP : `broken YAML: ${String(error)}`;
    return unreadable({ line: firstLine, field: null, message });
  }
}

const TOO_DEEP = 'it is nested too deeply';

function messageOf({ code, message }: YAMLError): string {
  if (code === 'RESOURCE_EXHAUSTION') return TOO_DEEP;
  if (code === 'MULTIPLE_DOCS') return 'a document that follows another must begin with ---';
  return `broken YAML: ${message}`;
}
