/**
 * The network listener: batches of agents, and the API for people where that is wanted. Who speaks is checked before a
 * body is read, every bound before it is parsed; it answers only after the batch is durable.
 */
import type { IncomingMessage } from 'node:http';
import Fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError } from '../domain/problem.ts';
import type { Batch } from '../wire/batch.ts';
import type { AgentIdentity } from './access/agent-gate.ts';
import { originChecked } from './access/batch-origin.ts';
import { BodyBudget } from './access/body-budget.ts';
import type { Reservation } from './access/body-budget.ts';
import { boundedServer } from './access/bounded-server.ts';
import type { ConnectionBounds } from './access/bounded-server.ts';
import type { CertificateSource } from './access/certificate.ts';
import { readBody } from './access/read-body.ts';
import type { Refusals } from './access/refusals.ts';
import { requireSingleHeaders } from './access/single-headers.ts';
import { Turns } from './access/turns.ts';
import { DECOMPRESSED_AT_A_TIME, MAX_BODY_BYTES, batchOf, plainBody, tooLarge } from './batch-body.ts';
import {
  answerBrokenRequest,
  answerError,
  isTlsError,
  problemOf,
  requireShortUrl,
  sendProblem,
} from './problem-json.ts';
import { servePages } from './probes-app.ts';
import type { ProbePages } from './probes-app.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import type { Degraded } from './storing.ts';
import { answerUnknownRoutes } from './unknown-routes.ts';
import type { WatchReadiness } from './watch-report.ts';

/** What a caller is told to wait when it is not its fault. */
const RETRY_AFTER_S = 5;
const WITH_RETRY_AFTER: ReadonlySet<string> = new Set([
  'unknown-node',
  'queue-full',
  'too-many-requests',
  'reviews-busy',
  'reviews-unavailable',
  'agent-pod-unknown',
]);

/** To read a batch takes time by its size: 100,000 flows in 16 MB stop everything else for seconds. An agent's largest is 1.5 MB. */
const BYTES_OF_ONE_BATCH = 256 << 10;

/** 5,000 agents keep one connection each; an agent that lost one may have two for a while. */
const BOUNDS: ConnectionBounds = {
  requestTimeoutMs: 20_000,
  maxConnections: 10_000,
  maxConnectionsOfOneAddress: 512,
};

/** What probes and Prometheus are told of the watch behind the server. */
export interface WatchPages {
  readiness(): WatchReadiness;
  degraded(): readonly Degraded[];
  metrics(): string;
}

export interface Accepting {
  readonly generation: string;
  /** Resolves when the batch is durable. Throws or rejects with a ProblemError. */
  accept(batch: Batch, nodeIs: 'claimed' | 'reviewed'): Promise<void>;
  /** Why the server cannot take part yet, or null. */
  notReady(): string | null;
}

export interface IngestOptions {
  readonly logger: FastifyBaseLogger | false;
  /** Health and metrics on this listener too; none when absent. */
  readonly watch?: WatchPages;
  /** Whoever reaches the listener may send batches when absent. */
  readonly agents?: { identify(authorization: string | undefined, from: string): Promise<AgentIdentity> };
  /** How often each node may send; as often as it likes when absent. */
  readonly pace?: { wait(node: string): number | null; charge(node: string, times: number): void };
  /** Registers the API for people, with what lets them in; none when absent. */
  readonly people?: (scope: FastifyInstance) => void;
  /** Plain HTTP when absent. */
  readonly certificate?: CertificateSource;
  readonly refusals?: Refusals;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends a batch; null where agents need no token, and for all other requests. */
    agent: AgentIdentity | null;
    /** Its share of what may be in memory; null but for batches. */
    reservation: Reservation | null;
  }
}

export function buildIngestApp(accepting: Accepting, options: IngestOptions): FastifyInstance {
  const refused = (code: string, detail: string): void => options.refusals?.count('network', code, detail);
  const app: FastifyInstance = Fastify({
    ...(options.logger === false ? { logger: false } : { loggerInstance: options.logger }),
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (handle) =>
      boundedServer(handle, { certificate: options.certificate ?? null, bounds: BOUNDS, refused }),
    clientErrorHandler: (error, socket) => {
      // Failed handshakes are counted where they fail.
      if (!isTlsError(error)) refused('broken-request', (error as NodeJS.ErrnoException).code ?? '');
      answerBrokenRequest(error, socket);
    },
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS);
      answerError(error, request, reply);
    },
  });
  app.setErrorHandler((error: Error & { readonly code?: string }, request, reply) => {
    const problem = problemFor(error);
    const answer = problemOf(problem);
    const { code, status, detail } = answer;
    // Every agent repeats its batch for as long as the disk is full: counted, and told once a minute.
    const isDiskFull = code === 'disk-full';
    if (status < 500 || isDiskFull || WITH_RETRY_AFTER.has(code)) refused(code, detail);
    if (WITH_RETRY_AFTER.has(code) && !reply.hasHeader('retry-after'))
      reply.header('retry-after', RETRY_AFTER_S);
    // The rest of a body that is too large is not waited for.
    if (code === 'batch-too-large' && !request.raw.complete) reply.header('connection', 'close');
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    if (isDiskFull) void sendProblem(reply, answer);
    else answerError(problem, request, reply);
  });
  app.decorateRequest('author', null);
  app.decorateRequest('agent', null);
  app.decorateRequest('reservation', null);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    requireSingleHeaders(request.raw.rawHeaders);
    requireShortUrl(request.raw.url);
    if (request.headers.origin !== undefined)
      throw new ProblemError('origin-refused', 'Pages of browsers may not use this listener.');
  });
  answerUnknownRoutes(app, options.people !== undefined);
  if (options.watch !== undefined) servePages(app, pagesOf(accepting, options.watch));
  app.register(async (scope) => batchesRoute(scope, accepting, options));
  if (options.people !== undefined) {
    const { people } = options;
    app.register(async (scope) => people(scope));
  }
  return app;
}

/** In a scope of its own: it alone reads bodies of this kind. */
function batchesRoute(app: FastifyInstance, accepting: Accepting, options: IngestOptions): void {
  const budget = new BodyBudget();
  const turns = new Turns(DECOMPRESSED_AT_A_TIME);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (request: FastifyRequest, payload: IncomingMessage) =>
    readBody(payload, (bytes) => {
      if (bytes > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES, 'as sent');
      request.reservation?.grow(bytes);
    }),
  );
  app.addHook('onRequest', async (request, reply) => {
    request.agent = (await options.agents?.identify(request.headers.authorization, request.ip)) ?? null;
    if (request.agent !== null) keepPace(request.agent.node, reply, options.pace);
    reserve(request, reply, budget);
  });
  app.post('/api/v1/batches', async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const plain = await plainBody(body, request.headers['content-encoding'], turns);
    request.reservation?.grow(plain.length);
    const times = Math.floor(plain.length / BYTES_OF_ONE_BATCH);
    if (request.agent !== null) options.pace?.charge(request.agent.node, times);
    const batch = batchOf(plain);
    if (request.agent === null) keepPace(batch.nodeName, reply, options.pace);
    const checked = request.agent === null ? batch : originChecked(batch, request.agent);
    await accepting.accept(checked, request.agent === null ? 'claimed' : 'reviewed');
    return reply.send({
      generation: accepting.generation,
      acknowledged: { epoch: batch.epoch, sequence: batch.sequence },
    });
  });
}

function keepPace(node: string, reply: FastifyReply, pace: IngestOptions['pace']): void {
  const waitS = pace?.wait(node) ?? null;
  if (waitS === null) return;
  reply.header('retry-after', waitS);
  throw new ProblemError('too-many-requests', `Node ${node} sends more batches than it may.`);
}

/** Before the body arrives; given back when the request is over, however it ends. */
function reserve(request: FastifyRequest, reply: FastifyReply, budget: BodyBudget): void {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES)
    throw tooLarge(MAX_BODY_BYTES, 'as sent');
  const reservation = budget.reserve(request.agent?.node ?? null);
  request.reservation = reservation;
  reply.raw.once('close', () => reservation.release());
}

function pagesOf(accepting: Accepting, watch: WatchPages): ProbePages {
  return {
    notReady: () => accepting.notReady(),
    readiness: () => watch.readiness(),
    degraded: () => watch.degraded(),
    metrics: () => watch.metrics(),
  };
}

function problemFor(error: Error & { readonly code?: string }): Error {
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new ProblemError('unsupported-encoding', 'the body is not application/json');
  return error;
}
