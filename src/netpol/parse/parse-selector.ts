/** Label selectors, checked as apimachinery's ValidateLabelSelector does. */
import type { LabelSelector, LabelSelectorOperator, LabelSelectorRequirement } from '../policy.ts';
import { elementsOf, entriesOf, fieldsOf, optional, reject, rejectAbsent, textOf } from './field.ts';
import type { Field, Fields } from './field.ts';
import { quoted, wrongWithLabelKey, wrongWithLabelValue } from './object-names.ts';
import { nameOfValue } from './value-name.ts';

const OPERATORS: readonly LabelSelectorOperator[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

export function parseSelector(field: Field): LabelSelector {
  const fields = fieldsOf(field, ['matchLabels', 'matchExpressions']);
  return {
    ...optional(fields, 'matchLabels', parseLabels),
    ...optional(fields, 'matchExpressions', (list) => elementsOf(list).map(parseRequirement)),
  };
}

/** Labels of an object or of a selector: keys and values by the syntax of labels. */
export function parseLabels(field: Field): Record<string, string> {
  const labels: [string, string][] = [];
  for (const [key, value] of entriesOf(field)) {
    const wrongKey = wrongWithLabelKey(key);
    if (wrongKey !== null) reject(value, wrongKey);
    labels.push([key, parseLabelValue(value)]);
  }
  return Object.fromEntries(labels);
}

function parseLabelValue(field: Field): string {
  if (field.value === null) {
    reject(field, 'is null, not text; write "" for an empty label value');
    return '';
  }
  const text = textOf(field) ?? '';
  const wrong = wrongWithLabelValue(text);
  if (wrong !== null) reject(field, wrong);
  return text;
}

function parseRequirement(field: Field): LabelSelectorRequirement {
  const fields = fieldsOf(field, ['key', 'operator', 'values']);
  const operator = parseOperator(field, fields);
  const values = optional(fields, 'values', (list) => elementsOf(list).map(parseLabelValue));
  if (operator !== null)
    checkValues(field, { operator, count: values.values?.length ?? 0, listed: fields.get('values') });
  return { key: parseKey(field, fields), operator: operator ?? 'Exists', ...values };
}

function parseKey(field: Field, fields: Fields): string {
  const key = fields.get('key');
  if (key === undefined) {
    rejectAbsent(field, 'key');
    return '';
  }
  const text = textOf(key) ?? '';
  const wrong = typeof key.value === 'string' ? wrongWithLabelKey(text) : null;
  if (wrong !== null) reject(key, wrong);
  return text;
}

function parseOperator(field: Field, fields: Fields): LabelSelectorOperator | null {
  const operator = fields.get('operator');
  if (operator === undefined)
    return rejectAbsent(field, 'operator', `; it is one of ${OPERATORS.join(', ')}`);
  const found = OPERATORS.find((each) => each === operator.value);
  const what = typeof operator.value === 'string' ? quoted(operator.value) : nameOfValue(operator.value);
  return found ?? reject(operator, `${what} is no operator; it is one of ${OPERATORS.join(', ')}`);
}

/** NETPOL rule 13: In and NotIn need values, Exists and DoesNotExist may have none. */
function checkValues(
  field: Field,
  { operator, count, listed }: { operator: LabelSelectorOperator; count: number; listed: Field | undefined },
): void {
  const needs = operator === 'In' || operator === 'NotIn';
  if (needs && (listed === undefined || listed.value === null || isEmptyList(listed.value))) {
    reject(listed ?? field, `${operator} needs at least one value`);
  }
  if (!needs && count > 0) reject(listed ?? field, `${operator} takes no values`);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
