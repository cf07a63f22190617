/** Controllers of pods: what they select, and the template their pods are made from. */
import { z } from 'zod';
import type { LabelSelector } from '../netpol/policy.ts';
import { labelSelector, objectMeta } from './object.ts';
import { podSpec } from './pod.ts';
import type { PodSpec } from './pod.ts';

const template = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  spec: podSpec,
});

const selecting = z.object({
  metadata: objectMeta,
  spec: z.object({ selector: labelSelector.nullish(), template: template.nullish() }),
});
const replicationController = z.object({
  metadata: objectMeta,
  spec: z.object({ selector: z.record(z.string(), z.string()).nullish(), template: template.nullish() }),
});
/** A ReplicaSet's metadata is all that a live watch asks for. */
const replicaSet = z.object({ metadata: objectMeta, spec: selecting.shape.spec.nullish() });
/** A live watch keeps the spec of those that no other controller made. */
const job = z.object({ metadata: objectMeta, spec: z.object({ template }).nullish() });
const cronJob = z.object({
  metadata: objectMeta,
  spec: z.object({
    suspend: z.boolean().nullish(),
    jobTemplate: z.object({ spec: z.object({ template }) }),
  }),
});

export interface Controller {
  readonly metadata: z.infer<typeof objectMeta>;
  /** Null where the selector is generated per object (Jobs), there is none, or only metadata is known. */
  readonly selector: LabelSelector | null;
  /** Null where only metadata is known; the spec too. */
  readonly templateLabels: Readonly<Record<string, string>> | null;
  readonly spec: PodSpec | null;
  /** Of a CronJob. */
  readonly suspended?: boolean;
}

function controllerOf(
  metadata: Controller['metadata'],
  selector: LabelSelector | null,
  from: z.infer<typeof template> | null,
): Controller {
  return {
    metadata,
    selector,
    templateLabels: from === null ? null : (from.metadata?.labels ?? {}),
    spec: from?.spec ?? null,
  };
}

const ofSelecting = selecting.transform(({ metadata, spec }) =>
  controllerOf(metadata, spec.selector ?? null, spec.template ?? null),
);

/** One schema per kind that can own pods. */
export const controllerSchemas: ReadonlyMap<string, z.ZodType<Controller>> = new Map<
  string,
  z.ZodType<Controller>
>([
  ['Deployment', ofSelecting],
  ['StatefulSet', ofSelecting],
  ['DaemonSet', ofSelecting],
  [
    'ReplicaSet',
    replicaSet.transform(({ metadata, spec }) =>
      controllerOf(metadata, spec?.selector ?? null, spec?.template ?? null),
    ),
  ],
  [
    'ReplicationController',
    replicationController.transform(({ metadata, spec }) =>
      controllerOf(
        metadata,
        spec.selector === null || spec.selector === undefined ? null : { matchLabels: spec.selector },
        spec.template ?? null,
      ),
    ),
  ],
  // A Job's selector names its own uid: it would die with the Job.
  ['Job', job.transform(({ metadata, spec }) => controllerOf(metadata, null, spec?.template ?? null))],
  [
    'CronJob',
    cronJob.transform(({ metadata, spec }) => ({
      ...controllerOf(metadata, null, spec.jobTemplate.spec.template),
      ...(spec.suspend === true && { suspended: true }),
    })),
  ],
]);
