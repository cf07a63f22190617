/**
 * The HTTP API of the server as an app that any listener can serve. It reads from its sources and prints; it never
 * changes anything, and it never computes what the pipeline has not (drafts, attribution, coverage come ready).
 */
import fastifySwagger from '@fastify/swagger';
import Fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { ProblemError } from '../domain/problem.ts';
import { API_PATHS } from '../wire/api.ts';
import { requireLoopback } from './listen.ts';
import { answerBrokenRequest, answerError, shorten } from './problem-json.ts';
import { coverageRoute } from './routes/coverage.ts';
import type { CoverageSource } from './routes/coverage.ts';
import { edgeEvidenceRoute } from './routes/edge-evidence.ts';
import type { EdgeEvidenceSource } from './routes/edge-evidence.ts';
import { edgesRoute } from './routes/edges.ts';
import type { EdgesSource } from './routes/edges.ts';
import { healthRoute } from './routes/health.ts';
import { leasesRoute } from './routes/leases.ts';
import type { LeasesSource } from './routes/leases.ts';
import { namespacesRoute } from './routes/namespaces.ts';
import type { NamespacesSource } from './routes/namespaces.ts';
import { openApiOptions, openApiRoute } from './routes/openapi.ts';
import { policiesRoute } from './routes/policies.ts';
import type { PoliciesSource } from './routes/policies.ts';
import { policiesYamlRoute } from './routes/policies-yaml.ts';
import type { PoliciesYamlSource } from './routes/policies-yaml.ts';
import { unattributedRoute } from './routes/unattributed.ts';
import type { UnattributedSource } from './routes/unattributed.ts';
import { verifyRoute } from './routes/verify.ts';
import type { VerifySource } from './routes/verify.ts';
import { workloadsRoute } from './routes/workloads.ts';
import type { WorkloadsSource } from './routes/workloads.ts';

export type { CoverageReport, NodeCoverage } from './routes/coverage.ts';
export type { NamespaceRow } from './routes/namespaces.ts';
export type { WorkloadRow } from './routes/workloads.ts';

/** Everything the API reads. Each route declares the part it needs. */
export interface ApiSources
  extends
    NamespacesSource,
    WorkloadsSource,
    EdgesSource,
    EdgeEvidenceSource,
    PoliciesSource,
    PoliciesYamlSource,
    LeasesSource,
    CoverageSource,
    UnattributedSource,
    VerifySource {}

/** Longest request target served, in characters: a cursor of 2,000 and every filter at its bound, percent-encoded, fit. */
const MAX_URL_CHARS = 4096;
/** A whole request must arrive within this; requests are one line and a few headers. */
const REQUEST_TIMEOUT_MS = 30_000;

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The app, not yet listening. `version` is printed by /healthz and in the OpenAPI document. */
export function buildApp(
  sources: ApiSources,
  options: { readonly logger: FastifyBaseLogger | false; readonly version: string },
): FastifyInstance {
  const app: FastifyInstance = Fastify({
    ...(options.logger === false ? { logger: false } : { loggerInstance: options.logger }),
    // Only failures are logged (by the error handler): a line for each request would bury them.
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS);
      answerError(error, request, reply);
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError);
  // Routes take no body, but verify: whatever comes is left unread, so that an unknown route is a 404 whatever it was sent.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  guardRequests(app);
  answerUnknownRoutes(app);
  app.register(fastifySwagger, openApiOptions(options.version));
  // In a plugin of its own, so that the OpenAPI collector is in place before the first route.
  app.register(async (scope) => {
    const api = scope.withTypeProvider<ZodTypeProvider>();
    healthRoute(api, options.version);
    openApiRoute(api);
    namespacesRoute(api, sources);
    workloadsRoute(api, sources);
    edgesRoute(api, sources);
    edgeEvidenceRoute(api, sources);
    policiesRoute(api, sources);
    policiesYamlRoute(api, sources);
    leasesRoute(api, sources);
    coverageRoute(api, sources);
    unattributedRoute(api, sources);
    scope.register(async (ownBody) => verifyRoute(ownBody.withTypeProvider<ZodTypeProvider>(), sources));
  });
  return app;
}

function guardRequests(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    requireLoopback(request.headers);
    if ((request.raw.url ?? '').length > MAX_URL_CHARS) {
      throw new ProblemError('uri-too-long', `The URL is longer than ${MAX_URL_CHARS} characters.`);
    }
  });
}

function answerUnknownRoutes(app: FastifyInstance): void {
  const known: readonly string[] = Object.values(API_PATHS);
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const what = `${request.method} ${shorten(path)}`;
    if (known.includes(path)) {
      const isPosted = path === API_PATHS.verify;
      reply.header('allow', isPosted ? 'POST' : 'GET, HEAD');
      const how = isPosted ? 'it is asked with POST' : 'the API is read with GET';
      throw new ProblemError('method-not-allowed', `${what} is not allowed; ${how}.`);
    }
    throw new ProblemError('not-found', `${what} is not served here.`, {
      hint: `${API_PATHS.openapi} lists what is.`,
    });
  });
}
