/**
 * `netscribe server`: watches the cluster, hears agents, stores, attributes and serves. It wires its parts in one
 * visible place and never changes anything in the cluster.
 */
import { CommanderError } from 'commander';
import type { Logger } from 'pino';
import type { ApiTransport } from '../kube/watch/transport.ts';
import { inClusterTransport, kubeconfigTransport, urlTransport } from '../kube/watch/transport.ts';
import { watchCluster } from '../kube/watch/cluster-watch.ts';
import type { ClusterWatch } from '../kube/watch/cluster-watch.ts';
import { wallClock, warnOfOffset } from '../runtime/clock.ts';
import { OUR_CLOCKS } from '../identity/fact-clock.ts';
import type { ClockReading } from '../identity/fact-clock.ts';
import { createLogger } from '../runtime/log.ts';
import { metricsText } from '../runtime/metrics-text.ts';
import { packageVersion } from '../runtime/version.ts';
import { openStore } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { apiSources } from './api-sources.ts';
import { buildApp } from './app.ts';
import { buildIngestApp } from './ingest-app.ts';
import { isLoopback, listen, listenAnywhere } from './listen.ts';
import { Live } from './live.ts';
import { parseServerOptions } from './options.ts';
import type { WatchReport } from './routes/coverage.ts';
import { watchMetrics } from './watch-metrics.ts';
import { NO_WATCH, watchReadinessOf, watchReportOf } from './watch-report.ts';
import type { ApiAccess, ServerOptions } from './options.ts';

interface CommandIo {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** How often what waits is attributed; flows wait for kubelets much longer than this. */
const SETTLE_EVERY_MS = 250;

export async function main(argv: string[], io: CommandIo): Promise<number> {
  let options: ServerOptions;
  try {
    options = parseServerOptions(argv, io);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const log = createLogger(io.stderr, options.logLevel);
  log.info({ config: options, version: packageVersion() }, 'server starting');
  warnOfOffset(log);
  const store = openStore(options.db);
  try {
    await serve(options, { store, log, signal: io.signal });
    return 0;
  } finally {
    store.close();
    log.info({}, 'server stopped');
  }
}

async function serve(
  options: ServerOptions,
  by: { store: Store; log: Logger; signal: AbortSignal },
): Promise<void> {
  const { store, log, signal } = by;
  const transport = await transportOf(options.api);
  const live = new Live(store, {
    timing: { slackMs: options.frontierSlackMs, deadlineMs: options.frontierDeadlineMs },
    now: wallClock,
    apiClock: () => readingOf(transport.serverClock),
  });
  const known = { nodeCidrs: options.nodeCidrs, controlPlaneCidrs: options.controlPlaneCidrs };
  let watch: ClusterWatch | null = null;
  const watchReport = (): WatchReport => (watch === null ? NO_WATCH : watchReportOf(watch, wallClock()));
  const people = await listen(
    buildApp(
      apiSources(store, () => live.analysed(known), {
        watch: watchReport,
        attribution: () => live.attribution(),
      }),
      { logger: log, version: packageVersion() },
    ),
    options.listen,
  );
  const accepting = {
    generation: store.generation,
    accept: (batch: Parameters<Live['accept']>[0]) => live.accept(batch),
    notReady: () => (live.isSynced ? null : 'the cluster has not been listed yet'),
  };
  const watchPages = {
    readiness: () => watchReadinessOf(watchReport(), wallClock()),
    metrics: () => (watch === null ? '' : metricsText(watchMetrics(watch, wallClock()))),
  };
  const agents = await listenAnywhere(
    buildIngestApp(accepting, { logger: log, watch: watchPages }),
    options.ingest,
  );
  log.info({ api: people.url, ingest: agents.url }, 'server listening');
  if (!isLoopback(options.ingest.host))
    log.warn(
      { ingest: agents.url },
      'agents are not authenticated: whoever reaches this address can add evidence',
    );
  watch = watchCluster(
    transport,
    {
      event: (event) => {
        const reject = live.event(event);
        if (reject !== null) log.warn(reject, 'object not understood');
      },
      nodeLease: (node, renewedAt, heard) => live.nodeLease(node, renewedAt, heard),
      outage: (from, until) => live.outage(from, until),
      kindUnwatched: (kind, since) => live.kindUnwatched(kind, since),
      kindSynced: (kind) => live.kindSynced(kind),
      otherPolicies: (found) => live.otherPolicies(found),
      synced: () => {
        live.synced();
        log.info({}, 'cluster listed');
      },
    },
    { signal, now: wallClock, log },
  );
  try {
    await settleUntilAborted(live, { log, signal });
  } finally {
    await agents.close();
    await people.close();
    await watch.close();
    transport.close();
    await live.close();
  }
}

/** What must be added to the API server's times to have ours; before its first answer they are taken for ours. */
function readingOf(clock: ApiTransport['serverClock']): ClockReading {
  if (clock === null) return OUR_CLOCKS.api;
  return { offsetMs: -clock.offsetMs, uncertaintyMs: clock.uncertaintyMs };
}

/** A failure to attribute (a full disk) is told and tried again; what waits is durable meanwhile. */
async function settleUntilAborted(live: Live, by: { log: Logger; signal: AbortSignal }): Promise<void> {
  while (!by.signal.aborted) {
    try {
      live.settle();
    } catch (error) {
      by.log.error({ err: error }, 'attribution failed');
    }
    await aborted(by.signal, SETTLE_EVERY_MS);
  }
}

function aborted(signal: AbortSignal, orAfterMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, orAfterMs);
    signal.addEventListener('abort', done);
  });
}

function transportOf(access: ApiAccess): Promise<ApiTransport> {
  switch (access.kind) {
    case 'in-cluster':
      return inClusterTransport(process.env);
    case 'kubeconfig':
      return kubeconfigTransport(access.file);
    case 'url':
      return urlTransport(access.url, {
        ...(access.tokenFile === undefined ? {} : { tokenFile: access.tokenFile }),
        ...(access.caFile === undefined ? {} : { caFile: access.caFile }),
      });
    default:
      return access satisfies never;
  }
}
