/** The forms in which one object is answered: whole, as an item of a typed list, or its metadata alone. */
import type { Asked } from './asked.ts';
import type { StoredObject } from './object-store.ts';

type Fields = Record<string, unknown>;

const METADATA = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' };

/** As the object of an event. */
export function eventObject(object: StoredObject, { as }: Pick<Asked, 'as'>): Fields {
  return as === null ? object : { ...METADATA, metadata: object.metadata };
}

/** As an item of a list. Items of a typed list carry no kind of their own; those of a metadata list do. */
export function listItem(object: StoredObject, { as }: Pick<Asked, 'as'>): Fields {
  if (as !== null) return { ...METADATA, metadata: object.metadata };
  return Object.fromEntries(
    Object.entries(object).filter(([name]) => !['kind', 'apiVersion'].includes(name)),
  );
}

/** Kind and apiVersion of the list around the items. */
export function listHead({ as, kind }: Pick<Asked, 'as' | 'kind'>): Fields {
  if (as !== null) return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' };
  return { kind: `${kind.kind}List`, apiVersion: kind.apiVersion };
}

/** The object of a BOOKMARK: empty but for its version, and the mark that the initial events are over. */
export function bookmarkObject(
  { as, kind: { kind, apiVersion } }: Pick<Asked, 'as' | 'kind'>,
  version: number,
  endsInitialEvents: boolean,
): Fields {
  const annotations = endsInitialEvents ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const metadata = { resourceVersion: String(version), creationTimestamp: null, ...annotations };
  return as === null ? { kind, apiVersion, metadata } : { ...METADATA, metadata };
}
