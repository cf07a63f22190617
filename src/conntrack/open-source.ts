/** Chooses how the node's connection tracking is read, and says what was chosen and what it costs. */
import { ProblemError } from '../domain/problem.ts';
import { readKernelSettings } from './netlink/kernel-settings.ts';
import type { ConntrackSource, SourceLog, SourceSink } from './source.ts';

type Kind = ConntrackSource['kind'];
type Open = (sink: SourceSink, log: SourceLog) => Promise<ConntrackSource>;

/** Best first. Each is loaded only when it is tried: the first loads foreign code, which not every machine has. */
const SOURCES: readonly { readonly kind: Kind; readonly open: Open }[] = [
  {
    kind: 'netlink',
    open: async (sink, log) => (await loadNetlink()).openNetlink(sink, log),
  },
  {
    kind: 'conntrack',
    open: async (sink, log) => (await import('./tool-source.ts')).openTool(sink, log),
  },
  {
    kind: 'procfs',
    open: async (sink, log) => (await import('./procfs-source.ts')).openProcfs(sink, log),
  },
];

/**
 * Opens the source that is wanted, or with `auto` the best that this node allows. Nothing is said to the sink before
 * `start`. Throws a ProblemError: `conntrack-not-linux`, `conntrack-not-loaded`, `conntrack-not-permitted`,
 * `conntrack-missing` (the tool), `conntrack-netlink`, `conntrack-procfs`; with `auto`, the first source's.
 */
export async function openSource(
  wanted: 'auto' | Kind,
  sink: SourceSink,
  log: SourceLog,
): Promise<ConntrackSource> {
  if (process.platform !== 'linux')
    throw new ProblemError(
      'conntrack-not-linux',
      `connections are read on Linux, and this is ${process.platform}`,
      {
        hint: 'run the agent on the cluster’s nodes; `netscribe replay` reads recordings anywhere',
      },
    );
  if (!readKernelSettings().isLoaded)
    throw new ProblemError(
      'conntrack-not-loaded',
      'the kernel tracks no connections: nf_conntrack is not loaded',
      {
        hint: 'load it on the node (modprobe nf_conntrack); a cluster whose network does not use it needs another source',
      },
    );
  const refusals: Error[] = [];
  for (const { kind, open } of SOURCES) {
    if (wanted !== 'auto' && wanted !== kind) continue;
    try {
      const source = await open(sink, log);
      const { accounting, timestamps } = source;
      log.info({ source: kind, wanted, accounting, timestamps }, 'connection tracking is read');
      return source;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      refusals.push(error);
      if (wanted === 'auto')
        log.warn(
          { source: kind, code: error.code, reason: error.message, hint: error.hint },
          'a source of connections cannot be used: trying the next',
        );
    }
  }
  throw refusals[0] ?? new ProblemError('conntrack-missing', `there is no source named ${wanted}`);
}

async function loadNetlink(): Promise<typeof import('./netlink/netlink-source.ts')> {
  try {
    return await import('./netlink/netlink-source.ts');
  } catch (error) {
    throw new ProblemError('conntrack-netlink', 'the netlink reader cannot be loaded on this machine', {
      hint: 'it needs the package koffi with its binary for this platform; or use --source conntrack or procfs',
      cause: error,
    });
  }
}
