/** What netscribe lists and watches, and in which order. */
import {
  keptOfApiService,
  keptOfCustomResourceDefinition,
  keptOfJob,
  keptOfLease,
  keptOfPod,
  keptOfWebhooks,
} from './kept-fields.ts';
import type { Resource } from './resource.ts';

/**
 * Kinds whose references lead from a pod up to its workload: listed before pods, so that no pod is told without its owner.
 * ReplicaSets are ten for each Deployment, each with a copy of its template: their metadata has all that leads upwards. What
 * is drafted for the rest needs spec.selector and the template, so they come whole: Deployments, StatefulSets, DaemonSets and
 * CronJobs are few, and a Job without controller has nothing but its template to be known by once its pods have ended.
 */
const OWNERS: readonly Resource[] = [
  { kind: 'ReplicaSet', path: '/apis/apps/v1/replicasets', shape: 'metadata' },
  { kind: 'Deployment', path: '/apis/apps/v1/deployments' },
  { kind: 'StatefulSet', path: '/apis/apps/v1/statefulsets' },
  { kind: 'DaemonSet', path: '/apis/apps/v1/daemonsets' },
  { kind: 'Job', path: '/apis/batch/v1/jobs', keep: keptOfJob },
  { kind: 'CronJob', path: '/apis/batch/v1/cronjobs' },
  { kind: 'ReplicationController', path: '/api/v1/replicationcontrollers' },
];

/**
 * Also before pods: they are few, and a pod's node and Service should be known when it comes. Of EndpointSlices only those of
 * Service default/kubernetes are read, the API server's own: all others, rewritten with every pod, stay away.
 */
const SURROUNDINGS: readonly Resource[] = [
  { kind: 'Namespace', path: '/api/v1/namespaces', shape: 'metadata' },
  { kind: 'Node', path: '/api/v1/nodes' },
  { kind: 'Service', path: '/api/v1/services' },
  { kind: 'EndpointSlice', path: '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices' },
  { kind: 'NetworkPolicy', path: '/apis/networking.k8s.io/v1/networkpolicies' },
];

/** Whom the API server itself calls. A cluster without one of these kinds, or a role without them, is served all the same. */
const CALLED_BY_API_SERVER: readonly Resource[] = [
  {
    kind: 'ValidatingWebhookConfiguration',
    path: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    keep: keptOfWebhooks,
    isOptional: true,
  },
  {
    kind: 'MutatingWebhookConfiguration',
    path: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
    keep: keptOfWebhooks,
    isOptional: true,
  },
  {
    kind: 'APIService',
    path: '/apis/apiregistration.k8s.io/v1/apiservices',
    keep: keptOfApiService,
    isOptional: true,
  },
  {
    kind: 'CustomResourceDefinition',
    path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    keep: keptOfCustomResourceDefinition,
    isOptional: true,
  },
];

/** Each node's sign of life, renewed by its kubelet every 10 s. */
export const NODE_LEASES: Resource = {
  kind: 'Lease',
  path: '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases',
  keep: keptOfLease,
};

export const PODS: Resource = { kind: 'Pod', path: '/api/v1/pods', keep: keptOfPod };

/** Everything, pods last. The server's role needs list and watch on each of them. */
export const RESOURCES: readonly Resource[] = [
  ...OWNERS,
  ...SURROUNDINGS,
  ...CALLED_BY_API_SERVER,
  NODE_LEASES,
  PODS,
];
