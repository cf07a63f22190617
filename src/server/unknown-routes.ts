/** What is answered where nothing is served: a 404, or a 405 that says how the path is asked. */
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../domain/problem.ts';
import { API_PATHS } from '../wire/api.ts';
import { shorten } from './problem-json.ts';

/** `isApiServed` says whether the API's paths are on this listener: then what is asked of them wrongly is told how. */
export function answerUnknownRoutes(app: FastifyInstance, isApiServed: boolean): void {
  const known: readonly string[] = isApiServed ? Object.values(API_PATHS) : [];
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const what = `${request.method} ${shorten(path)}`;
    if (known.includes(path)) {
      const isPosted = path === API_PATHS.verify;
      reply.header('allow', isPosted ? 'POST' : 'GET, HEAD');
      const how = isPosted ? 'it is asked with POST' : 'the API is read with GET';
      throw new ProblemError('method-not-allowed', `${what} is not allowed; ${how}.`);
    }
    throw new ProblemError(
      'not-found',
      `${what} is not served here.`,
      isApiServed ? { hint: `${API_PATHS.openapi} lists what is.` } : {},
    );
  });
}
