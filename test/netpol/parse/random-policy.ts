/** Random policies that the API server would take: every field, in the spellings people use. */
import * as fc from 'fast-check';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../../src/netpol/policy.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const ALPHANUMERIC = `${LETTERS}${LETTERS.toUpperCase()}0123456789`;

const text = (characters: string, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from(characters)), minLength: 1, maxLength });
const dnsName = fc.oneof(
  text(`${LETTERS}0123456789`, 12),
  fc.constantFrom('null', 'true', 'on', '1e3', '0x10', 'a-b', '0', '12', 'x.y', 'y', 'no'),
);
const namespaceName = dnsName.filter((name) => !name.includes('.'));
/** Words that YAML reads as something else when they stand without quotes are among them. */
const labelValue = fc.oneof(
  text(ALPHANUMERIC, 8),
  fc.constantFrom(
    '',
    'yes',
    'on',
    'off',
    'null',
    '~1'.slice(1),
    '1.0',
    '0x1F',
    '1_000',
    '.5'.slice(1),
    'True',
    '2026-11-21',
  ),
  fc.constantFrom('a.b', 'a_b', 'a-b', '12e03', 'y', 'N', '0o17', '017', 'NaN'),
);
const labelKey = fc.oneof(
  text(ALPHANUMERIC, 8),
  fc.constantFrom('app', 'app.kubernetes.io/name', 'constructor', 'toString', 'yes', 'null', '1', 'a/b'),
);
const labels = fc.dictionary(labelKey, labelValue, { maxKeys: 3, noNullPrototype: true });

const optional = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: value, weight: 4 }, { arbitrary: fc.constant(null), weight: 1 });
const record = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
const list = <T>(value: fc.Arbitrary<T>) => optional(fc.array(value, { maxLength: 3 }));

const requirement = fc.oneof(
  fc.record({
    key: labelKey,
    operator: fc.constantFrom('In' as const, 'NotIn' as const),
    values: fc.array(labelValue, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ key: labelKey, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
);
const selector = record({ matchLabels: optional(labels), matchExpressions: list(requirement) });

const block = fc
  .record({
    first: fc.nat({ max: 255 }),
    length: fc.integer({ min: 8, max: 24 }),
    deeper: fc.integer({ min: 1, max: 8 }),
    v6: fc.boolean(),
  })
  .map(({ first, length, deeper, v6 }) => ({
    cidr: v6 ? `fd00:${first.toString(16)}::/${length + 24}` : `${first}.0.0.0/${length}`,
    except: v6
      ? [`fd00:${first.toString(16)}::/${length + 24 + deeper}`]
      : [`${first}.0.0.0/${length + deeper}`],
  }));
const peer: fc.Arbitrary<NetworkPolicyPeer> = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector, ipBlock: fc.constant(null) }),
  fc.record({ podSelector: selector, namespaceSelector: selector }),
  fc.record({ ipBlock: block }),
  fc.record({ ipBlock: block.map(({ cidr }) => ({ cidr, except: null })) }),
);

const number = fc.integer({ min: 1, max: 65_535 });
const portName = fc.constantFrom('http', 'a', '8-a', 'y', 'on', 'x0', '1e3', 'null', 'no');
const protocol = optional(fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const));
const port: fc.Arbitrary<NetworkPolicyPort> = fc.oneof(
  record({ protocol, port: fc.oneof(number, portName) }),
  record({ protocol, port: fc.constant(null) }),
  fc
    .tuple(number, number, protocol)
    .map(([a, b, name]) => ({ protocol: name, port: Math.min(a, b), endPort: Math.max(a, b) })),
);

const spec = record({
  podSelector: optional(selector),
  policyTypes: list(fc.constantFrom('Ingress' as const, 'Egress' as const)).map(
    (types) => types?.slice(0, 2) ?? null,
  ),
  ingress: list(record({ from: list(peer), ports: list(port) })),
  egress: list(record({ to: list(peer), ports: list(port) })),
});

export const randomPolicy: fc.Arbitrary<NetworkPolicy> = fc
  .record({
    name: dnsName,
    namespace: namespaceName,
    labels,
    annotations: fc.dictionary(labelKey, fc.string(), { maxKeys: 2, noNullPrototype: true }),
    spec,
  })
  .map(({ name, namespace, labels: some, annotations, spec: one }) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels: some, annotations },
    spec: one,
  }));
