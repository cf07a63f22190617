/** Reads what `eval` and `compare` judge: workloads and policies out of manifests, everything wrong told at once. */
import { ProblemError } from '../domain/problem.ts';
import { clusterOf } from './manifest-cluster.ts';
import type { ManifestCluster } from './manifest-cluster.ts';
import { notesOfOthers, notesOfPolicies } from './manifest-notes.ts';
import { inOrder, policiesOf, readManifests, refuse } from './manifests.ts';
import type { PlacedPolicy } from './manifests.ts';
import type { InputIo } from './command.ts';

export interface EvalInput {
  readonly cluster: ManifestCluster;
  readonly policies: readonly PlacedPolicy[];
  /** For standard error. */
  readonly notes: readonly string[];
}

export interface EvalSource {
  readonly io: InputIo;
  /** For objects that name no namespace. */
  readonly defaultNamespace: string;
}

/** Throws a ProblemError `usage`, `invalid-manifest`, `no-workloads`, or as `readManifests` does. */
export async function readEvalInput(
  paths: readonly string[],
  { io, defaultNamespace }: EvalSource,
): Promise<EvalInput> {
  if (paths.length === 0) {
    throw new ProblemError('usage', 'Say which manifests to judge.', {
      hint: 'Give -f FILE, -f FOLDER or -f - for standard input.',
    });
  }
  const { files, objects, problems } = await readManifests(paths, io);
  const cluster = clusterOf(objects, defaultNamespace);
  const found = policiesOf(objects, defaultNamespace);
  refuse(inOrder(files, [...problems, ...cluster.problems, ...found.problems]));
  requireWorkloads(
    cluster,
    'Give manifests of pods or workloads too, such as: kubectl get deploy,sts,ds,job,cronjob,pod,ns,netpol,node -A -o json',
  );
  return {
    cluster,
    policies: found.policies,
    notes: [
      ...found.warnings,
      ...notesOfOthers(cluster.others),
      ...(found.policies.length === 0 ? ['there is no NetworkPolicy here, so everything may connect'] : []),
      ...notesOfPolicies(found.policies, {
        pods: cluster.workloads.flatMap(({ pods }) => pods),
        world: cluster.world,
      }),
    ],
  };
}

/** Throws a ProblemError `no-workloads` when there is nothing whose connections could be judged. */
export function requireWorkloads({ workloads }: ManifestCluster, hint: string): void {
  if (workloads.length === 0)
    throw new ProblemError('no-workloads', 'There is no pod and no workload here.', { hint });
}
