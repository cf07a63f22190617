/**
 * NetworkPolicies as people write them: rejects what the API server would reject (k8s.io/api networking/v1 and
 * pkg/apis/networking/validation) and what kubectl's strict validation would, and names everything that is wrong at
 * once. What it accepts it returns as written: nothing is defaulted but the namespace.
 */
import type { NetworkPolicy } from '../policy.ts';
import { entriesOf, fieldsOf, reject, rejectAbsent, warn } from './field.ts';
import type { Field, FieldProblem, Fields, Findings } from './field.ts';
import { quoted } from './object-names.ts';
import { parseMetadata } from './parse-metadata.ts';
import { parseSpec } from './parse-spec.ts';
import { nameOfValue } from './value-name.ts';

export type { FieldProblem };

export type ParsedPolicy =
  | { readonly kind: 'policy'; readonly policy: NetworkPolicy; readonly warnings: readonly FieldProblem[] }
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] };

export interface ParsePolicyOptions {
  /** For a policy that names none; with null, naming none is a problem. */
  readonly defaultNamespace: string | null;
}

const API_VERSION = 'networking.k8s.io/v1';
const KIND = 'NetworkPolicy';

/** `value` is plain JSON. Never throws. */
export function parsePolicy(value: unknown, options: ParsePolicyOptions): ParsedPolicy {
  const findings: Findings = { problems: [], warnings: [] };
  const root: Field = { path: '', value, findings };
  const fields = fieldsOf(root, ['apiVersion', 'kind', 'metadata', 'spec', 'status']);
  checkHeader(root, fields);
  const metadata = fields.get('metadata') ?? { path: 'metadata', value: {}, findings };
  const status = fields.get('status');
  if (status !== undefined && status.value !== null) entriesOf(status);
  const policy: NetworkPolicy = {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: parseMetadata(metadata, options.defaultNamespace),
    spec: parseSpec(specOf(root, fields)),
  };
  if (findings.problems.length > 0) return { kind: 'invalid', problems: findings.problems };
  return { kind: 'policy', policy, warnings: findings.warnings };
}

/** The API server reads an absent spec as an empty one. */
function specOf(root: Field, fields: Fields): Field {
  const spec = fields.get('spec');
  if (spec !== undefined && spec.value !== null) return spec;
  const empty: Field = { path: 'spec', value: {}, findings: root.findings };
  warn(empty, 'is absent, which denies all ingress to every pod of the namespace');
  return empty;
}

function checkHeader(root: Field, fields: Fields): void {
  const apiVersion = fields.get('apiVersion');
  const kind = fields.get('kind');
  if (apiVersion === undefined) rejectAbsent(root, 'apiVersion');
  else if (apiVersion.value === 'extensions/v1beta1') {
    reject(apiVersion, `extensions/v1beta1 has no NetworkPolicy since Kubernetes 1.16; write ${API_VERSION}`);
  } else if (apiVersion.value !== API_VERSION)
    reject(apiVersion, `${shown(apiVersion.value)} is not ${API_VERSION}`);
  if (kind === undefined) rejectAbsent(root, 'kind');
  else if (kind.value !== KIND) reject(kind, `${shown(kind.value)} is not ${KIND}`);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : nameOfValue(value);
}
