/**
 * The listener for agents: POST /api/v1/batches and nothing else but health and metrics. It answers only after the batch is
 * durable, checks every bound before it parses, and never trusts a node's name without the watch.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import Fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply } from 'fastify';
import { ProblemError } from '../domain/problem.ts';
import { METRICS_MEDIA_TYPE } from '../runtime/metrics-text.ts';
import { parseBatch } from '../wire/batch-schema.ts';
import type { Batch } from '../wire/batch.ts';
import { answerBrokenRequest, answerError } from './problem-json.ts';
import type { WatchReadiness } from './watch-report.ts';

/** Bytes of a body as sent; an agent's batch of 5,000 flows is about 1.5 MB. */
const MAX_BODY_BYTES = 8 << 20;
/** Bytes of a body after decompression: what a hostile one may cost. */
const MAX_DECOMPRESSED_BYTES = 32 << 20;
const REQUEST_TIMEOUT_MS = 60_000;
/** What an agent is told to wait when it is not its fault. */
const RETRY_AFTER_S = 5;

/** What probes and Prometheus are told of the watch behind the server. */
export interface WatchPages {
  readiness(): WatchReadiness;
  metrics(): string;
}

export interface Accepting {
  readonly generation: string;
  /** Resolves when the batch is durable. Throws or rejects with a ProblemError. */
  accept(batch: Batch): Promise<void>;
  /** Why the server cannot take part yet, or null. */
  notReady(): string | null;
}

const unzip = promisify(gunzip);

export function buildIngestApp(
  accepting: Accepting,
  options: { readonly logger: FastifyBaseLogger | false; readonly watch?: WatchPages },
): FastifyInstance {
  const app: FastifyInstance = Fastify({
    ...(options.logger === false ? { logger: false } : { loggerInstance: options.logger }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    clientErrorHandler: answerBrokenRequest,
  });
  app.setErrorHandler((error: Error & { readonly code?: string }, request, reply) => {
    const problem = problemFor(error);
    if (problem instanceof ProblemError && (problem.code === 'unknown-node' || problem.code === 'queue-full'))
      reply.header('retry-after', RETRY_AFTER_S);
    answerError(problem, request, reply);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply: FastifyReply) => {
    const reason = accepting.notReady();
    return reply
      .code(reason === null ? 200 : 503)
      .send({ status: reason ?? 'ready', ...options.watch?.readiness() });
  });
  app.get('/metrics', (_request, reply: FastifyReply) =>
    reply.type(METRICS_MEDIA_TYPE).send(options.watch?.metrics() ?? ''),
  );
  app.post('/api/v1/batches', async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const batch = batchOf(await plainBody(body, request.headers['content-encoding']));
    await accepting.accept(batch);
    return reply.send({
      generation: accepting.generation,
      acknowledged: { epoch: batch.epoch, sequence: batch.sequence },
    });
  });
  return app;
}

async function plainBody(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip')
    throw new ProblemError(
      'unsupported-encoding',
      `content-encoding ${encoding.slice(0, 40)} is not supported`,
      { hint: 'send gzip or none' },
    );
  try {
    return await unzip(body, { maxOutputLength: MAX_DECOMPRESSED_BYTES });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(MAX_DECOMPRESSED_BYTES, 'after decompression');
    throw new ProblemError('malformed-batch', 'the body is not gzip', { cause: error });
  }
}

function batchOf(body: Buffer): Batch {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new ProblemError(
      'malformed-batch',
      `the body is not JSON: ${error instanceof Error ? error.message.slice(0, 120) : ''}`,
      { cause: error },
    );
  }
  const parsed = parseBatch(value);
  if (parsed.kind === 'malformed') throw new ProblemError('malformed-batch', parsed.complaints.join('; '));
  return parsed.batch;
}

function problemFor(error: Error & { readonly code?: string }): Error {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(MAX_BODY_BYTES, 'as sent');
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new ProblemError('unsupported-encoding', 'the body is not application/json');
  return error;
}

function tooLarge(limit: number, what: string): ProblemError {
  return new ProblemError('batch-too-large', `the batch is larger than ${limit >> 20} MiB ${what}`, {
    hint: 'split it in two',
  });
}
