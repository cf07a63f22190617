/** The kinds the fake API server knows, with the paths under which it serves them; a test may add its own. */

export interface ServedKind {
  readonly kind: string;
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

function served(apiVersion: string, namespaced: boolean, kinds: Record<string, string>): ServedKind[] {
  return Object.entries(kinds).map(([kind, plural]) => ({ kind, apiVersion, plural, namespaced }));
}

export const SERVED_KINDS: readonly ServedKind[] = [
  ...served('v1', true, {
    Pod: 'pods',
    Service: 'services',
    ReplicationController: 'replicationcontrollers',
    ConfigMap: 'configmaps',
  }),
  ...served('v1', false, { Namespace: 'namespaces', Node: 'nodes' }),
  ...served('apps/v1', true, {
    Deployment: 'deployments',
    ReplicaSet: 'replicasets',
    StatefulSet: 'statefulsets',
    DaemonSet: 'daemonsets',
  }),
  ...served('batch/v1', true, { Job: 'jobs', CronJob: 'cronjobs' }),
  ...served('discovery.k8s.io/v1', true, { EndpointSlice: 'endpointslices' }),
  ...served('networking.k8s.io/v1', true, { NetworkPolicy: 'networkpolicies' }),
  ...served('coordination.k8s.io/v1', true, { Lease: 'leases' }),
  ...served('admissionregistration.k8s.io/v1', false, {
    ValidatingWebhookConfiguration: 'validatingwebhookconfigurations',
    MutatingWebhookConfiguration: 'mutatingwebhookconfigurations',
  }),
  ...served('apiregistration.k8s.io/v1', false, { APIService: 'apiservices' }),
  ...served('apiextensions.k8s.io/v1', false, { CustomResourceDefinition: 'customresourcedefinitions' }),
];

/** What a path such as `/apis/apps/v1/namespaces/shop/deployments` asks for; null when it is served by nobody. */
export function collectionAt(
  pathname: string,
  kinds: readonly ServedKind[],
): { kind: ServedKind; namespace: string | null } | null {
  const found = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))(?:\/namespaces\/([^/]+))?\/([a-z]+)$/.exec(pathname);
  if (found === null) return null;
  const [, core, group, namespace, plural] = found;
  const kind = kinds.find((each) => each.apiVersion === (core ?? group) && each.plural === plural);
  if (kind === undefined || (namespace !== undefined && !kind.namespaced)) return null;
  return { kind, namespace: namespace ?? null };
}

export function servedKind(kind: string, kinds: readonly ServedKind[]): ServedKind {
  const found = kinds.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`the fake API server serves no ${kind}`);
  return found;
}
