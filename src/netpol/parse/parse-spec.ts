/** The spec of a policy: whom it selects, what it isolates, and its rules (NETPOL rules 2 to 9). */
import type { NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicySpec } from '../policy.ts';
import { elementsOf, fieldsOf, optional, reject } from './field.ts';
import type { Field } from './field.ts';
import { quoted } from './object-names.ts';
import { parsePeer } from './parse-peer.ts';
import { parsePort } from './parse-port.ts';
import { parseSelector } from './parse-selector.ts';
import { nameOfValue } from './value-name.ts';

type PolicyType = 'Ingress' | 'Egress';

export function parseSpec(field: Field): NetworkPolicySpec {
  const fields = fieldsOf(field, ['podSelector', 'policyTypes', 'ingress', 'egress']);
  return {
    ...optional(fields, 'podSelector', parseSelector),
    ...optional(fields, 'policyTypes', parsePolicyTypes),
    ...optional(fields, 'ingress', (list) => elementsOf(list).map(parseIngressRule)),
    ...optional(fields, 'egress', (list) => elementsOf(list).map(parseEgressRule)),
  };
}

function parsePolicyTypes(field: Field): PolicyType[] {
  const elements = elementsOf(field);
  if (elements.length > 2) reject(field, 'at most two: Ingress, Egress');
  return elements.map(parsePolicyType).filter((type) => type !== null);
}

function parsePolicyType(field: Field): PolicyType | null {
  const { value } = field;
  if (value === 'Ingress' || value === 'Egress') return value;
  const what = typeof value === 'string' ? quoted(value) : nameOfValue(value);
  return reject(field, `${what} is no policy type; it is Ingress or Egress`);
}

function parseIngressRule(field: Field): NetworkPolicyIngressRule {
  const fields = fieldsOf(field, ['from', 'ports']);
  return {
    ...optional(fields, 'from', (list) => elementsOf(list).map(parsePeer)),
    ...optional(fields, 'ports', (list) => elementsOf(list).map(parsePort)),
  };
}

function parseEgressRule(field: Field): NetworkPolicyEgressRule {
  const fields = fieldsOf(field, ['to', 'ports']);
  return {
    ...optional(fields, 'to', (list) => elementsOf(list).map(parsePeer)),
    ...optional(fields, 'ports', (list) => elementsOf(list).map(parsePort)),
  };
}
