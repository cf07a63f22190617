/** Names of drafted policies: from the controller, never from the selector, so that a changed selector is an update. */
import type { WorkloadRef } from '../domain/workload.ts';

/** metadata.name is a DNS-1123 subdomain of at most this many characters (apimachinery validation.DNS1123SubdomainMaxLength). */
const MAX_NAME_LENGTH = 253;

/** `netscribe-deployment-frontend`. A name that would be too long is cut and made distinct by a checksum of the whole. */
export function createPolicyName(ref: WorkloadRef): string {
  const name = `netscribe-${ref.kind.toLowerCase()}-${ref.name}`;
  if (name.length <= MAX_NAME_LENGTH) return name;
  const suffix = checksumOf(name);
  return `${name.slice(0, MAX_NAME_LENGTH - suffix.length - 1).replace(/[^a-z0-9]+$/, '')}-${suffix}`;
}

/** FNV-1a, 64 bits, in hex: distinguishes names, protects nothing. */
function checksumOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const char of text)
    hash = BigInt.asUintN(64, (hash ^ BigInt(char.codePointAt(0) ?? 0)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
