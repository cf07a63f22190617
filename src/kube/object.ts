/**
 * Kubernetes objects at the edge: only the fields netscribe uses, checked once. A broken object is a
 * reject with the path of the field, never an exception.
 */
import { z } from 'zod';

/** DNS-1123 subdomain (apimachinery validation.IsDNS1123Subdomain), as all kinds read here are named. */
const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'not a DNS-1123 name');
const word = z.string().max(253);
const labelValue = z
  .string()
  .max(63)
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/, 'not a label value');
const labelKey = z
  .string()
  .max(317)
  .regex(/^([-a-z0-9.]+\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/, 'not a label key');
const labels = z.record(labelKey, labelValue);

/**
 * The API server takes any text for an owner's kind and name from whoever may create a pod (apimachinery
 * ValidateOwnerReferences): what no kind and no object is called is no name, and no reason to overlook the pod.
 */
export const ownerReference = z.object({
  kind: z
    .string()
    .regex(/^[A-Za-z]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$/)
    .catch(''),
  name: objectName.catch(''),
  uid: word,
  controller: z.boolean().nullish(),
});

export const objectMeta = z.object({
  name: objectName,
  namespace: z.union([z.literal(''), objectName]).default(''),
  uid: word,
  creationTimestamp: z.iso.datetime({ offset: true }),
  labels: labels.nullish(),
  ownerReferences: z.array(ownerReference).nullish(),
  deletionTimestamp: z.iso.datetime({ offset: true }).nullish(),
  deletionGracePeriodSeconds: z.number().nullish(),
});
export type ObjectMeta = z.infer<typeof objectMeta>;

/** Every object has these; the rest is parsed by kind. */
export const anyObject = z.looseObject({
  apiVersion: word,
  kind: word,
  metadata: z.looseObject({ name: word.optional() }).optional(),
});

export const labelSelector = z.object({
  matchLabels: labels.nullish(),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
});

export const protocolName = z.enum(['TCP', 'UDP', 'SCTP']);
export const portNumber = z.number().int().min(1).max(65_535);

/** `2026-11-21T22:52:56Z` as unix ms. */
export function timeOf(text: string): number {
  return Date.parse(text);
}

/** As `timeOf`, null staying null. */
export function optionalTimeOf(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Date.parse(text);
}

export interface ObjectReject {
  /** `Pod shop/web-1`, as far as the object said. */
  readonly object: string;
  /** `status.podIP: Invalid input ...`. */
  readonly problem: string;
}

/** Checks `raw` against a schema; a failure names the object and the first field that is wrong. */
export function checked<T>(schema: z.ZodType<T>, raw: unknown): { value: T } | { reject: ObjectReject } {
  const result = schema.safeParse(raw);
  if (result.success) return { value: result.data };
  const issue = result.error.issues[0];
  const path = issue === undefined || issue.path.length === 0 ? 'object' : issue.path.join('.');
  return { reject: { object: nameOf(raw), problem: `${path}: ${issue?.message ?? 'invalid'}` } };
}

/** What to call a raw object in a message. */
export function nameOf(raw: unknown): string {
  const loose = z
    .object({
      kind: z.string().catch('object'),
      metadata: z
        .object({ name: z.string().catch('?'), namespace: z.string().catch('') })
        .catch({ name: '?', namespace: '' }),
    })
    .safeParse(raw);
  if (!loose.success) return 'object without a kind';
  const { kind, metadata } = loose.data;
  return `${kind} ${metadata.namespace === '' ? '' : `${metadata.namespace}/`}${metadata.name}`.slice(0, 300);
}
