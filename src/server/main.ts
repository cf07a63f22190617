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
import { givenRangeCaveats } from '../recommend/given-ranges.ts';
import { wallClock, warnOfOffset } from '../runtime/clock.ts';
import { OUR_CLOCKS } from '../identity/fact-clock.ts';
import type { ClockReading } from '../identity/fact-clock.ts';
import { createLogger } from '../runtime/log.ts';
import { metricsText } from '../runtime/metrics-text.ts';
import { readNamedRanges } from '../runtime/named-ranges-file.ts';
import { packageVersion } from '../runtime/version.ts';
import { openStore } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { apiSources } from './api-sources.ts';
import { buildApp } from './app.ts';
import { networkAccess } from './access/listeners.ts';
import { Refusals } from './access/refusals.ts';
import { buildIngestApp } from './ingest-app.ts';
import type { Accepting } from './ingest-app.ts';
import { isLoopback, openListeners } from './listen.ts';
import { Live } from './live.ts';
import { parseServerOptions } from './options.ts';
import { buildProbesApp } from './probes-app.ts';
import type { ProbePages } from './probes-app.ts';
import type { WatchReport } from './routes/coverage.ts';
import { watchMetrics } from './watch-metrics.ts';
import { NO_WATCH, watchReadinessOf, watchReportOf } from './watch-report.ts';
import type { ApiAccess, ServerOptions } from './options.ts';
import { StoringHealth } from './storing.ts';

interface CommandIo {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** How often what waits is attributed; flows wait for kubelets much longer than this. */
const SETTLE_EVERY_MS = 250;
/** A disk that is full stays so for hours: what fails four times a second is told once in this time. */
const TELL_FAILURE_EVERY_MS = 60_000;

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
    try {
      await serve(options, { store, log, signal: io.signal });
    } finally {
      store.close();
    }
    return 0;
  } catch (error) {
    // After a signal nobody else tells it.
    if (io.signal.aborted)
      log.error({ err: error }, 'the server could not store everything before it stopped');
    throw error;
  } finally {
    log.info({}, 'server stopped');
  }
}

async function serve(
  options: ServerOptions,
  by: { store: Store; log: Logger; signal: AbortSignal },
): Promise<void> {
  const { store, log, signal } = by;
  const { nodeCidrs, controlPlaneCidrs, namedRanges, learningWindowMs } = options;
  const named = namedRanges === undefined ? {} : await readNamedRanges(namedRanges);
  const transport = await transportOf(options.api);
  const live = new Live(store, {
    timing: { slackMs: options.frontierSlackMs, deadlineMs: options.frontierDeadlineMs },
    now: wallClock,
    apiClock: () => readingOf(transport.serverClock),
  });
  const known = { nodeCidrs, controlPlaneCidrs, named };
  const usual = { include: [], options: { window: learningWindowMs } };
  let watch: ClusterWatch | null = null;
  const watchReport = (): WatchReport => (watch === null ? NO_WATCH : watchReportOf(watch, wallClock()));
  const version = packageVersion();
  const refusals = new Refusals(log, () => performance.now());
  const storing = new StoringHealth(wallClock);
  const sources = apiSources(store, () => live.analysed(known, usual), {
    watch: watchReport,
    attribution: () => live.attribution(),
  });
  const access = await networkAccess(options, {
    transport,
    log,
    now: wallClock,
    monotonicMs: () => performance.now(),
    sources,
    version,
  });
  const pages: ProbePages = {
    notReady: () => (live.isSynced ? null : 'the cluster has not been listed yet'),
    readiness: () => watchReadinessOf(watchReport(), wallClock()),
    degraded: () => storing.degraded,
    metrics: () =>
      metricsText([
        ...(watch === null ? [] : watchMetrics(watch, wallClock())),
        refusals.metrics,
        storing.metrics,
      ]),
  };
  const accepting: Accepting = {
    generation: store.generation,
    accept: (batch, nodeIs) => storing.ofBatch(live.accept(batch, nodeIs)),
    notReady: () => pages.notReady(),
  };
  const listeners = await openListeners([
    { name: 'api', app: buildApp(sources, { logger: log, version, refusals }), at: options.listen },
    {
      name: 'ingest',
      app: buildIngestApp(accepting, {
        logger: log,
        refusals,
        ...access.ingest,
        // On the network, numbers are for probes and not for whoever may send batches.
        ...(options.probes === null && isLoopback(options.ingest.host) && { watch: pages }),
      }),
      at: options.ingest,
    },
    ...(options.probes === null
      ? []
      : [
          {
            name: 'probes' as const,
            app: buildProbesApp(pages, { logger: log, refusals }),
            at: options.probes,
          },
        ]),
  ]);
  log.info(listeners.urls, 'server listening');
  if (!isLoopback(options.ingest.host) && options.agentAuth.kind === 'none')
    log.warn(
      { ingest: listeners.urls['ingest'] },
      'agents are not authenticated: whoever reaches this address can add evidence',
    );
  watch = watchCluster(
    transport,
    {
      event: (event) => {
        access.event(event);
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
        for (const caveat of givenRangeCaveats(live.cluster(), known))
          log.warn(caveat, 'a range that was given holds pods or Services');
      },
    },
    { signal, now: wallClock, log },
  );
  try {
    await settleUntilAborted(live, { log, signal, storing });
  } finally {
    await listeners.close();
    access.close();
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
async function settleUntilAborted(
  live: Live,
  by: { log: Logger; signal: AbortSignal; storing: StoringHealth },
): Promise<void> {
  let failures = 0;
  let toldAt = -Infinity;
  while (!by.signal.aborted) {
    try {
      live.settle();
      if (failures > 0) by.log.info({ failures }, 'attribution works again');
      failures = 0;
      by.storing.worked('attribution');
    } catch (error) {
      failures++;
      by.storing.failed('attribution', error);
      const now = performance.now();
      if (now - toldAt >= TELL_FAILURE_EVERY_MS) {
        toldAt = now;
        by.log.error({ err: error, failures }, 'attribution failed: it is tried again');
      }
    }
    await aborted(by.signal, live.isBehind ? 0 : SETTLE_EVERY_MS);
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
