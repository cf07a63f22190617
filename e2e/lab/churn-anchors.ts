// The pods of the anchors, as the API shows them: one on each node from the first second to the last, also across a reboot.
import type { Kubelets } from './churn-kubelets.ts';
import type { PodStatus } from './churn-objects.ts';
import { anchorOf, NODE_NAMES } from './churn-world.ts';
import { newUid } from './kube-object.ts';
import type { NodeName } from './world.ts';

export class Anchors {
  readonly #kubelets: Kubelets;
  readonly #pods = new Map<NodeName, { readonly uid: string; status: PodStatus }>();

  constructor(kubelets: Kubelets) {
    this.#kubelets = kubelets;
  }

  /** They run already. */
  async announce(): Promise<void> {
    for (const node of NODE_NAMES) {
      const { workload, address } = anchorOf(node);
      const uid = newUid();
      const createdAt = Date.now();
      const status: PodStatus = {
        phase: 'Running',
        ip: address,
        seenAt: createdAt,
        sandboxReadyAt: createdAt,
        startedAt: createdAt,
        finishedAt: null,
        sandboxGoneAt: null,
        before: null,
      };
      await this.#kubelets.create({ name: workload, uid, workload, node, createdAt, deletedAt: null });
      this.#pods.set(node, { uid, status });
      this.#kubelets.learn(uid, status, 0);
    }
  }

  /** Its node has rebooted. `wentDownAt`: unix ms. */
  restart(node: NodeName, wentDownAt: number): void {
    const pod = this.#pods.get(node);
    if (pod === undefined) throw new Error(`no anchor on ${node}`);
    const startedAt = Date.now();
    const before = { startedAt: pod.status.startedAt ?? startedAt, finishedAt: wentDownAt };
    pod.status = { ...pod.status, sandboxReadyAt: startedAt, startedAt, before };
    this.#kubelets.learn(pod.uid, pod.status, 0);
  }
}
