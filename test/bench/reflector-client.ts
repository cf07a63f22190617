/**
 * One client of the bench in a process of its own: `node reflector-client.ts WAY URL PODS [SECONDS]`. It reads all pods, or
 * follows their changes for so many seconds, and prints what that cost as one line of JSON.
 */
import { reflect } from '../../src/kube/watch/reflector.ts';
import type { ReflectorSink } from '../../src/kube/watch/reflector.ts';
import { PODS } from '../../src/kube/watch/resources.ts';
import { urlTransport } from '../../src/kube/watch/transport.ts';
import type { Cost, Following, Way } from './reflector-runs.ts';

const [way = '', url = '', pods = '0', seconds = '0'] = process.argv.slice(2);

/** Finer than the stall that is looked for. */
const TICK_MS = 2;

/** The longest time in which no timer was served, and the most CPU time that the main thread spent in one such time. */
class StallMeter {
  #last = performance.now();
  #lastCpu = threadCpuMs();
  #longestMs = 0;
  #longestCpuMs = 0;
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

  stop(): { longestStallMs: number; longestStallCpuMs: number } {
    this.#tick();
    clearInterval(this.#timer);
    return { longestStallMs: this.#longestMs, longestStallCpuMs: this.#longestCpuMs };
  }

  #tick(): void {
    const [now, cpu] = [performance.now(), threadCpuMs()];
    this.#longestMs = Math.max(this.#longestMs, now - this.#last - TICK_MS);
    this.#longestCpuMs = Math.max(this.#longestCpuMs, cpu - this.#lastCpu);
    this.#last = now;
    this.#lastCpu = cpu;
  }
}

/** Wall time where Node is too old to tell. */
function threadCpuMs(): number {
  if (!('threadCpuUsage' in process)) return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

const transport = await urlTransport(url, {});
const done = Promise.withResolvers<void>();
const stopping = new AbortController();
let objects = 0;
const lags: number[] = [];
const noted = (object: unknown): void => {
  const { metadata } = object as { metadata: { labels?: { stamp?: string } } };
  lags.push(Date.now() - Number(metadata.labels?.stamp));
};
const sink: ReflectorSink = {
  event: ({ type, object }) => {
    if (type === 'ADDED') objects++;
    else noted(object);
  },
  synced: () => done.resolve(),
  progressed: () => undefined,
  trouble: (_, problem) => done.reject(new Error(`${problem.code}: ${problem.detail}`)),
};

/** Reads the whole list, and keeps of it what it keeps. */
async function list(by: Way): Promise<unknown> {
  if (by === 'library') {
    const { CoreV1Api } = await import('@kubernetes/client-node');
    const answer = await (await libraryConfig()).makeApiClient(CoreV1Api).listPodForAllNamespaces();
    objects = answer.items.length;
    return answer;
  }
  void reflect(PODS, transport, sink, { signal: stopping.signal, now: Date.now, refreshBy: by });
  await done.promise;
  return null;
}

async function follow(by: Way): Promise<void> {
  if (by === 'library') {
    const { Watch } = await import('@kubernetes/client-node');
    const each = (_: string, object: unknown): void => noted(object);
    const controller = await new Watch(await libraryConfig()).watch(
      PODS.path,
      { resourceVersion: '1' },
      each,
      () => undefined,
    );
    stopping.signal.addEventListener('abort', () => controller.abort());
  } else await list(by);
}

async function libraryConfig(): Promise<import('@kubernetes/client-node').KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromOptions({
    // Else it refuses plain HTTP.
    clusters: [{ name: 'bench', server: url, skipTLSVerify: true }],
    users: [{ name: 'bench' }],
    contexts: [{ name: 'bench', cluster: 'bench', user: 'bench' }],
    currentContext: 'bench',
  });
  return config;
}

async function costOfList(by: Way): Promise<Cost> {
  // Loading it costs once, and is not what is measured.
  if (by === 'library') await libraryConfig();
  const stalls = new StallMeter();
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const kept = await list(by);
  const wallMs = performance.now() - startedAt;
  const stall = stalls.stop();
  if (objects !== Number(pods)) throw new Error(`${objects} of ${pods} pods`);
  const cpu = process.cpuUsage(cpuBefore);
  const peakMib = process.resourceUsage().maxRSS / 1024;
  // What was read is still there.
  return { wallMs, cpuMs: (cpu.user + cpu.system) / 1000, ...stall, peakMib, kept: kept !== undefined };
}

async function costOfFollowing(by: Way): Promise<Following> {
  await follow(by);
  await tick(1_000);
  lags.length = 0;
  const stalls = new StallMeter();
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  await tick(Number(seconds) * 1_000);
  const cpu = process.cpuUsage(cpuBefore);
  const wallMs = performance.now() - startedAt;
  const stall = stalls.stop();
  const sorted = lags.toSorted((a, b) => a - b);
  return {
    eventsPerSecond: (lags.length * 1000) / wallMs,
    cpuShare: (cpu.user + cpu.system) / 1000 / wallMs,
    medianLagMs: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    worstLagMs: sorted.at(-1) ?? Number.NaN,
    ...stall,
    peakMib: process.resourceUsage().maxRSS / 1024,
  };
}

async function tick(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function isWay(text: string): text is Way {
  return text === 'library' || text === 'list' || text === 'initial-events';
}

if (!isWay(way)) throw new Error(`no such way: ${way}`);
const result = Number(seconds) > 0 ? await costOfFollowing(way) : await costOfList(way);
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
