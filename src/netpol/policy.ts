/** networking.k8s.io/v1 NetworkPolicy with the names that travel on the wire. Null and absent differ only for peers (NETPOL rule 11). */
export type LabelSelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: LabelSelectorOperator;
  readonly values?: readonly string[] | null | undefined;
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | null | undefined;
  readonly matchExpressions?: readonly LabelSelectorRequirement[] | null | undefined;
}

export interface IpBlock {
  readonly cidr: string;
  readonly except?: readonly string[] | null | undefined;
}

export interface NetworkPolicyPeer {
  readonly podSelector?: LabelSelector | null | undefined;
  readonly namespaceSelector?: LabelSelector | null | undefined;
  readonly ipBlock?: IpBlock | null | undefined;
}

export interface NetworkPolicyPort {
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP' | null | undefined;
  readonly port?: number | string | null | undefined;
  readonly endPort?: number | null | undefined;
}

export interface NetworkPolicyIngressRule {
  readonly from?: readonly NetworkPolicyPeer[] | null | undefined;
  readonly ports?: readonly NetworkPolicyPort[] | null | undefined;
}

export interface NetworkPolicyEgressRule {
  readonly to?: readonly NetworkPolicyPeer[] | null | undefined;
  readonly ports?: readonly NetworkPolicyPort[] | null | undefined;
}

export interface NetworkPolicySpec {
  readonly podSelector?: LabelSelector | null | undefined;
  readonly policyTypes?: readonly ('Ingress' | 'Egress')[] | null | undefined;
  readonly ingress?: readonly NetworkPolicyIngressRule[] | null | undefined;
  readonly egress?: readonly NetworkPolicyEgressRule[] | null | undefined;
}

export interface NetworkPolicy {
  readonly apiVersion: 'networking.k8s.io/v1';
  readonly kind: 'NetworkPolicy';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: NetworkPolicySpec;
}
