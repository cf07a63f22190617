/** Reads what `compare` judges: the policies of two sides, and one cluster out of everything that was given. */
import { ProblemError } from '../domain/problem.ts';
import type { ManifestObject, ManifestProblem } from '../netpol/parse/manifest-text.ts';
import type { NetworkPolicy } from '../netpol/policy.ts';
import { requireWorkloads } from './eval-input.ts';
import type { EvalSource } from './eval-input.ts';
import { clusterKey, clusterOf, isClusterObject } from './manifest-cluster.ts';
import type { ManifestCluster } from './manifest-cluster.ts';
import { notesOfOthers, notesOfPolicies } from './manifest-notes.ts';
import { inOrder, isNetworkPolicy, policiesOf, readManifests, refuse } from './manifests.ts';
import type { PlacedPolicy } from './manifests.ts';

export interface ComparePaths {
  readonly before: string;
  readonly after: string;
  /** Manifests of workloads and namespaces besides. */
  readonly files: readonly string[];
}

export interface CompareInput {
  readonly before: readonly NetworkPolicy[];
  readonly after: readonly NetworkPolicy[];
  readonly cluster: ManifestCluster;
  /** For standard error. */
  readonly notes: readonly string[];
}

interface Side {
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly ManifestProblem[];
  readonly policies: readonly PlacedPolicy[];
  readonly warnings: readonly string[];
}

/** Throws a ProblemError `usage`, `invalid-manifest`, `no-workloads`, or as `readManifests` does. */
export async function readCompareInput(paths: ComparePaths, source: EvalSource): Promise<CompareInput> {
  if ([paths.before, paths.after, ...paths.files].filter((path) => path === '-').length > 1) {
    throw new ProblemError('usage', 'Standard input (-) can be read only once.');
  }
  const before = await readSide([paths.before], source);
  const after = await readSide([paths.after], source);
  const beside = await readSide(paths.files, source);
  const sides = [before, after, beside];
  refuse(sides.flatMap((side) => side.problems));
  const { objects, differing } = latest(
    sides.map((side) => side.objects),
    source.defaultNamespace,
  );
  const cluster = clusterOf(objects, source.defaultNamespace);
  requireWorkloads(
    cluster,
    'Without workloads no connection can be compared: give their manifests with -f, such as a folder or the output of kubectl get deploy,sts,ds,job,cronjob,pod,ns,node -A -o json.',
  );
  const known = { pods: cluster.workloads.flatMap(({ pods }) => pods), world: cluster.world };
  const notes = [
    ...sides.flatMap(({ warnings }) => warnings),
    ...notesOfOthers(cluster.others),
    ...(beside.policies.length === 0
      ? []
      : [`NetworkPolicies of -f are on neither side and are not judged: ${beside.policies.length}`]),
    ...(differing.length === 0
      ? []
      : [`given in several places and not alike, taken from the last: ${differing.join(', ')}`]),
    ...notesOfPolicies(before.policies, known),
    ...notesOfPolicies(after.policies, known),
  ];
  return {
    before: before.policies.map(({ policy }) => policy),
    after: after.policies.map(({ policy }) => policy),
    cluster,
    notes: [...new Set(notes)],
  };
}

async function readSide(paths: readonly string[], { io, defaultNamespace }: EvalSource): Promise<Side> {
  const { files, objects, problems } = await readManifests(paths, io);
  const found = policiesOf(objects, defaultNamespace);
  return {
    objects,
    problems: inOrder(files, [
      ...problems,
      ...clusterOf(objects, defaultNamespace).problems,
      ...found.problems,
    ]),
    policies: found.policies,
    warnings: found.warnings,
  };
}

/** Each object of the cluster once, the last one given, and the names of those that were not alike. Policies are left out. */
function latest(
  sides: readonly (readonly ManifestObject[])[],
  defaultNamespace: string,
): { readonly objects: ManifestObject[]; readonly differing: string[] } {
  const byKey = new Map<string, ManifestObject>();
  const others: ManifestObject[] = [];
  const differing = new Set<string>();
  for (const object of sides.flat()) {
    if (!isClusterObject(object)) {
      if (!isNetworkPolicy(object)) others.push(object);
      continue;
    }
    const key = clusterKey(object, defaultNamespace);
    const earlier = byKey.get(key);
    if (earlier !== undefined && wordsOf(earlier) !== wordsOf(object)) differing.add(key);
    byKey.set(key, object);
  }
  return { objects: [...byKey.values(), ...others], differing: [...differing] };
}

/** What policies can depend on, for comparison. */
function wordsOf({ value }: ManifestObject): string {
  const { metadata, spec } = value as { metadata?: { labels?: unknown }; spec?: unknown };
  return JSON.stringify([metadata?.labels, spec]);
}
