/** A reflector of pods on a fake API server, and everything it told: what the tests of this folder look at. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpTransport } from '../../../src/kube/watch/http-transport.ts';
import type { ApiTransport } from '../../../src/kube/watch/api-transport.ts';
import { reflect } from '../../../src/kube/watch/reflector.ts';
import type { ReflectorTiming, RefreshWay, Resource, Trouble } from '../../../src/kube/watch/reflector.ts';
import { PODS } from '../../../src/kube/watch/resources.ts';
import type { KubeObject } from '../../../src/kube/watch/slim-object.ts';
import type { FakeApiServer, GivenObject } from '../../fake-api-server/server.ts';

/** Short waits, and always the longest of each: a test of waiting gives its own. */
export const QUICK: Partial<ReflectorTiming> = {
  watchSeconds: [60, 60],
  idleMs: 20_000,
  backoffMs: [5, 20],
  refusedMs: 20,
  steadyMs: 20,
  pageItems: 3,
  random: () => 0.99,
};

export interface Following {
  /** As in `ADDED shop/web-1 uid-1 @1005`. */
  readonly told: string[];
  /** The `@version` of each list that was complete. */
  readonly lists: string[];
  readonly progress: string[];
  readonly troubles: Trouble[];
  readonly objects: KubeObject[];
  /** What an observer who believes every event thinks there is: uid by key. */
  readonly believed: Map<string, string>;
  /** Ms of unix time of each event. */
  readonly observedAt: number[];
  stop(): Promise<void>;
}

export interface FollowOptions {
  readonly resource?: Resource;
  readonly transport?: ApiTransport;
  readonly timing?: Partial<ReflectorTiming>;
  /** `list` when absent: what most tests of this folder are about. */
  readonly refreshBy?: RefreshWay;
  /** Called with each event before it is recorded; may throw. */
  readonly onEvent?: (line: string) => void;
}

export function anonymousTransport(url: string): ApiTransport {
  const nobody = { headers: {}, tls: {}, agent: null };
  return new HttpTransport(new URL(url), { current: async () => nobody, renewed: async () => nobody });
}

export function follow(server: { readonly url: string }, options: FollowOptions = {}): Following {
  const transport = options.transport ?? anonymousTransport(server.url);
  const stopping = new AbortController();
  const seen = {
    told: [] as string[],
    lists: [] as string[],
    progress: [] as string[],
    troubles: [] as Trouble[],
    objects: [] as KubeObject[],
    believed: new Map<string, string>(),
    observedAt: [] as number[],
  };
  const running = reflect(
    options.resource ?? PODS,
    transport,
    {
      event: ({ type, object, observedAt }) => {
        const { metadata } = object as KubeObject;
        const key = `${metadata.namespace}/${metadata.name}`;
        const line = `${type} ${key} ${metadata.uid} @${metadata.resourceVersion}`;
        options.onEvent?.(line);
        seen.told.push(line);
        seen.objects.push(object as KubeObject);
        seen.observedAt.push(observedAt);
        if (type === 'DELETED') seen.believed.delete(key);
        else seen.believed.set(key, metadata.uid);
      },
      synced: (_, version) => seen.lists.push(`@${version}`),
      progressed: (_, version) => seen.progress.push(`@${version}`),
      trouble: (_, problem) => seen.troubles.push(problem),
    },
    {
      signal: stopping.signal,
      now: Date.now,
      timing: { ...QUICK, ...options.timing },
      refreshBy: options.refreshBy ?? 'list',
    },
  );
  return {
    ...seen,
    stop: async () => {
      stopping.abort();
      await running;
      transport.close();
    },
  };
}

/** Far more than any condition takes on a slow and busy machine; it ends what would wait for ever. */
const PATIENCE_MS = 90_000;

/** Waits for a condition; fails after much patience with what was there instead. */
export async function until(condition: () => boolean, instead: () => unknown = () => ''): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > end)
      throw new Error(`never came true: ${condition.toString()} ${JSON.stringify(instead())}`);
    await sleep(2);
  }
}

/** `shop/web-1`, with a uid only where it matters. */
export function podObject(path: string, uid?: string, labels: Record<string, string> = {}): GivenObject {
  const [namespace = '', name = ''] = path.split('/');
  return {
    kind: 'Pod',
    metadata: { namespace, name, labels, ...(uid === undefined ? {} : { uid }) },
    spec: { containers: [{ name: 'main' }] },
    status: { phase: 'Running' },
  };
}

/** What the server's history says should have been told, event by event. */
export function historyLines(server: FakeApiServer, kind = 'Pod'): string[] {
  return server
    .history()
    .filter((event) => event.kind === kind)
    .map(({ type, object: { metadata } }) => {
      return `${type} ${metadata.namespace}/${metadata.name} ${metadata.uid} @${metadata.resourceVersion}`;
    });
}

/** The uids that exist now, by key. */
export function existing(server: FakeApiServer): Map<string, string> {
  return new Map(
    server
      .objects('Pod')
      .map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, metadata.uid] as const),
  );
}
