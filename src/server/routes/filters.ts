/** The filters that several lists share, and the answer to a name that nobody knows. */
import { z } from 'zod';
import { ProblemError } from '../../domain/problem.ts';
import { shorten } from '../problem-json.ts';
import { nearestNames } from '../../runtime/nearest-names.ts';

/** A namespace is a DNS label: at most 63 characters (RFC 1123). Whether it exists is answered with 404, not here. */
export const namespaceQuery = z
  .string()
  .min(1)
  .max(63)
  .optional()
  .meta({ description: 'Only this namespace.', examples: ['shop'] });

/** The names of Kubernetes objects are at most 253 characters. */
export const workloadQuery = z
  .string()
  .min(1)
  .max(253)
  .optional()
  .meta({ description: 'Only workloads of this name, of any kind.', examples: ['web'] });

/** A whole number in plain digits: no sign, exponent or hexadecimal. */
export function wholeNumberQuery(min: number, max: number) {
  const words = `must be a whole number from ${min} to ${max}`;
  return z.preprocess(
    (text) => (typeof text === 'string' && /^[0-9]{1,9}$/.test(text) ? Number(text) : text),
    z.int(words).min(min, words).max(max, words),
  );
}

export const booleanQuery = z.enum(['true', 'false']).transform((text) => text === 'true');

/** The names that exist, as the routes with filters need them. */
export interface KnownNames {
  namespaces(): readonly { readonly name: string }[];
  workloads(): readonly { readonly workload: { readonly namespace: string; readonly name: string } }[];
}

/** Throws a ProblemError that names the nearest known names when a filter names what nobody knows. */
export function requireKnown(
  known: KnownNames,
  filter: { readonly namespace?: string | undefined; readonly workload?: string | undefined },
): void {
  const { namespace, workload } = filter;
  if (namespace !== undefined) {
    requireName(
      'namespace',
      namespace,
      known.namespaces().map((row) => row.name),
    );
  }
  if (workload === undefined) return;
  const refs = known.workloads().map((row) => row.workload);
  const candidates = refs.filter((ref) => namespace === undefined || ref.namespace === namespace);
  requireName(
    'workload',
    workload,
    candidates.map((ref) => ref.name),
  );
}

function requireName(what: 'namespace' | 'workload', name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const near = nearestNames(name, known);
  throw new ProblemError(
    `unknown-${what}`,
    `No ${what} ${JSON.stringify(shorten(name))} is known here.` +
      (near.length === 0 ? ` No ${what} is known at all.` : ` Nearest in spelling: ${near.join(', ')}.`),
  );
}
