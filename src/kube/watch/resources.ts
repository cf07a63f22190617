/** What netscribe lists and watches, and in which order. */
import type { Resource } from './resource.ts';

/** Kinds whose references lead from a pod up to its workload: listed before pods, so that no pod is told without its owner. */
const OWNERS: readonly Resource[] = [
  { kind: 'ReplicaSet', path: '/apis/apps/v1/replicasets' },
  { kind: 'Deployment', path: '/apis/apps/v1/deployments' },
  { kind: 'StatefulSet', path: '/apis/apps/v1/statefulsets' },
  { kind: 'DaemonSet', path: '/apis/apps/v1/daemonsets' },
  { kind: 'Job', path: '/apis/batch/v1/jobs' },
  { kind: 'CronJob', path: '/apis/batch/v1/cronjobs' },
  { kind: 'ReplicationController', path: '/api/v1/replicationcontrollers' },
];

/** Also before pods: they are few, and a pod's node and Service should be known when it comes. */
const SURROUNDINGS: readonly Resource[] = [
  { kind: 'Namespace', path: '/api/v1/namespaces' },
  { kind: 'Node', path: '/api/v1/nodes' },
  { kind: 'Service', path: '/api/v1/services' },
  { kind: 'EndpointSlice', path: '/apis/discovery.k8s.io/v1/endpointslices' },
  { kind: 'NetworkPolicy', path: '/apis/networking.k8s.io/v1/networkpolicies' },
];

/** Each node's sign of life, renewed by its kubelet every 10 s. */
export const NODE_LEASES: Resource = {
  kind: 'Lease',
  path: '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases',
};

export const PODS: Resource = { kind: 'Pod', path: '/api/v1/pods' };

/** Everything, pods last. The server's role needs list and watch on each of them. */
export const RESOURCES: readonly Resource[] = [...OWNERS, ...SURROUNDINGS, NODE_LEASES, PODS];
