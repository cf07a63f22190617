/**
 * Manifests for the commands: objects and policies out of files, folders and standard input. Everything that is wrong
 * is told at once, with file, line, document, item and field; nothing that is wrong is passed over.
 */
import { ProblemError } from '../domain/problem.ts';
import { compareText } from '../domain/text-order.ts';
import { readManifestText } from '../netpol/parse/manifest-text.ts';
import type { ManifestObject, ManifestPlace, ManifestProblem } from '../netpol/parse/manifest-text.ts';
import { parsePolicy } from '../netpol/parse/parse-policy.ts';
import type { NetworkPolicy } from '../netpol/policy.ts';
import { readManifestFiles } from './manifest-files.ts';
import type { ManifestInput } from './manifest-files.ts';

export interface PlacedPolicy {
  readonly policy: NetworkPolicy;
  readonly place: ManifestPlace;
}

export interface PolicyFiles {
  /** In the order of the files. No two are of one namespace and name. */
  readonly policies: readonly PlacedPolicy[];
  /** Sentences for standard error: what was found odd, and what was passed over. */
  readonly notes: readonly string[];
}

export interface ManifestRead {
  /** Names of the files, in the order in which they were read. */
  readonly files: readonly string[];
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly ManifestProblem[];
}

/** More than anyone reads; a broken list of 100,000 items must not fill a terminal's memory. */
const MAX_PROBLEMS_TOLD = 1000;

/** All objects of the files; problems of text and shape are returned, not thrown. Throws a ProblemError as `readManifestFiles` does. */
export async function readManifests(paths: readonly string[], input: ManifestInput): Promise<ManifestRead> {
  const objects: ManifestObject[] = [];
  const problems: ManifestProblem[] = [];
  const files = await readManifestFiles(paths, input);
  for (const { name, text } of files) {
    const read = readManifestText(name, text);
    for (const object of read.objects) objects.push(object);
    for (const problem of read.problems) problems.push(problem);
  }
  return { files: files.map(({ name }) => name), objects, problems };
}

/**
 * The NetworkPolicies of files (`.yaml`, `.yml`, `.json`), folders and `-`, standard input; objects of other kinds are
 * counted in the notes. Throws a ProblemError `invalid-manifest` that lists every problem, one a line, also for two
 * policies of one name, and what `readManifestFiles` throws.
 */
export async function readPolicyFiles(
  paths: readonly string[],
  io: ManifestInput & { readonly defaultNamespace: string | null },
): Promise<PolicyFiles> {
  const { files, objects, problems } = await readManifests(paths, io);
  const found = policiesOf(objects, io.defaultNamespace);
  refuse(inOrder(files, [...problems, ...found.problems]));
  const others = objects.filter((object) => !isNetworkPolicy(object));
  const ignored = others.length === 0 ? [] : [`not policies, passed over: ${countKinds(others)}`];
  return { policies: found.policies, notes: [...found.warnings, ...ignored] };
}

/** Other groups have kinds of this name, such as projectcalico.org. */
export function isNetworkPolicy({ apiVersion, kind }: ManifestObject): boolean {
  return kind === 'NetworkPolicy' && /^(networking\.k8s\.io|extensions)\//.test(apiVersion);
}

/** The NetworkPolicies among the objects, with everything that is wrong with them. */
export function policiesOf(
  objects: readonly ManifestObject[],
  defaultNamespace: string | null,
): { policies: PlacedPolicy[]; problems: ManifestProblem[]; warnings: string[] } {
  const problems: ManifestProblem[] = [];
  const warnings: string[] = [];
  const byKey = new Map<string, PlacedPolicy>();
  for (const object of objects.filter(isNetworkPolicy)) {
    const { place } = object;
    const parsed = parsePolicy(object.value, { defaultNamespace });
    if (parsed.kind === 'invalid') {
      for (const { field, message } of parsed.problems) problems.push({ place, field, message });
      continue;
    }
    for (const { field, message } of parsed.warnings) {
      warnings.push(describeProblem({ place, field, message }));
    }
    const { namespace, name } = parsed.policy.metadata;
    const key = `${namespace}/${name}`;
    const earlier = byKey.get(key);
    if (earlier === undefined) byKey.set(key, { policy: parsed.policy, place });
    else problems.push({ place, field: null, message: duplicate(earlier.place) });
  }
  return { policies: [...byKey.values()], problems, warnings };
}

/** What is said of an object when another of its kind and name came before. */
export function duplicate(earlier: ManifestPlace): string {
  return `is given twice; it also stands in ${describePlace(earlier)}`;
}

/** Problems as their objects stand in the files. */
export function inOrder(files: readonly string[], problems: readonly ManifestProblem[]): ManifestProblem[] {
  const rank = new Map(files.map((file, index) => [file, index]));
  const rankOf = ({ file }: ManifestPlace) => rank.get(file) ?? 0;
  return problems.toSorted(
    ({ place: a }, { place: b }) =>
      rankOf(a) - rankOf(b) || a.document - b.document || (a.item ?? 0) - (b.item ?? 0),
  );
}

/** Throws a ProblemError `invalid-manifest` that lists the problems, if there are any. */
export function refuse(problems: readonly ManifestProblem[]): void {
  const [first, ...others] = problems;
  if (first === undefined) return;
  if (others.length === 0) throw new ProblemError('invalid-manifest', describeProblem(first));
  const told = problems.slice(0, MAX_PROBLEMS_TOLD).map((problem) => `\n  ${describeProblem(problem)}`);
  const rest = problems.length > told.length ? `\n  and ${problems.length - told.length} more` : '';
  throw new ProblemError(
    'invalid-manifest',
    `${problems.length} problems in manifests:${told.join('')}${rest}`,
  );
}

/** `policies/web.yaml:14: document 2, item 3, NetworkPolicy shop/web: spec.podSelector: is a list, not a mapping` */
export function describeProblem({ place, field, message }: ManifestProblem): string {
  return `${describePlace(place)}${field === null ? '' : `: ${field}`}: ${message}`;
}

export function describePlace(place: ManifestPlace): string {
  const line = place.line === null ? '' : `:${place.line}`;
  const item = place.item === null ? '' : `, item ${place.item}`;
  const object = place.object === null ? '' : `, ${place.object}`;
  return `${place.file}${line}: document ${place.document}${item}${object}`;
}

/** `3 Service, 1 ConfigMap`, the most first; a kind of another group than Kubernetes' own with its group. */
export function countKinds(objects: readonly ManifestObject[]): string {
  const counts = Map.groupBy(objects, kindTitle);
  return [...counts]
    .toSorted(([a, first], [b, second]) => second.length - first.length || compareText(a, b))
    .map(([kind, each]) => `${each.length} ${kind}`)
    .join(', ');
}

/** `Service`, `CiliumNetworkPolicy.cilium.io`. */
export function kindTitle({ apiVersion, kind }: ManifestObject): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const isOwn = !group.includes('.') || group.endsWith('.k8s.io');
  return isOwn ? kind : `${kind}.${group}`;
}
