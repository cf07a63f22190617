/** What is listed and watched: one kind of object at one path. */
import type { Sharing } from './sharing.ts';
import type { KubeObject } from './slim-object.ts';

export interface Resource {
  /** As in `Pod`. */
  readonly kind: string;
  /** As in `/api/v1/pods`. */
  readonly path: string;
  /** Sent with every LIST and WATCH, such as a `fieldSelector`. */
  readonly query?: Readonly<Record<string, string>>;
  /** `metadata` asks the server for names, labels and owners alone; whole objects when absent. */
  readonly shape?: 'whole' | 'metadata';
  /** Reduces an object, as soon as it is parsed, to what is read of it; its name, uid and version stay. */
  readonly keep?: (object: KubeObject, sharing: Sharing) => KubeObject;
  /** Some clusters lack this kind, or do not show it: nothing waits for it. */
  readonly isOptional?: boolean;
}

/** `apps/v1` of `/apis/apps/v1/deployments`, `v1` of `/api/v1/pods`: what items of a typed list do not carry themselves. */
export function apiVersionOf({ path }: Resource): string {
  const [, group, version] = /^\/apis\/([^/]+)\/([^/]+)\//.exec(path) ?? [];
  return group === undefined || version === undefined ? 'v1' : `${group}/${version}`;
}

const META_V1 = 'g=meta.k8s.io;v=v1';

/** The media types to ask for; plain JSON comes second for servers that cannot reduce what they send. */
export function acceptOf({ shape }: Resource, verb: 'list' | 'watch'): string {
  if (shape !== 'metadata') return 'application/json';
  const as = verb === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
  return `application/json;as=${as};${META_V1},application/json`;
}
