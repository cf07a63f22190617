/**
 * The reflector against `listPodForAllNamespaces` of the client library in the same run: the initial list of 20,000 pods of 6
 * to 8 KB, which a server in another process writes from a template, each client in a process of its own; then a watch with
 * 2,000 changes a second. FULL=1 takes 100,000 pods and a heap of 512 MB too.
 */
import type { BenchReport } from './run.ts';
import { runFollowing, runList, startServer } from './reflector-runs.ts';
import type { Cost, Failure, Following, PodServer, Way } from './reflector-runs.ts';

const PODS = 20_000;
const MANY_PODS = 100_000;
const SMALL_HEAP = '--max-old-space-size=512';
const EVENTS_PER_SECOND = 2_000;
const IS_FULL = process.env['FULL'] === '1';
const FOLLOW_SECONDS = IS_FULL ? 10 : 3;
/** Pods that change in turn while a watch is followed: enough that nothing is the same object. */
const CHANGING_PODS = 2_000;

const MOST_STALL_MS = 50;
const MOST_OF_LIBRARY = 1 / 4;

const WAYS: readonly Way[] = ['library', 'initial-events', 'list'];
const TITLES = {
  library: '@kubernetes/client-node',
  'initial-events': 'reflector by WatchList',
  list: 'reflector by LIST, pages of 500',
} as const satisfies Record<Way, string>;

export async function bench(): Promise<BenchReport> {
  const lines = await listsOf(PODS, []);
  if (IS_FULL) lines.push(...(await listsOf(MANY_PODS, [])), ...(await listsOf(MANY_PODS, [SMALL_HEAP])));
  return { lines: [...lines, ...(await followings())] };
}

async function listsOf(pods: number, nodeOptions: readonly string[]): Promise<string[]> {
  const server = await startServer(pods, 0);
  try {
    const megabytes = Math.round((pods * server.podBytes) / 1e6);
    const head = `${pods.toLocaleString('en-US')} pods, ${megabytes} MB of JSON${nodeOptions.map((each) => `, ${each}`).join('')}`;
    const costs = await inTurn(WAYS, async (way) => ({ way, cost: await runList(server, way, nodeOptions) }));
    const library = costs.find(({ way }) => way === 'library')?.cost;
    return [head, ...costs.map(({ way, cost }) => `  ${TITLES[way]}: ${listText(way, cost, library)}`)];
  } finally {
    await server.close();
  }
}

function listText(way: Way, cost: Cost | Failure, library: Cost | Failure | undefined): string {
  if ('failure' in cost) return `FAILS: ${cost.failure}`;
  const parts = [
    `${(cost.wallMs / 1000).toFixed(1)} s wall`,
    `${(cost.cpuMs / 1000).toFixed(1)} s CPU`,
    `peak RSS ${Math.round(cost.peakMib)} MiB`,
    stallText(cost),
  ];
  if (way === 'library') return parts.join(', ');
  const stall = cost.longestStallCpuMs < MOST_STALL_MS ? 'kept' : 'MISSED';
  parts.push(`target ${MOST_STALL_MS} ms of CPU ${stall}`);
  if (library !== undefined && !('failure' in library)) {
    const share = cost.peakMib / library.peakMib;
    parts.push(
      `${(100 * share).toFixed(0)}% of the library's memory, target ${100 * MOST_OF_LIBRARY}% ${share <= MOST_OF_LIBRARY ? 'kept' : 'MISSED'}`,
    );
  }
  return parts.join(', ');
}

async function followings(): Promise<string[]> {
  const server: PodServer = await startServer(CHANGING_PODS, EVENTS_PER_SECOND);
  try {
    const ways: readonly Way[] = ['library', 'initial-events'];
    const costs = await inTurn(ways, async (way) => ({
      way,
      cost: await runFollowing(server, way, FOLLOW_SECONDS),
    }));
    const head = `a watch with ${EVENTS_PER_SECOND.toLocaleString('en-US')} changes a second for ${FOLLOW_SECONDS} s`;
    return [
      head,
      ...costs.map(
        ({ way, cost }) => `  ${way === 'library' ? TITLES.library : 'reflector'}: ${followingText(cost)}`,
      ),
    ];
  } finally {
    await server.close();
  }
}

function followingText(cost: Following | Failure): string {
  if ('failure' in cost) return `FAILS: ${cost.failure}`;
  return [
    `${Math.round(cost.eventsPerSecond).toLocaleString('en-US')} events/s told`,
    `${(100 * cost.cpuShare).toFixed(0)}% of a core`,
    `lag ${Math.round(cost.medianLagMs)} ms median, ${Math.round(cost.worstLagMs)} ms worst`,
    stallText(cost),
    `peak RSS ${Math.round(cost.peakMib)} MiB`,
  ].join(', ');
}

/** The share of CPU time tells a stall of ours from one by other work on the machine. */
function stallText(cost: Cost | Following): string {
  return `longest stall ${Math.round(cost.longestStallMs)} ms (${Math.round(cost.longestStallCpuMs)} ms of CPU)`;
}

/** One after the other: two clients at once would measure each other. */
async function inTurn<In, Out>(inputs: readonly In[], run: (input: In) => Promise<Out>): Promise<Out[]> {
  const outputs: Out[] = [];
  for (const input of inputs) outputs.push(await run(input));
  return outputs;
}
