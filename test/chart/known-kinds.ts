/** The kinds that the chart renders, with an independent validator and type for each. */
import { DaemonSet, StatefulSet } from 'kubernetes-models/apps/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import {
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
} from 'kubernetes-models/rbac.authorization.k8s.io/v1';
import { PriorityClass } from 'kubernetes-models/scheduling.k8s.io/v1';
import { ConfigMap, Namespace, Pod, Service, ServiceAccount } from 'kubernetes-models/v1';
import type { KubeObject } from './helm.ts';

interface KnownKind {
  /** Where the type of the same name is imported from. */
  readonly module: string;
  /** Throws what is wrong with an object. */
  readonly validate: (object: KubeObject) => void;
}

/** Its types are checked; unknown fields it lets pass. */
type Model = new (data: never) => { validate(): void };

const MODELS: Readonly<Record<string, Readonly<Record<string, Model>>>> = {
  'apps/v1': { DaemonSet, StatefulSet },
  'networking.k8s.io/v1': { NetworkPolicy },
  'policy/v1': { PodDisruptionBudget },
  'rbac.authorization.k8s.io/v1': { ClusterRole, ClusterRoleBinding, Role, RoleBinding },
  'scheduling.k8s.io/v1': { PriorityClass },
  v1: { ConfigMap, Namespace, Pod, Service, ServiceAccount },
};

/** Kinds of others' operators, of which there is no model here. */
export const FOREIGN_KINDS: ReadonlySet<string> = new Set([
  'cert-manager.io/v1 Certificate',
  'monitoring.coreos.com/v1 ServiceMonitor',
]);

/** Null for a kind of which there is no model. */
export function knownKind({ apiVersion, kind }: KubeObject): KnownKind | null {
  const Model = MODELS[apiVersion]?.[kind];
  if (Model === undefined) return null;
  return {
    module: `kubernetes-models/${apiVersion}`,
    validate: (object) => new Model(object as never).validate(),
  };
}
