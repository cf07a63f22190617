/** Objects as they leave the wire: checked for what every object has, and rid of the large fields that netscribe never reads. */
import { isRecord } from './api-failure.ts';
import { apiVersionOf } from './resource.ts';
import type { Resource } from './resource.ts';
import type { Sharing } from './sharing.ts';

/** An object of any kind, without the fields that were dropped. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  } & Readonly<Record<string, unknown>>;
}

type Fields = Record<string, unknown>;

/** Beside `managedFields`, which is half of a typical object: kubectl's copy of the object as applied. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Of pods and pod templates: large, sometimes secret, and without meaning for who talks to whom. */
const DROPPED_OF_POD_SPEC = ['volumes', 'tolerations', 'affinity', 'topologySpreadConstraints'];
const DROPPED_OF_CONTAINER = ['env', 'envFrom', 'volumeMounts', 'volumeDevices', 'resources'];
const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers'];

/** Up to some hundred image names on each node. */
const DROPPED_OF_NODE_STATUS = ['images', 'volumesInUse', 'volumesAttached'];

/**
 * Takes over `raw`, which it changes. Items of a typed list carry no kind of their own: `defaults` gives it. Null when it is no
 * object with a name, a uid and a version.
 */
export function slimObject(
  raw: unknown,
  defaults: { readonly apiVersion: string; readonly kind: string },
): KubeObject | null {
  if (!isFields(raw)) return null;
  const { metadata } = raw;
  if (!isFields(metadata)) return null;
  if (!isWord(metadata['name']) || !isWord(metadata['uid']) || !isWord(metadata['resourceVersion']))
    return null;
  if (metadata['namespace'] !== undefined && typeof metadata['namespace'] !== 'string') return null;
  delete metadata['managedFields'];
  if (isFields(metadata['annotations'])) delete metadata['annotations'][LAST_APPLIED];
  raw['apiVersion'] ??= defaults.apiVersion;
  raw['kind'] ??= defaults.kind;
  slimSpec(raw['spec']);
  if (raw['kind'] === 'Node') drop(raw['status'], DROPPED_OF_NODE_STATUS);
  // All that the type promises was checked above.
  return raw as unknown as KubeObject;
}

/**
 * An object of a list or an event as its resource keeps it; takes over `raw`. Null when it is none. What was asked for as
 * metadata bears the kind of that form, or is whole where the server knows only whole objects: both become metadata of the kind.
 */
export function objectOf(raw: unknown, resource: Resource, sharing: Sharing): KubeObject | null {
  const { kind, shape, keep } = resource;
  const apiVersion = apiVersionOf(resource);
  const object = slimObject(raw, { apiVersion, kind });
  if (object === null) return null;
  if (shape === 'metadata') return { apiVersion, kind, metadata: keptMetadata(object) };
  return keep === undefined ? object : keep(object, sharing);
}

/** Of annotations, which may be longer than all the rest, nothing is read. */
const METADATA = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'ownerReferences',
];

export function keptMetadata({ metadata }: KubeObject): KubeObject['metadata'] {
  const kept: Fields = {};
  for (const name of METADATA) if (metadata[name] !== undefined) kept[name] = metadata[name];
  // Name, uid and version are among them.
  return kept as KubeObject['metadata'];
}

/** `shop/web-1`, or the name alone where there is no namespace: what two objects of a kind never share at one time. */
export function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined || metadata.namespace === ''
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}

/** A pod's spec, or the template inside a controller's, at any depth of `jobTemplate` and `template`. */
function slimSpec(spec: unknown): void {
  if (!isFields(spec)) return;
  drop(spec, DROPPED_OF_POD_SPEC);
  for (const list of CONTAINERS) {
    const containers = spec[list];
    if (Array.isArray(containers)) for (const each of containers) drop(each, DROPPED_OF_CONTAINER);
  }
  for (const inner of ['template', 'jobTemplate']) {
    const template = spec[inner];
    if (isFields(template)) slimSpec(template['spec']);
  }
}

function drop(value: unknown, names: readonly string[]): void {
  if (!isFields(value)) return;
  for (const name of names) delete value[name];
}

function isFields(value: unknown): value is Fields {
  return isRecord(value);
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
