/** Pods as the API server of the adversary's cluster prints them: by clocks that are off, in whole seconds. */
import type { IpAddress } from '../../src/domain/ip.ts';
import type { PodObject } from '../../src/kube/pod.ts';

/** True times, ms. */
export interface Container {
  startedAt: number | null;
  finishedAt: number | null;
  last: { startedAt: number; finishedAt: number } | null;
}

/** What is printed of a pod; true times, ms. */
export interface PrintedPod {
  readonly uid: string;
  readonly node: { readonly name: string; readonly skewMs: number };
  readonly createdAt: number;
  readonly startedAt: number;
  readonly containers: readonly Container[];
  /** The condition PodReadyToStartContainers, and since when. */
  readonly ready: { readonly is: boolean; readonly at: number };
  readonly shownIp: IpAddress | null;
  readonly phase: 'Pending' | 'Running' | 'Succeeded';
  readonly deletion: { readonly at: number; readonly graceS: number } | null;
}

export function podObjectOf(pod: PrintedPod, apiSkewMs: number): PodObject {
  const byNode = (at: number): string => printed(at + pod.node.skewMs);
  const address = pod.shownIp;
  const { deletion } = pod;
  return {
    metadata: {
      name: pod.uid,
      namespace: 'shop',
      uid: pod.uid,
      creationTimestamp: printed(pod.createdAt + apiSkewMs),
      ...(deletion !== null && {
        deletionTimestamp: printed(deletion.at + apiSkewMs),
        deletionGracePeriodSeconds: deletion.graceS,
      }),
    },
    spec: { nodeName: pod.node.name, containers: [] },
    status: {
      phase: pod.phase,
      startTime: byNode(pod.startedAt),
      ...(address !== null && { podIPs: [{ ip: address }] }),
      conditions: [
        {
          type: 'PodReadyToStartContainers',
          status: pod.ready.is ? 'True' : 'False',
          lastTransitionTime: byNode(pod.ready.at),
        },
      ],
      containerStatuses: pod.containers.flatMap(({ startedAt, finishedAt, last }) => {
        if (startedAt === null) return [];
        const started = { startedAt: byNode(startedAt) };
        return [
          {
            state:
              finishedAt === null
                ? { running: started }
                : { terminated: { ...started, finishedAt: byNode(finishedAt) } },
            lastState:
              last === null
                ? {}
                : {
                    terminated: {
                      startedAt: byNode(last.startedAt),
                      finishedAt: byNode(last.finishedAt),
                    },
                  },
          },
        ];
      }),
    },
  };
}

const texts = new Map<number, string>();

/** As metav1.Time is printed: whole seconds, cut off. */
function printed(at: number): string {
  const second = Math.floor(at / 1000);
  const text = texts.get(second) ?? new Date(second * 1000).toISOString();
  texts.set(second, text);
  return text;
}
