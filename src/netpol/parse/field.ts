/** A place inside an object that is being checked: its value, its path, and where to say what is wrong there. */
import { isMapping, nameOfValue } from './value-name.ts';

export interface FieldProblem {
  /** As in `spec.ingress[0].ports[1].endPort`. */
  readonly field: string;
  readonly message: string;
}

/** What has been found about one object so far; all of it is told at once. */
export interface Findings {
  readonly problems: FieldProblem[];
  readonly warnings: FieldProblem[];
}

export interface Field {
  readonly path: string;
  readonly value: unknown;
  readonly findings: Findings;
}

/** The fields of a mapping by name, present ones only. */
export type Fields = ReadonlyMap<string, Field>;

/** For a field that is not there and must be. */
export function rejectAbsent(parent: Field, name: string, hint = ''): null {
  return reject({ ...parent, path: pathTo(parent.path, name) }, `is missing${hint}`);
}

export function reject({ path, findings }: Field, message: string): null {
  findings.problems.push({ field: path, message });
  return null;
}

export function warn({ path, findings }: Field, message: string): void {
  findings.warnings.push({ field: path, message });
}

/** The fields of a mapping; a field that `known` does not name is a problem, as for kubectl's strict validation. */
export function fieldsOf(field: Field, known: readonly string[]): Fields {
  const fields = entriesOf(field);
  for (const [name, inner] of fields) {
    if (known.includes(name)) continue;
    const same = known.find((each) => each.toLowerCase() === name.toLowerCase());
    reject(
      inner,
      `unknown field; ${same === undefined ? `here are: ${known.join(', ')}` : `it is spelt ${same}`}`,
    );
  }
  return fields;
}

/** Every entry of a mapping of free keys; not a mapping is a problem and gives none. */
export function entriesOf(field: Field): Fields {
  const { value, path, findings } = field;
  if (!isMapping(value)) {
    reject(field, `is ${nameOfValue(value)}, not a mapping`);
    return new Map();
  }
  const entries = Object.entries(value).map(([name, inner]): [string, Field] => [
    name,
    { path: pathTo(path, name), value: inner, findings },
  ]);
  return new Map(entries);
}

/**
 * The elements of a list. A null element is a problem although the API server takes it: it reads one as an empty
 * rule, which allows everything, and who wrote it meant something else.
 */
export function elementsOf(field: Field): readonly Field[] {
  const { value, path, findings } = field;
  if (!Array.isArray(value)) {
    reject(field, `is ${nameOfValue(value)}, not a list`);
    return [];
  }
  const elements = value.map((inner: unknown, index): Field => ({
    path: `${path}[${index}]`,
    value: inner,
    findings,
  }));
  for (const element of elements)
    if (element.value === null)
      reject(element, 'is null; leave it out (it would be read as an empty element)');
  return elements.filter((element) => element.value !== null);
}

export function textOf(field: Field): string | null {
  const { value } = field;
  if (typeof value === 'string') return value;
  const quoted = typeof value === 'number' || typeof value === 'boolean';
  return reject(
    field,
    `is ${nameOfValue(value)}, not text${quoted ? `; write ${JSON.stringify(String(value))}, in quotes` : ''}`,
  );
}

/** The field as `parse` reads it, null where it is null, nothing where it is absent: to be spread into the result. */
export function optional<K extends string, T>(
  fields: Fields,
  name: K,
  parse: (field: Field) => T,
): { readonly [P in K]?: T | null } {
  const field = fields.get(name);
  if (field === undefined) return {};
  return { [name]: field.value === null ? null : parse(field) } as { readonly [P in K]?: T | null };
}

/** Label keys hold dots and slashes, which would read as a path. */
function pathTo(parent: string, name: string): string {
  if (!/^[A-Za-z0-9_]{1,63}$/.test(name)) return `${parent}[${JSON.stringify(name.slice(0, 320))}]`;
  return parent === '' ? name : `${parent}.${name}`;
}
