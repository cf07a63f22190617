/** The pods that rendered objects make, as far as tests read them. */
import type { KubeObject } from './helm.ts';

export interface SecurityContext {
  readonly [field: string]: unknown;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly Readonly<Record<string, unknown>>[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext?: SecurityContext;
  readonly [field: string]: unknown;
}

export interface Volume {
  readonly name: string;
  readonly [source: string]: unknown;
}

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly securityContext?: SecurityContext;
  readonly [field: string]: unknown;
}

export interface PodTemplate {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: PodSpec;
}

interface WorkloadSpec {
  readonly template: PodTemplate;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
}

/** Each object that makes pods, and what they are like; throws for kinds that the chart has never had. */
export function podsOf(
  objects: readonly KubeObject[],
): { readonly owner: KubeObject; readonly pod: PodTemplate }[] {
  return objects.flatMap((owner) => {
    if (owner.kind === 'Pod') return [{ owner, pod: owner as unknown as PodTemplate }];
    if (['Deployment', 'Job', 'CronJob', 'ReplicaSet'].includes(owner.kind))
      throw new RangeError(`the tests do not look into a ${owner.kind}`);
    if (!['DaemonSet', 'StatefulSet'].includes(owner.kind)) return [];
    return [{ owner, pod: workloadOf(owner).template }];
  });
}

export function workloadOf(object: KubeObject): WorkloadSpec {
  return object['spec'] as WorkloadSpec;
}

/** The pod's one container; a second one would share the listener without a password. */
export function containerOf({ spec }: PodTemplate): Container {
  const [container, ...others] = [...(spec.initContainers ?? []), ...spec.containers];
  if (container === undefined || others.length > 0) throw new RangeError('the pod has not one container');
  return container;
}
