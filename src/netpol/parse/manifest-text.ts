/**
 * The text of a manifest file as objects: YAML of any number of documents, JSON, and Lists of either, as `kubectl get`
 * prints them. It is bounded in time and memory, never throws and never reads a file; what the objects mean is for others.
 */
import { readJsonDocuments } from './json-documents.ts';
import type { ObjectBody } from './object-body.ts';
import { objectsOf } from './object-list.ts';
import { readYamlDocuments } from './yaml-documents.ts';

export interface ManifestPlace {
  /** As the caller named it, `<stdin>` for standard input. */
  readonly file: string;
  /** From 1; documents without content do not count. */
  readonly document: number;
  /** Index in a List, from 0; null for an object of its own. */
  readonly item: number | null;
  /** From 1; null where it is not known, as inside JSON. */
  readonly line: number | null;
  /** `NetworkPolicy shop/web`, as far as the object says; null where there is none. */
  readonly object: string | null;
}

export interface ManifestObject {
  readonly place: ManifestPlace;
  readonly apiVersion: string;
  readonly kind: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export interface ManifestProblem {
  readonly place: ManifestPlace;
  /** As in `spec.ingress[0].from`; null when the trouble is with the text or with the object as a whole. */
  readonly field: string | null;
  readonly message: string;
}

export interface ManifestText {
  readonly objects: ManifestObject[];
  readonly problems: ManifestProblem[];
}

/**
 * What YAML cannot hold and go-yaml, by which kubectl reads, refuses: control characters but tab, line feed, carriage
 * return and next line.
 */
// eslint-disable-next-line no-control-regex -- control characters are exactly what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

/** All objects of the text with all problems; an object with a problem of its own is not among the objects. */
export function readManifestText(file: string, text: string): ManifestText {
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const control = CONTROL.exec(text);
  if (control !== null) {
    const code = text.charCodeAt(control.index).toString(16).toUpperCase().padStart(4, '0');
    const line = lineAt(text, control.index);
    const place: ManifestPlace = { file, document: 1, item: null, line, object: null };
    return {
      objects: [],
      problems: [{ place, field: null, message: `control character U+${code} in text` }],
    };
  }
  return objectsOf(file, bodiesOf(start === 0 ? text : text.slice(start)));
}

/** YAML's flow style begins with a brace too, but its keys have no quotes. */
function bodiesOf(text: string): ObjectBody[] {
  const isJson = /^\s*\{\s*"/.test(text);
  return isJson ? readJsonDocuments(text) : readYamlDocuments(text);
}

function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
