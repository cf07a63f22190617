/**
 * The HTTP API on loopback, as an app that is not yet listening. Whoever reaches it is let in, and says who they are; a
 * browser's page of another origin is not (DESIGN.md section 7). It never changes anything in the cluster.
 */
import Fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { boundedServer } from './access/bounded-server.ts';
import type { ConnectionBounds } from './access/bounded-server.ts';
import { CLAIMED_AUTHOR_HEADER, claimedAuthor } from './access/author.ts';
import type { Refusals } from './access/refusals.ts';
import { requireSingleHeaders } from './access/single-headers.ts';
import { registerApi } from './api-routes.ts';
import type { ApiSources } from './api-routes.ts';
import { requireLoopback } from './listen.ts';
import { answerBrokenRequest, answerError, requireShortUrl } from './problem-json.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { answerUnknownRoutes } from './unknown-routes.ts';

export type { ApiSources } from './api-routes.ts';
export type { CoverageReport, NamespaceRow, NodeCoverage, WorkloadRow } from './api-routes.ts';

/** One browser and some commands; a whole request must arrive in time, and none is large. */
const BOUNDS: ConnectionBounds = {
  requestTimeoutMs: 30_000,
  maxConnections: 256,
  maxConnectionsOfOneAddress: 256,
};

/** The app, not yet listening. `version` is printed by /healthz and in the OpenAPI document. */
export function buildApp(
  sources: ApiSources,
  options: {
    readonly logger: FastifyBaseLogger | false;
    readonly version: string;
    readonly refusals?: Refusals;
  },
): FastifyInstance {
  const refused = (code: string, detail: string): void => options.refusals?.count('loopback', code, detail);
  const app: FastifyInstance = Fastify({
    ...(options.logger === false ? { logger: false } : { loggerInstance: options.logger }),
    // Only failures are logged (by the error handler): a line for each request would bury them.
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (handle) => boundedServer(handle, { certificate: null, bounds: BOUNDS, refused }),
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS);
      answerError(error, request, reply);
    },
  });
  app.setErrorHandler(answerError);
  app.decorateRequest('author', null);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    requireSingleHeaders(request.raw.rawHeaders);
    requireLoopback(request.headers);
    requireShortUrl(request.raw.url);
    request.author = claimedAuthor(request.headers[CLAIMED_AUTHOR_HEADER]);
  });
  answerUnknownRoutes(app, true);
  registerApi(app, sources, options.version);
  return app;
}
