/** What the recommender must know of a cluster: plain serialisable values, so that an analysis can run anywhere. */
import type { Cidr } from '../domain/cidr.ts';
import type { Endpoint } from '../domain/flow.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Protocol } from '../domain/protocol.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { LabelSelector, NetworkPolicy } from '../netpol/policy.ts';
import type { PolicyPod } from '../netpol/world.ts';

export type DnsPolicy = 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None';

/** A pod seen in the learning window, gone or not. */
export interface KnownPod extends PolicyPod {
  readonly uid: string;
  readonly workload: WorkloadRef;
  /** Listed as Succeeded or Failed, or its object is gone. */
  readonly ended: boolean;
  /** It has interfaces beside its first (Multus), which no NetworkPolicy governs. */
  readonly secondaryInterfaces?: boolean;
}

/** What a node-local DNS cache is told to listen on. */
export interface LocalDns {
  readonly addresses: readonly IpAddress[];
  /** Whether all that it is told could be read. */
  readonly isWhole: boolean;
}

export interface WorkloadInfo {
  readonly ref: WorkloadRef;
  /** The controller's own spec.selector; null for Jobs, CronJobs, bare pods and controllers of unknown kind. */
  readonly selector: LabelSelector | null;
  /** Labels of the pod template; null when the controller's object is not known. */
  readonly templateLabels: Readonly<Record<string, string>> | null;
  readonly hostNetwork: boolean;
  readonly dnsPolicy: DnsPolicy;
  /** dnsConfig.nameservers. */
  readonly nameservers: readonly IpAddress[];
  /** Ports mapped to the node's own address (hostPort), as container ports. */
  readonly hostPorts: readonly { readonly protocol: Protocol; readonly port: number }[];
  readonly pods: readonly KnownPod[];
  /** Ports that the pod template declares, also those of sidecars; absent when no template is known. */
  readonly containerPorts?: KnownPod['ports'];
  /** Where its node-local DNS cache listens; absent when no container of it is told to (`-localip`). */
  readonly localDns?: LocalDns;
  /** Of a CronJob: it starts no Jobs until it is told to. */
  readonly suspended?: boolean;
}

export interface ServicePort {
  readonly protocol: Protocol;
  readonly port: number;
  /** A number, or the name of a container port. */
  readonly targetPort: number | string;
  readonly nodePort: number | null;
}

export interface ServiceInfo {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly selector: Readonly<Record<string, string>> | null;
  readonly clusterIps: readonly IpAddress[];
  /** spec.externalIPs and the load balancer's. */
  readonly externalIps: readonly IpAddress[];
  readonly ports: readonly ServicePort[];
}

export interface NodeInfo {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
  readonly podCidrs: readonly Cidr[];
  /** Where it ends a tunnel, as its network plugin says (flannel, Calico): it speaks to pods of other nodes from there. Absent means none. */
  readonly tunnels?: readonly IpAddress[];
}

/** Kinds of objects that make the API server call a Service. */
export const CALLER_KINDS = [
  'APIService',
  'CustomResourceDefinition',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
] as const;

/** A Service that the API server itself calls: whoever cuts it off stops requests to the cluster. */
export interface WebhookTarget {
  /** Of the object that names the Service. */
  readonly kind: (typeof CALLER_KINDS)[number];
  /** Name of that object, as in `cert-manager-webhook` or `v1beta1.metrics.k8s.io`. */
  readonly name: string;
  /** `port` is the Service's own, 443 where the object names none. */
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number };
}

/** A kind of network policy besides NetworkPolicy, of which objects exist or may not be listed. */
export interface OtherPolicy {
  /** As in `cilium.io`. */
  readonly group: string;
  /** As in `CiliumNetworkPolicy`. */
  readonly kind: string;
}

export interface ClusterInfo {
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly nodes: readonly NodeInfo[];
  readonly services: readonly ServiceInfo[];
  readonly workloads: readonly WorkloadInfo[];
  readonly apiServers: readonly Endpoint[];
  /** Policies in force. */
  readonly policies: readonly NetworkPolicy[];
  /** Nobody could list the policies in force, or looked: `policies` has none of them. Absent means that they are known. */
  readonly policiesUnread?: true;
  /**
   * Services behind webhooks, aggregated APIs and conversions, each object's apart, of those kinds that could be read. Absent
   * when none of the kinds was.
   */
  readonly webhooks?: readonly WebhookTarget[];
  /** Of the kinds of `webhooks` those that nobody could read, sorted; absent means none, where `webhooks` is there. */
  readonly unreadCallers?: readonly WebhookTarget['kind'][];
  /** Other kinds of policy that this cluster has objects of (Cilium, Calico, Istio ...); null or absent when nobody looked. */
  readonly otherPolicies?: readonly OtherPolicy[] | null;
}
