/**
 * Which other kinds of network policy this cluster has, besides NetworkPolicy: found by discovery, and only where an object of
 * the kind exists. It reads none of these objects; what they allow is not judged, only that they may.
 */
import { ApiFailure, failureOfAnswer, failureOfError, isRecord, jsonOf } from './api-failure.ts';
import type { ApiTransport } from './api-transport.ts';
import { textOf } from './item-splitter.ts';

export interface OtherPolicyKind {
  /** As in `cilium.io`. */
  readonly group: string;
  /** As in `CiliumNetworkPolicy`. */
  readonly kind: string;
}

/** Kinds that allow or deny traffic of pods, by API group. Staged and audit-only kinds decide nothing and are not here. */
export const OTHER_POLICY_KINDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['cilium.io', ['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy']],
  ['crd.antrea.io', ['NetworkPolicy', 'ClusterNetworkPolicy']],
  ['crd.projectcalico.org', ['NetworkPolicy', 'GlobalNetworkPolicy']],
  ['k8s.ovn.org', ['EgressFirewall']],
  ['policy.networking.k8s.io', ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy']],
  ['projectcalico.org', ['NetworkPolicy', 'GlobalNetworkPolicy']],
  ['security.istio.io', ['AuthorizationPolicy']],
]);

/** A cluster with hundreds of groups needs a tenth of this. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_VERSIONS = 10;

interface Asking {
  readonly transport: ApiTransport;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly idleMs: number;
}

/**
 * Sorted by group and kind. A kind whose objects may not be listed counts as one that has some. Rejects with an ApiFailure when
 * a part of it could not be found out: half an answer would read as "none".
 */
export async function findOtherPolicies(asking: Asking): Promise<readonly OtherPolicyKind[]> {
  const { groups } = await recordAt(asking, '/apis', {});
  const found: OtherPolicyKind[] = [];
  for (const [group, kinds] of OTHER_POLICY_KINDS) {
    const listed = recordsOf(groups).find((each) => each['name'] === group);
    if (listed === undefined) continue;
    for (const [kind, path] of await pathsOf(asking, group, listed)) {
      if (kinds.includes(kind) && (await hasObjects(asking, path))) found.push({ group, kind });
    }
  }
  return found;
}

/** Where the objects of each kind of a group are listed; a kind stands in one version or in several. */
async function pathsOf(
  asking: Asking,
  group: string,
  listed: Readonly<Record<string, unknown>>,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const { version } of recordsOf(listed['versions']).slice(0, MAX_VERSIONS)) {
    if (!isSegment(version)) continue;
    const base = `/apis/${group}/${version}`;
    const { resources } = await recordAt(asking, base, {});
    for (const { kind, name } of recordsOf(resources)) {
      // Names of subresources hold a slash.
      if (typeof kind === 'string' && isSegment(name) && !paths.has(kind)) paths.set(kind, `${base}/${name}`);
    }
  }
  return paths;
}

async function hasObjects(asking: Asking, path: string): Promise<boolean> {
  try {
    const { items } = await recordAt(asking, path, { limit: '1' });
    return Array.isArray(items) && items.length > 0;
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    if (error.code === 'forbidden') return true;
    // Some kinds of a group exist to be created only, and some go between two questions.
    if (error.code === 'not-found' || error.code === 'not-supported') return false;
    throw error;
  }
}

async function recordAt(
  { transport, signal, now, idleMs }: Asking,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await transport
    .get(path, query, { signal, idleMs })
    .catch((error: unknown) => Promise.reject(failureOfError(error, 'request')));
  if (response.status !== 200) throw await failureOfAnswer(response, now());
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > MAX_ANSWER_BYTES) throw new ApiFailure('malformed', `the answer to ${path} is too long`);
    }
  } catch (error) {
    throw failureOfError(error, 'answer');
  }
  const value = jsonOf(textOf(Buffer.concat(chunks)));
  if (!isRecord(value)) throw new ApiFailure('malformed', `the answer to ${path} is no object`);
  return value;
}

function recordsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** One part of a path that names a version or a collection. */
function isSegment(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z0-9]+$/.test(value);
}
