/** ObjectMeta: what a policy needs is read, what the API server and kubectl write beside it is checked for its shape. */
import type { NetworkPolicy } from '../policy.ts';
import { elementsOf, entriesOf, fieldsOf, reject, rejectAbsent, textOf } from './field.ts';
import type { Field, Fields } from './field.ts';
import { wrongWithLabelKey, wrongWithName, wrongWithNamespace } from './object-names.ts';
import { parseLabels } from './parse-selector.ts';
import { nameOfValue } from './value-name.ts';

const TEXTS = [
  'generateName',
  'selfLink',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
];
const NUMBERS = ['generation', 'deletionGracePeriodSeconds'];
const LISTS = ['ownerReferences', 'finalizers', 'managedFields'];
const FIELDS = ['name', 'namespace', 'labels', 'annotations', ...TEXTS, ...NUMBERS, ...LISTS];

/** Of all annotations of an object, keys and values together (apimachinery TotalAnnotationSizeLimitB). */
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

export function parseMetadata(field: Field, defaultNamespace: string | null): NetworkPolicy['metadata'] {
  const fields = fieldsOf(field, FIELDS);
  checkShapes(fields);
  const labels = given(fields, 'labels');
  const annotations = given(fields, 'annotations');
  return {
    name: parseName(field, fields),
    namespace: parseNamespace(field, { fields, defaultNamespace }),
    ...(labels !== null && { labels: parseLabels(labels) }),
    ...(annotations !== null && { annotations: parseAnnotations(annotations) }),
  };
}

function parseName(field: Field, fields: Fields): string {
  const name = given(fields, 'name');
  if (name === null) {
    rejectAbsent(field, 'name', fields.has('generateName') ? '; kubectl apply takes no generateName' : '');
    return '';
  }
  return checkedText(name, wrongWithName);
}

function parseNamespace(
  field: Field,
  { fields, defaultNamespace }: { fields: Fields; defaultNamespace: string | null },
): string {
  const namespace = given(fields, 'namespace');
  // The API server reads an empty namespace as none.
  if (namespace !== null && namespace.value !== '') return checkedText(namespace, wrongWithNamespace);
  if (defaultNamespace === null) rejectAbsent(field, 'namespace');
  return defaultNamespace ?? '';
}

function parseAnnotations(field: Field): Record<string, string> {
  const annotations: [string, string][] = [];
  let size = 0;
  for (const [key, value] of entriesOf(field)) {
    const wrong = wrongWithLabelKey(key.toLowerCase());
    if (wrong !== null) reject(value, wrong.replace('label key', 'annotation key'));
    const text = textOf(value) ?? '';
    size += Buffer.byteLength(key) + Buffer.byteLength(text);
    annotations.push([key, text]);
  }
  if (size > MAX_ANNOTATIONS_BYTES)
    reject(field, `are ${size} bytes; at most ${MAX_ANNOTATIONS_BYTES} are allowed`);
  return Object.fromEntries(annotations);
}

function checkShapes(fields: Fields): void {
  for (const name of TEXTS) {
    const field = given(fields, name);
    if (field !== null) textOf(field);
  }
  for (const name of NUMBERS) {
    const field = given(fields, name);
    if (field !== null && !Number.isSafeInteger(field.value))
      reject(field, `is ${nameOfValue(field.value)}, not a whole number`);
  }
  for (const name of LISTS) {
    const field = given(fields, name);
    for (const element of field === null ? [] : elementsOf(field)) {
      if (name === 'finalizers') textOf(element);
      else entriesOf(element);
    }
  }
}

function checkedText(field: Field, wrongWith: (text: string) => string | null): string {
  const text = textOf(field);
  const wrong = text === null ? null : wrongWith(text);
  if (wrong !== null) reject(field, wrong);
  return text ?? '';
}

/** The field unless it is absent or null, which mean the same here. */
function given(fields: Fields, name: string): Field | null {
  const field = fields.get(name);
  return field === undefined || field.value === null ? null : field;
}
