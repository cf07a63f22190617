/** Which labels a selector takes first: those that say what a workload is, before those that merely tell it from others. */
import { compareText } from '../domain/text-order.ts';
import { keyRank } from './unstable-labels.ts';

/** Keys that name a version or stage of a workload rather than the workload (NETPOL 4.1, judgement keys). */
const VERSION_KEYS: ReadonlySet<string> = new Set(['version', 'track', 'stage']);

export function namesVersion(key: string): boolean {
  return VERSION_KEYS.has(key) || key.endsWith('/version');
}

/** Whether a label is taken after all others: of old Helm charts `release` is what all parts of one release share. */
export function saysLittle(key: string): boolean {
  return namesVersion(key) || key === 'release';
}

/** Says less than any other label: all parts of one Helm release share it. */
export const INSTANCE_KEY = 'app.kubernetes.io/instance';

/** Orders label keys, best first: those by which a Service finds the workload, then as `keyRank`, then by name. */
export function compareKeys(serviceKeys: ReadonlySet<string>): (a: string, b: string) => number {
  const rank = (key: string): number => (serviceKeys.has(key) ? -1 : keyRank(key));
  return (a, b) => rank(a) - rank(b) || compareText(a, b);
}

/** Whether the API server accepts it as a label of an object (apimachinery validation.IsQualifiedName, IsValidLabelValue). */
export function isValidLabel(key: string, value: string): boolean {
  return isValidKey(key) && (value === '' || isValidName(value));
}

export function isValidKey(key: string): boolean {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length > 2 || !isValidName(name)) return false;
  if (parts.length === 1) return true;
  const prefix = parts[0] ?? '';
  return (
    prefix.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(prefix)
  );
}

function isValidName(text: string): boolean {
  return text.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(text);
}
