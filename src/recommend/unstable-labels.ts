/** Labels that a selector must never use, because they change with a rollout, a replica, a node or a tool (NETPOL 4.1). */
const NEVER_KEYS: ReadonlySet<string> = new Set([
  'pod-template-hash', // apps/v1 DefaultDeploymentUniqueLabelKey: one per rollout
  'controller-revision-hash', // apps/v1 ControllerRevisionHashLabelKey
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name', // apps/v1: one per replica
  'apps.kubernetes.io/pod-index',
  'controller-uid', // batch/v1: one per Job object
  'batch.kubernetes.io/controller-uid',
  'job-name', // batch/v1: one per run of a CronJob
  'batch.kubernetes.io/job-name',
  'batch.kubernetes.io/job-completion-index',
  'rollouts-pod-template-hash', // Argo Rollouts
  'app.kubernetes.io/version', // changes with every upgrade
  'helm.sh/chart',
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/created-by',
  'chart',
  'heritage',
  'release-revision',
  'config-hash',
]);

/** System prefixes whose labels are injected or node-derived, but for the ones that people set on purpose. */
const SYSTEM_SUFFIXES = [
  'kubernetes.io',
  'k8s.io',
  'istio.io',
  'linkerd.io',
  'toolkit.fluxcd.io',
  'argoproj.io',
];
const MEANT_KEYS: ReadonlySet<string> = new Set([
  'app.kubernetes.io/name',
  'app.kubernetes.io/component',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/part-of',
]);

/** Whether a label key must stay out of every selector. */
export function isUnstableKey(key: string): boolean {
  if (NEVER_KEYS.has(key) || key.endsWith('-checksum')) return true;
  if (MEANT_KEYS.has(key)) return false;
  if (!key.includes('/')) return false;
  const prefix = key.slice(0, key.indexOf('/'));
  return SYSTEM_SUFFIXES.some((suffix) => prefix === suffix || prefix.endsWith(`.${suffix}`));
}

/** A value that looks like a hash, uid, version or time belongs to one release, not to a workload. */
export function isUnstableValue(value: string): boolean {
  return (
    /^[0-9a-f]{8,}$/i.test(value) ||
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ||
    /^v?\d+\.\d+\.\d+/.test(value) ||
    /^\d{4}-\d{2}-\d{2}[T_]/.test(value)
  );
}

/** Keys people choose to name a workload, best first; others follow by name (NETPOL 4.3.4). */
const RANKED_KEYS = [
  'app.kubernetes.io/name',
  'app.kubernetes.io/component',
  'app.kubernetes.io/instance',
  'app',
  'k8s-app',
  'name',
  'component',
  'role',
  'tier',
  'app.kubernetes.io/part-of',
];

/** Smaller is better. */
export function keyRank(key: string): number {
  const rank = RANKED_KEYS.indexOf(key);
  return rank < 0 ? RANKED_KEYS.length : rank;
}
