/** POST /api/v1/verify: would these policies break what was recorded? It judges and answers; it applies and keeps nothing. */
import type { FastifyError } from 'fastify';
import { z } from 'zod';
import { ProblemError } from '../../domain/problem.ts';
import { nearestNames } from '../../runtime/nearest-names.ts';
import { parsePolicy } from '../../netpol/parse/parse-policy.ts';
import type { NetworkPolicy } from '../../netpol/policy.ts';
import { policyKey } from '../../netpol/verify-change.ts';
import { API_PATHS } from '../../wire/api.ts';
import type { Problem } from '../../wire/problem.ts';
import { MAX_VERIFY_BYTES, verifyAnswerJson, verifyRequestJson } from '../../wire/verify-json.ts';
import { answerError, problemOf, problemResponses, sendProblem, shorten } from '../problem-json.ts';
import type { JudgedPolicies, VerifyAnswer, VerifyRequest } from '../verification.ts';
import { printVerification } from '../verify-print.ts';
import { requireKnown } from './filters.ts';
import type { KnownNames } from './filters.ts';
import { okJson } from './route.ts';
import type { ApiScope } from './route.ts';

export interface VerifySource {
  /** Throws a ProblemError `no-data-in-window`, `bad-connection` or `unknown-workload`. */
  verify(request: VerifyRequest): VerifyAnswer;
}

type PolicyProblems = NonNullable<Problem['problems']>;

/** Problems that an answer lists at most; a file of the wrong kind has thousands. */
const MAX_PROBLEMS = 200;
/** Problems that the sentence for people names. */
const MAX_PROBLEMS_TOLD = 5;

/** In a scope of its own: this route alone reads a body. */
export function verifyRoute(app: ApiScope, source: VerifySource & KnownNames): void {
  app.removeAllContentTypeParsers();
  // The body is foreign: a `__proto__` in it is refused, not followed.
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: MAX_VERIFY_BYTES },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.setErrorHandler((error: FastifyError, request, reply) =>
    answerError(asBodyProblem(error), request, reply),
  );
  app.post(
    API_PATHS.verify,
    {
      bodyLimit: MAX_VERIFY_BYTES,
      schema: {
        operationId: 'verifyPolicies',
        summary: 'Would policies break recorded traffic?',
        description:
          'Judges policies, together with those in force or instead of them, against the edges of a window. Policies in ' +
          'force are judged against having none. Nothing is applied or kept.',
        tags: ['policies'],
        querystring: z.strictObject({}),
        body: verifyRequestJson,
        response: {
          200: okJson('What would break, what would be opened, and what stays unknown.', verifyAnswerJson),
          ...problemResponses(400, 403, 404, 413, 414, 415, 422, 500),
        },
      },
    },
    async (request, reply) => {
      const { policies, mode, namespace, since, explain } = request.body;
      requireKnown(source, { namespace });
      const given = policies.kind === 'given' ? policiesOf(policies.items, namespace ?? null, source) : null;
      if (given?.kind === 'invalid') return sendProblem(reply, invalidPolicies(given.problems));
      const judged: JudgedPolicies =
        given !== null ? given : { kind: policies.kind === 'drafts' ? 'drafts' : 'in-force' };
      const asked = { judged, mode, namespace: namespace ?? null, since, explain: explain ?? null };
      return printVerification(source.verify(asked));
    },
  );
}

type Given =
  | { readonly kind: 'given'; readonly policies: readonly NetworkPolicy[] }
  | { readonly kind: 'invalid'; readonly problems: PolicyProblems };

/** Every problem of every item at once, also a namespace that nobody knows and a name that is given twice. */
function policiesOf(items: readonly unknown[], defaultNamespace: string | null, known: KnownNames): Given {
  const namespaces = known.namespaces().map(({ name }) => name);
  const policies = new Map<string, NetworkPolicy>();
  const problems: PolicyProblems[number][] = [];
  for (const [item, value] of items.entries()) {
    const parsed = parsePolicy(value, { defaultNamespace });
    if (parsed.kind === 'invalid') {
      problems.push(...parsed.problems.map(({ field, message }) => ({ item, field, message })));
      continue;
    }
    const { policy } = parsed;
    const { namespace } = policy.metadata;
    if (!namespaces.includes(namespace)) {
      const near = nearestNames(namespace, namespaces).join(', ');
      const message = `namespace ${JSON.stringify(namespace)} is not known here; nearest in spelling: ${near}`;
      problems.push({ item, field: 'metadata.namespace', message });
    }
    if (policies.has(policyKey(policy)))
      problems.push({ item, field: 'metadata.name', message: `${policyKey(policy)} is given twice` });
    policies.set(policyKey(policy), policy);
  }
  return problems.length > 0
    ? { kind: 'invalid', problems }
    : { kind: 'given', policies: [...policies.values()] };
}

function invalidPolicies(problems: PolicyProblems): Problem {
  const told = problems
    .slice(0, MAX_PROBLEMS_TOLD)
    .map(
      ({ item, field, message }) => `item ${item}: ${field === '' ? '' : `${field}: `}${shorten(message)}`,
    );
  const more = problems.length - told.length;
  const detail = [...told, ...(more > 0 ? [`${more} more problems`] : [])].join('; ');
  return {
    ...problemOf(new ProblemError('invalid-policies', detail)),
    problems: problems.slice(0, MAX_PROBLEMS),
  };
}

function asBodyProblem(error: FastifyError): Error {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new ProblemError('body-too-large', `The body is larger than ${MAX_VERIFY_BYTES >> 20} MiB.`, {
      hint: 'Verify one namespace at a time.',
    });
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new ProblemError('unsupported-media-type', 'The body must be application/json.');
  return error;
}
