/** Label and field selectors in their simple form: `a=b`, `a==b`, `a!=b` and a label's bare name, joined by commas. */
import type { StoredObject } from './object-store.ts';

export type Selection = (object: StoredObject) => boolean;

/** Selects what the query of a LIST or WATCH asks for. */
export function selectionOf(query: Readonly<Record<string, string>>): Selection {
  const labels = termsOf(query['labelSelector'] ?? '');
  const fields = termsOf(query['fieldSelector'] ?? '');
  return (object) => {
    const own = (object.metadata['labels'] ?? {}) as Readonly<Record<string, unknown>>;
    return (
      labels.every((term) => term.holds(own[term.name])) &&
      fields.every((term) => term.holds(fieldAt(object, term.name) ?? ''))
    );
  };
}

interface Term {
  readonly name: string;
  readonly holds: (value: unknown) => boolean;
}

function termsOf(selector: string): Term[] {
  return selector
    .split(',')
    .filter((text) => text !== '')
    .map((text) => {
      const [, name = '', operator = '', wanted = ''] = /^([^!=]+)(!=|==?)?(.*)$/.exec(text) ?? [];
      if (operator === '') return { name, holds: (value) => value !== undefined };
      return { name, holds: (value) => (value === wanted) !== (operator === '!=') };
    });
}

function fieldAt(object: StoredObject, path: string): unknown {
  let value: unknown = object;
  for (const name of path.split('.'))
    value =
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return value;
}
