/** Headers that decide who may do what must stand once: two of them are read differently by different readers. A request has a host. */
import { ProblemError } from '../../domain/problem.ts';

const DECIDING = new Set([
  'host',
  'origin',
  'authorization',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
]);

/** `rawHeaders` is Node's list of names and values in turn. Throws a ProblemError `duplicate-header` or `host-refused`. */
export function requireSingleHeaders(rawHeaders: readonly string[]): void {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!DECIDING.has(name)) continue;
    if (seen.has(name)) throw new ProblemError('duplicate-header', `The ${name} header stands twice.`);
    seen.add(name);
  }
  if (!seen.has('host')) throw new ProblemError('host-refused', 'There is no Host header.');
}
