// The shape every Kubernetes object of the history has, and the few rules of the API that all of them follow.
import { createHash, randomUUID } from 'node:crypto';

/** metadata of an object as the API server serves it, without managedFields. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly generateName?: string;
}

/** An owner as metadata.ownerReferences names it. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: true;
  readonly blockOwnerDeletion?: true;
}

/** Any object of the history. The rest of its fields are as the API documents them. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** A time as the API server writes it: UTC, one-second grain, truncated. */
export function apiTime(when: Date): string {
  return `${when.toISOString().slice(0, 19)}Z`;
}

/** A controller's ownerReference to one of its objects. */
export function controlledBy(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
    ...(kind === 'Node' ? {} : { blockOwnerDeletion: true }),
  };
}

/** A new object's uid. */
export function newUid(): string {
  return randomUUID();
}

/** The alphabet of the API server's generated names: no vowels, no look-alikes (apimachinery, util/rand). */
const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A word of `length` letters as Kubernetes generates them, always the same for the same `seed`. */
export function generatedWord(seed: string, length: number): string {
  const digest = createHash('sha256').update(seed).digest();
  return [...digest.subarray(0, length)].map((byte) => NAME_ALPHABET[byte % NAME_ALPHABET.length]).join('');
}

/** A condition of any status. `reason` only where the API gives one. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly lastTransitionTime: string;
  readonly reason?: string;
  readonly message?: string;
}
