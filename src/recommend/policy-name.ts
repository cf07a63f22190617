/**
 * Names of drafted policies: from the controller, never from the selector, so that a changed selector is an update. Only what comes
 * under another name each time (runs.ts) is called by its label, and so is its policy.
 */
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import { isCalledByLabel } from './runs.ts';

/** metadata.name is a DNS-1123 subdomain of at most this many characters (apimachinery validation.DNS1123SubdomainMaxLength). */
const MAX_NAME_LENGTH = 253;

/** The name of a namespace's baseline, which no workload gets. */
export const BASELINE_POLICY_NAME = 'netscribe-default-deny';

/**
 * `netscribe-deployment-frontend`, `netscribe-job-migrate` for Jobs called `app=migrate`. A name that would be too long is cut and
 * made distinct by a checksum of the whole.
 */
export function createPolicyName(ref: WorkloadRef): string {
  const name = `netscribe-${ref.kind.toLowerCase()}-${isCalledByLabel(ref) ? labelWords(ref.name) : ref.name}`;
  return name.length <= MAX_NAME_LENGTH ? name : withChecksum(name, name);
}

/** Of `app=shop, component=Seed_1` that is `shop-seed-1`; of a label without value its key. */
function labelWords(name: string): string {
  const words = name.split(', ').map((word) => word.slice(word.indexOf('=') + 1) || word);
  return words
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

/**
 * The names of policies for all of these, by `workloadKey`: no two of a namespace are the same. Kinds of others' making may differ in case alone, or have hyphens: of those that would share a name the first in order has it, the
 * others a checksum.
 */
export function policyNames(refs: readonly WorkloadRef[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [full, sharing] of Map.groupBy(refs, (ref) => `${ref.namespace}/${createPolicyName(ref)}`)) {
    const name = full.slice(full.indexOf('/') + 1);
    const inOrder = sharing.length === 1 ? sharing : sharing.toSorted(compareRefs);
    for (const [place, ref] of inOrder.entries()) {
      const isPlain = place === 0 && name !== BASELINE_POLICY_NAME;
      names.set(workloadKey(ref), isPlain ? name : withChecksum(name, `${ref.kind}/${ref.name}`));
    }
  }
  return names;
}

function compareRefs(a: WorkloadRef, b: WorkloadRef): number {
  return compareText(a.kind, b.kind) || compareText(a.name, b.name);
}

/** `name`, cut where it must be, with a checksum of `whole`. */
function withChecksum(name: string, whole: string): string {
  const suffix = checksumOf(whole);
  return `${name.slice(0, MAX_NAME_LENGTH - suffix.length - 1).replace(/[^a-z0-9]+$/, '')}-${suffix}`;
}

/** FNV-1a, 64 bits, in hex: distinguishes names, protects nothing. */
function checksumOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const char of text)
    hash = BigInt.asUintN(64, (hash ^ BigInt(char.codePointAt(0) ?? 0)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
