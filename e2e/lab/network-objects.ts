// Namespaces, Nodes, Services and EndpointSlices of the world, as the API server would show them.
import { apiTime, controlledBy, generatedWord, newUid } from './kube-object.ts';
import type { KubeObject } from './kube-object.ts';
import { API_SERVER_ADDRESS, targetNumber } from './services.ts';
import type { ServiceSpec } from './services.ts';
import { workloadOf } from './workloads.ts';
import { API_SERVER, NODES } from './world.ts';
import type { NodeName } from './world.ts';

/** A pod that can stand behind a Service. */
export interface ReadyPod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly node: NodeName;
  readonly addresses: readonly string[];
}

/** A Namespace. */
export function namespaceObject(name: string, createdAt: Date): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      uid: newUid(),
      creationTimestamp: apiTime(createdAt),
      labels: { 'kubernetes.io/metadata.name': name },
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

/** A Node that is ready. */
export function nodeObject(name: NodeName, createdAt: Date): KubeObject {
  const node = NODES[name];
  const since = apiTime(createdAt);
  const uid = newUid();
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid,
      creationTimestamp: since,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...(name === API_SERVER.node ? { 'node-role.kubernetes.io/control-plane': '' } : {}),
      },
    },
    spec: { podCIDR: node.podRangeV4, podCIDRs: [node.podRangeV4, node.podRangeV6] },
    status: {
      addresses: [
        { type: 'InternalIP', address: node.ipv4 },
        { type: 'InternalIP', address: node.ipv6 },
        { type: 'Hostname', address: name },
      ],
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          lastHeartbeatTime: since,
          lastTransitionTime: since,
          reason: 'KubeletReady',
        },
      ],
      nodeInfo: {
        bootID: newUid(),
        architecture: 'amd64',
        operatingSystem: 'linux',
        kubeletVersion: 'v1.34.1',
        containerRuntimeVersion: 'containerd://2.1.4',
        kernelVersion: '6.18.44',
        machineID: uid.replaceAll('-', ''),
        systemUUID: uid,
        osImage: 'lab',
        kubeProxyVersion: '',
      },
    },
  };
}

/** A Service. */
export function serviceObject(service: ServiceSpec, createdAt: Date): KubeObject {
  const selector = service.workload === undefined ? undefined : workloadOf(service.workload).labels;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: service.name,
      namespace: service.namespace,
      uid: newUid(),
      creationTimestamp: apiTime(createdAt),
      labels:
        service.labels ??
        (service.workload === undefined
          ? { component: 'apiserver', provider: 'kubernetes' }
          : { app: service.name }),
    },
    spec: {
      type: service.type,
      clusterIP: service.addresses[0],
      clusterIPs: service.addresses,
      ipFamilies: service.addresses.map(familyOf),
      ipFamilyPolicy: service.addresses.length > 1 ? 'PreferDualStack' : 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      ...(service.type === 'LoadBalancer'
        ? { externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true }
        : {}),
      ports: service.ports.map(({ target, ...port }) => ({ ...port, targetPort: target })),
      ...(selector === undefined ? {} : { selector }),
      sessionAffinity: 'None',
    },
    status: { loadBalancer: {} },
  };
}

/** The EndpointSlices of a Service, one per address family. A slice keeps its uid and its creation time from `previous`. */
export function endpointSlices(
  service: KubeObject,
  spec: ServiceSpec,
  behind: { pods: readonly ReadyPod[]; at: Date; previous: (name: string) => KubeObject | undefined },
): KubeObject[] {
  return spec.addresses.map((address) => {
    const family = familyOf(address);
    const name =
      spec.workload === undefined ? spec.name : `${spec.name}-${generatedWord(`${spec.name}/${family}`, 5)}`;
    const before = behind.previous(name)?.metadata;
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name,
        namespace: spec.namespace,
        uid: before?.uid ?? newUid(),
        generation: (before?.generation ?? 0) + 1,
        creationTimestamp: before?.creationTimestamp ?? apiTime(behind.at),
        labels: {
          'kubernetes.io/service-name': spec.name,
          ...(spec.workload === undefined
            ? {}
            : { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' }),
        },
        ...(spec.workload === undefined ? {} : { ownerReferences: [controlledBy(service)] }),
      },
      addressType: family,
      endpoints:
        spec.workload === undefined ? [apiServerEndpoint()] : behind.pods.map((pod) => endpoint(pod, family)),
      ports: spec.ports.map((port) => ({
        name: port.name,
        port: targetNumber(spec, port),
        protocol: port.protocol,
      })),
    };
  });
}

function endpoint(pod: ReadyPod, family: 'IPv4' | 'IPv6'): object {
  return {
    addresses: pod.addresses.filter((one) => familyOf(one) === family),
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: pod.node,
    targetRef: { kind: 'Pod', namespace: pod.namespace, name: pod.name, uid: pod.uid },
  };
}

function apiServerEndpoint(): object {
  return { addresses: [API_SERVER_ADDRESS], conditions: { ready: true } };
}

function familyOf(address: string): 'IPv4' | 'IPv6' {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}
