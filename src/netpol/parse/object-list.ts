/** Objects out of documents: Lists are taken apart, and everything that is no object of Kubernetes is a problem. */
import type { ManifestObject, ManifestPlace, ManifestProblem, ManifestText } from './manifest-text.ts';
import type { ObjectBody } from './object-body.ts';
import { isMapping, nameOfValue } from './value-name.ts';

/** Bodies in the order of the file. */
export function objectsOf(file: string, bodies: readonly ObjectBody[]): ManifestText {
  const objects: ManifestObject[] = [];
  const problems: ManifestProblem[] = [];
  for (const [index, body] of bodies.entries()) {
    const place: ManifestPlace = { file, document: index + 1, item: null, line: body.line, object: null };
    for (const { line, field, message } of body.problems) {
      problems.push({ place: { ...place, line: line ?? place.line }, field, message });
    }
    if (body.problems.length > 0) continue;
    for (const read of readBody(body, place)) {
      if ('value' in read) objects.push(read);
      else problems.push(read);
    }
  }
  return { objects, problems };
}

type Read = ManifestObject | ManifestProblem;

function readBody(body: ObjectBody, place: ManifestPlace): Read[] {
  // `---` and `null` are documents of nothing, which kubectl passes over.
  if (body.value === null) return [];
  const read = readObject(body.value, place, null);
  if (!('value' in read)) return [read];
  const items = listOf(read);
  if (items === null) return [read];
  // The items of a typed list from the API server do not repeat what they are.
  const header =
    read.kind === 'List' ? null : { apiVersion: read.apiVersion, kind: read.kind.slice(0, -'List'.length) };
  return items.map((item, index) => {
    const itemPlace = { ...place, item: index, line: body.itemLines[index] ?? place.line };
    const object = readObject(item, itemPlace, header);
    if (!('value' in object) || listOf(object) === null) return object;
    return { place: object.place, field: null, message: 'a List inside a List is not read' };
  });
}

function readObject(
  value: unknown,
  place: ManifestPlace,
  header: { readonly apiVersion: string; readonly kind: string } | null,
): Read {
  if (!isMapping(value)) {
    return {
      place,
      field: null,
      message: `${nameOfValue(value)} stands where an object of Kubernetes should`,
    };
  }
  const apiVersion = value['apiVersion'] ?? header?.apiVersion;
  const kind = value['kind'] ?? header?.kind;
  if (typeof apiVersion !== 'string' || apiVersion === '')
    return { place, field: 'apiVersion', message: missing(apiVersion) };
  if (typeof kind !== 'string' || kind === '') return { place, field: 'kind', message: missing(kind) };
  return {
    place: { ...place, object: titleOf(kind, value) },
    apiVersion,
    kind,
    value: header === null ? value : { apiVersion, kind, ...value },
  };
}

function titleOf(kind: string, { metadata }: Readonly<Record<string, unknown>>): string {
  const named = isMapping(metadata) ? [metadata['namespace'], metadata['name']] : [];
  const words = named.filter((word) => typeof word === 'string' && word !== '');
  return `${kind} ${words.join('/')}`.trimEnd().slice(0, 300);
}

function listOf(object: ManifestObject): readonly unknown[] | null {
  const items = object.value['items'];
  if (!object.kind.endsWith('List')) return null;
  if (Array.isArray(items)) return items;
  // An empty Go slice is printed as null.
  return items === null ? [] : null;
}

function missing(value: unknown): string {
  return value === undefined || value === null || value === ''
    ? 'is missing'
    : `is ${nameOfValue(value)}, not text`;
}
