/** The controller that a set of pods is known by (Deployment, StatefulSet, CronJob ...), or a bare pod itself. */
export interface WorkloadRef {
  readonly namespace: string;
  /** The Kubernetes kind, as in `Deployment`; `Pod` for a pod without a controller. */
  readonly kind: string;
  readonly name: string;
}

/** One string per workload: `shop/Deployment/frontend`. */
export function workloadKey(ref: WorkloadRef): string {
  return `${ref.namespace}/${ref.kind}/${ref.name}`;
}

/** For people: `shop/frontend`. */
export function workloadTitle(ref: WorkloadRef): string {
  return `${ref.namespace}/${ref.name}`;
}
