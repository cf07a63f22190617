/**
 * How errors leave the server: as RFC 9457 problem documents, whatever threw them and wherever. A ProblemError
 * was written for a person and goes out with its code; anything else says nothing of the server's inside.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { ProblemError } from '../domain/problem.ts';
import { PROBLEM_MEDIA_TYPE, problemJson } from '../wire/problem.ts';
import type { Problem } from '../wire/problem.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Each code the API is documented to answer with. A code that is not here is answered with 500. */
const PROBLEMS = {
  'invalid-request': { status: 400, title: 'Invalid request' },
  'malformed-batch': { status: 400, title: 'Malformed batch' },
  'wrong-node': { status: 403, title: 'Wrong node' },
  'node-refused': { status: 403, title: 'Unknown node' },
  'stale-epoch': { status: 409, title: 'Stale epoch' },
  'batch-too-large': { status: 413, title: 'Batch too large' },
  'unsupported-encoding': { status: 415, title: 'Unsupported encoding' },
  'body-too-large': { status: 413, title: 'Body too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'bad-connection': { status: 422, title: 'Not a connection' },
  'invalid-policies': { status: 422, title: 'Invalid policies' },
  'no-data-in-window': { status: 422, title: 'No data in the window' },
  'unknown-node': { status: 503, title: 'Node not known yet' },
  'queue-full': { status: 503, title: 'Queue full' },
  'bad-cursor': { status: 400, title: 'Not a cursor' },
  'host-refused': { status: 403, title: 'Host refused' },
  'origin-refused': { status: 403, title: 'Origin refused' },
  'not-found': { status: 404, title: 'Not found' },
  'unknown-namespace': { status: 404, title: 'Unknown namespace' },
  'unknown-workload': { status: 404, title: 'Unknown workload' },
  'unknown-edge': { status: 404, title: 'Unknown edge' },
  'token-missing': { status: 401, title: 'No token' },
  'token-malformed': { status: 401, title: 'Not a token' },
  'token-refused': { status: 401, title: 'Token refused' },
  'token-not-bound': { status: 401, title: 'Token not bound to a pod' },
  'not-an-agent': { status: 401, title: 'Not an agent' },
  'access-denied': { status: 403, title: 'Access denied' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'agent-pod-unknown': { status: 503, title: 'Pod not known yet' },
  'reviews-busy': { status: 503, title: 'Too many tokens to check' },
  'reviews-unavailable': { status: 503, title: 'Tokens cannot be checked' },
  'duplicate-header': { status: 400, title: 'Duplicate header' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'uri-too-long': { status: 414, title: 'URI too long' },
  'internal-error': { status: 500, title: 'Internal error' },
  'disk-full': { status: 507, title: 'Disk full' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** Longest request target served, in characters: a cursor of 2,000 and every filter at its bound, percent-encoded, fit. */
const MAX_URL_CHARS = 4096;
/** Longest piece of a request that an error repeats, in characters. */
const MAX_ECHO_CHARS = 200;

/** Response schemas of every error a route may answer with, for its `schema.response`. */
export function problemResponses(...statuses: readonly (400 | 403 | 404 | 413 | 414 | 415 | 422 | 500)[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: STATUS_CODES[status] ?? '',
        content: { [PROBLEM_MEDIA_TYPE]: { schema: problemJson } },
      },
    ]),
  );
}

/** The problem document for anything thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return ofProblemError(error);
  if (hasZodFastifySchemaValidationErrors(error)) return ofValidation(error);
  const status = statusOf(error);
  const code: ProblemCode =
    status < 500 ? (status === 414 ? 'uri-too-long' : 'invalid-request') : 'internal-error';
  const detail =
    status < 500 && error instanceof Error
      ? shorten(error.message)
      : 'The server failed to answer; its log has the reason.';
  return { ...head(code), status, detail, code };
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
}

/** Fastify's error handler: logs what is the server's own fault, and only that: a 503 asks to come back. */
export function answerError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error);
  if (problem.status >= 500 && problem.status !== 503)
    request.log.error({ err: error, code: problem.code }, 'request failed');
  void sendProblem(reply, problem);
}

/** Node's `clientError`: bytes that are no HTTP request, a header that never ends, a request that never comes. */
export function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  // Before its handshake is over nothing can be said on a TLS connection, and what is queued would keep it open.
  if (error.code === 'ECONNRESET' || isTlsError(error) || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const reason = STATUS_CODES[status] ?? '';
  const detail = 'What arrived is not a whole HTTP request within the bounds of this server.';
  const body = JSON.stringify({ ...head('invalid-request'), status, detail, code: 'invalid-request' });
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': PROBLEM_MEDIA_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${body}`);
}

/** Whether a handshake failed: it was another protocol, another version, or took too long. */
export function isTlsError({ code = '' }: { readonly code?: string }): boolean {
  return code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO';
}

/** Throws a ProblemError `uri-too-long`. */
export function requireShortUrl(url: string | undefined): void {
  if ((url ?? '').length > MAX_URL_CHARS)
    throw new ProblemError('uri-too-long', `The URL is longer than ${MAX_URL_CHARS} characters.`);
}

/** `text` cut to what an error may repeat. */
export function shorten(text: string): string {
  return text.length > MAX_ECHO_CHARS ? `${text.slice(0, MAX_ECHO_CHARS)}...` : text;
}

function ofProblemError(error: ProblemError): Problem {
  const known = Object.hasOwn(PROBLEMS, error.code) ? PROBLEMS[error.code as ProblemCode] : null;
  return {
    type: `urn:netscribe:problem:${error.code}`,
    title: known?.title ?? PROBLEMS['internal-error'].title,
    status: known?.status ?? 500,
    detail: error.message,
    code: error.code,
    ...(error.hint !== null && { hint: error.hint }),
  };
}

function ofValidation(error: {
  readonly validation: readonly { readonly instancePath: string; readonly message?: string }[];
  readonly validationContext?: unknown;
}): Problem {
  const where = error.validationContext === 'querystring' ? 'query' : String(error.validationContext);
  const errors = error.validation.map((issue) => ({
    at: `${where}${issue.instancePath.replace(/\/$/, '').replaceAll('/', '.')}`,
    message: shorten(issue.message ?? 'not valid'),
  }));
  const detail = errors.map(({ at, message }) => `${at}: ${message}`).join('; ');
  return { ...head('invalid-request'), detail, code: 'invalid-request', errors };
}

function head(code: ProblemCode): { type: string; title: string; status: number } {
  return { type: `urn:netscribe:problem:${code}`, ...PROBLEMS[code] };
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
