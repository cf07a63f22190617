/** What kubelets and Prometheus ask: whether the server answers, whether it is ready, and its numbers. It tells no address and no name. */
import Fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { METRICS_MEDIA_TYPE } from '../runtime/metrics-text.ts';
import { boundedServer } from './access/bounded-server.ts';
import type { ConnectionBounds } from './access/bounded-server.ts';
import type { Refusals } from './access/refusals.ts';
import { answerBrokenRequest, answerError } from './problem-json.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import type { Degraded } from './storing.ts';
import { answerUnknownRoutes } from './unknown-routes.ts';
import type { WatchReadiness } from './watch-report.ts';

/** What probes and Prometheus are told. */
export interface ProbePages {
  /** Why the server cannot take part yet, or null. */
  notReady(): string | null;
  readiness(): WatchReadiness;
  /** What fails while the server takes part all the same. */
  degraded(): readonly Degraded[];
  metrics(): string;
}

const BOUNDS: ConnectionBounds = {
  requestTimeoutMs: 10_000,
  maxConnections: 128,
  maxConnectionsOfOneAddress: 64,
};

/** The app of a listener of its own, not yet listening. */
export function buildProbesApp(
  pages: ProbePages,
  options: { readonly logger: FastifyBaseLogger | false; readonly refusals: Refusals },
): FastifyInstance {
  const app: FastifyInstance = Fastify({
    ...(options.logger === false ? { logger: false } : { loggerInstance: options.logger }),
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (handle) =>
      boundedServer(handle, {
        certificate: null,
        bounds: BOUNDS,
        refused: (code, detail) => options.refusals.count('probes', code, detail),
      }),
    clientErrorHandler: answerBrokenRequest,
  });
  app.setErrorHandler(answerError);
  app.addHook('onRequest', async (_request, reply) => void reply.headers(SECURITY_HEADERS));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  answerUnknownRoutes(app, false);
  servePages(app, pages);
  return app;
}

/** /healthz, /readyz and /metrics. */
export function servePages(app: FastifyInstance, pages: ProbePages): void {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply) => {
    const reason = pages.notReady();
    const body = { status: reason ?? 'ready', degraded: pages.degraded(), ...pages.readiness() };
    return reply.code(reason === null ? 200 : 503).send(body);
  });
  app.get('/metrics', (_request, reply) => reply.type(METRICS_MEDIA_TYPE).send(pages.metrics()));
}
