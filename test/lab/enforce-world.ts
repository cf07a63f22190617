/** The lab's pods at the end of its story, without a lab: every workload of its world, at addresses of its nodes' ranges. */
import type { EnforcedCluster, EnforcedPod } from '../../e2e/lab/enforce-pods.ts';
import { CART_CLEANUP, EVERY_WORKLOAD } from '../../e2e/lab/workloads.ts';
import type { WorkloadSpec } from '../../e2e/lab/workloads.ts';
import { NODES } from '../../e2e/lab/world.ts';
import type { NodeName } from '../../e2e/lab/world.ts';

export function labCluster(): EnforcedCluster {
  let last = 1;
  const pods = EVERY_WORKLOAD.filter((one) => !one.hostNetwork).flatMap((one) =>
    [...one.places, ...late(one)].map((node, number): EnforcedPod => {
      last += 1;
      const { podRangeV4, podRangeV6 } = NODES[node];
      return {
        namespace: one.namespace,
        name: `${one.name}-${number}`,
        workload: `${one.namespace}/${one.name}`,
        labels: one.labels,
        addresses: [
          podRangeV4.replace('.0/24', `.${last}`),
          podRangeV6.replace('::/64', `::${last.toString(16)}`),
        ],
        node,
        ports: [],
      };
    }),
  );
  return { pods, namespaces: new Map() };
}

/** The story starts a second pod of one workload where the Job's was. */
function late({ name }: WorkloadSpec): readonly NodeName[] {
  return name === 'recommendationservice' ? CART_CLEANUP.places : [];
}

/** A pod by the name that labCluster gave it. */
export function podNamed(name: string, { pods }: EnforcedCluster): EnforcedPod {
  const pod = pods.find((each) => each.name === name);
  if (pod === undefined) throw new Error(`no pod ${name}`);
  return pod;
}
