/** Manifests of pods and of what owns pods, read as the API server's objects are, and the pods that a template stands for. */
import type { WorkloadRef } from '../domain/workload.ts';
import { controllerSchemas } from '../kube/controller.ts';
import type { Controller } from '../kube/controller.ts';
import { checked } from '../kube/object.ts';
import { knownPodOf, podObject } from '../kube/pod.ts';
import type { PodObject } from '../kube/pod.ts';
import type { ManifestObject, ManifestProblem } from '../netpol/parse/manifest-text.ts';
import { isMapping } from '../netpol/parse/value-name.ts';
import type { KnownPod } from '../recommend/cluster.ts';

/** What the API server sets on every object and manifests lack. Pods of a manifest are not told apart by time. */
const CREATED = '1970-01-01T00:00:00Z';

/** Workloads of several pods are judged by two, which is enough to tell what pods of one workload may say to each other. */
const TEMPLATE_PODS = 2;

export type Completed = Readonly<Record<string, unknown>> & {
  readonly metadata: Readonly<Record<string, unknown>>;
};

/** The object with what the API server adds to metadata; `namespace` is the one for an object that names none, null where objects have none. */
export function completed({ kind, value }: ManifestObject, namespace: string | null): Completed {
  const given = isMapping(value['metadata']) ? value['metadata'] : {};
  const inside = namespace === null ? '' : orElse(given['namespace'], namespace);
  const uid = orElse(given['uid'], `${kind}/${String(inside)}/${String(given['name'])}`);
  const creationTimestamp = orElse(given['creationTimestamp'], CREATED);
  const body = Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null));
  return { ...body, metadata: { ...given, namespace: inside, uid, creationTimestamp } };
}

function orElse(value: unknown, otherwise: string): unknown {
  return value === undefined || value === null || value === '' ? otherwise : value;
}

export function readPod(object: ManifestObject, raw: Completed): PodObject | ManifestProblem {
  const result = checked(podObject, raw);
  return 'value' in result ? result.value : problemOf(object, result.reject.problem);
}

export function readController(object: ManifestObject, raw: Completed): Controller | ManifestProblem {
  const schema = controllerSchemas.get(object.kind);
  if (schema === undefined) return problemOf(object, 'not a kind that owns pods');
  const result = checked(schema, raw);
  if ('reject' in result) return problemOf(object, result.reject.problem);
  return result.value.spec === null ? problemOf(object, 'spec.template: is missing') : result.value;
}

/** Of a schema's `path: message`. */
export function problemOf({ place }: ManifestObject, problem: string): ManifestProblem {
  return { place, field: null, message: problem };
}

/**
 * The pods that the template of a workload will make. They have no address and no node. Their names hold brackets, as
 * `web[1]`, so that they are no real pod's; one alone has the workload's own name.
 */
export function templatePods(ref: WorkloadRef, controller: Controller, raw: Completed): KnownPod[] {
  const { spec, templateLabels, metadata } = controller;
  if (spec === null) return [];
  const count = Math.min(replicasOf(ref.kind, raw['spec']), TEMPLATE_PODS);
  return Array.from({ length: Math.max(count, 1) }, (_, index) =>
    knownPodOf(
      {
        metadata: {
          ...metadata,
          name: count > 1 ? `${ref.name}[${index + 1}]` : ref.name,
          uid: `${metadata.uid}[${index + 1}]`,
          labels: templateLabels,
        },
        spec: { ...spec, nodeName: null },
        status: {},
      },
      ref,
    ),
  );
}

/** How many pods at once, as far as it matters: none, one or several. A CronJob's pods meet only by accident. */
function replicasOf(kind: string, spec: unknown): number {
  if (kind === 'DaemonSet') return TEMPLATE_PODS;
  if (!isMapping(spec) || kind === 'CronJob') return 1;
  const count = kind === 'Job' ? spec['parallelism'] : spec['replicas'];
  return typeof count === 'number' ? count : 1;
}
