/**
 * Pods whose objects went, oldest first: so many of each workload as show which of its labels last. A CronJob of every minute ends half a
 * million a year.
 */

/** Those of a rollout of a large workload; labels that vary do so among far fewer. */
const KEPT_OF_WORKLOAD = 100;

export class GonePods {
  readonly #goneAt = new Map<string, Map<string, number>>();
  readonly #workloadOf = new Map<string, string>();

  /** `workload` is its key, `at` unix ms. Returns the uid of the one that is forgotten for it, or null. */
  add(uid: string, workload: string, at: number): string | null {
    this.back(uid);
    const ofWorkload = this.#goneAt.get(workload) ?? new Map<string, number>();
    this.#goneAt.set(workload, ofWorkload.set(uid, at));
    this.#workloadOf.set(uid, workload);
    if (ofWorkload.size <= KEPT_OF_WORKLOAD) return null;
    const [oldest] = ofWorkload.keys();
    if (oldest === undefined) return null;
    this.back(oldest);
    return oldest;
  }

  /** The pod is told again, or forgotten. */
  back(uid: string): void {
    const workload = this.#workloadOf.get(uid);
    if (workload === undefined) return;
    this.#workloadOf.delete(uid);
    const ofWorkload = this.#goneAt.get(workload);
    ofWorkload?.delete(uid);
    if (ofWorkload?.size === 0) this.#goneAt.delete(workload);
  }

  /** Returns the uids of those that went before `time` (unix ms), which are forgotten. */
  forgetBefore(time: number): string[] {
    const forgotten = [...this.#goneAt.values()].flatMap((ofWorkload) =>
      [...ofWorkload].filter(([, at]) => at < time).map(([uid]) => uid),
    );
    for (const uid of forgotten) this.back(uid);
    return forgotten;
  }
}
