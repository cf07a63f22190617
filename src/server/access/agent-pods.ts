/** On which node each pod of the agents' namespace is, for tokens that do not name their node (before Kubernetes 1.30). */
import { z } from 'zod';
import type { ClusterEvent } from '../../kube/cluster-model.ts';

const pod = z.object({
  kind: z.literal('Pod'),
  metadata: z.object({ namespace: z.string(), uid: z.string() }),
  spec: z.object({ nodeName: z.string().nullish() }).nullish(),
});

export class AgentPods {
  readonly #namespace: string;
  readonly #nodes = new Map<string, string>();

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** From the watch. Returns the uid of a pod of the namespace that has gone, or null. */
  event({ type, object }: ClusterEvent): string | null {
    if (type === 'BOOKMARK') return null;
    const parsed = pod.safeParse(object);
    if (!parsed.success || parsed.data.metadata.namespace !== this.#namespace) return null;
    const { metadata, spec } = parsed.data;
    if (type === 'DELETED') {
      this.#nodes.delete(metadata.uid);
      return metadata.uid;
    }
    const node = spec?.nodeName ?? '';
    if (node !== '') this.#nodes.set(metadata.uid, node);
    return null;
  }

  /** The name of the node of a pod that exists, or null. */
  nodeOf(uid: string): string | null {
    return this.#nodes.get(uid) ?? null;
  }
}
