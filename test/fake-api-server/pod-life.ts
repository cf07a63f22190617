/** Turns in the life of a pod, as a kubelet and the garbage collector report them. */
import type { FakeApiServer, StoredObject } from './server.ts';

/** All containers ended well at `at`, unix ms; the pod stays listed, and keeps its address in `status.podIP`. */
export function finishPod(server: FakeApiServer, namespace: string, name: string, at: number): StoredObject {
  const finishedAt = `${new Date(at).toISOString().slice(0, 19)}Z`;
  const before = server.objects('Pod').find(({ metadata }) => {
    return metadata.namespace === namespace && metadata.name === name;
  });
  const spec = (before?.['spec'] ?? {}) as { containers?: readonly { name?: string }[] };
  return server.patch('Pod', namespace, name, {
    status: {
      phase: 'Succeeded',
      conditions: [{ type: 'PodReadyToStartContainers', status: 'False', lastTransitionTime: finishedAt }],
      containerStatuses: (spec.containers ?? []).map((container) => ({
        name: container.name,
        state: { terminated: { exitCode: 0, startedAt: before?.metadata.creationTimestamp, finishedAt } },
      })),
    },
  });
}
