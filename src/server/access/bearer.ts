/** The bearer token of a request, and the key by which it is remembered: a token itself is never kept, logged or printed. */
import { createHash } from 'node:crypto';
import { ProblemError } from '../../domain/problem.ts';

export interface BearerToken {
  readonly token: string;
  /** SHA-256 of the token. */
  readonly key: string;
}

/** Tokens of service accounts are some 1 to 2 KB. */
const MAX_TOKEN_CHARS = 8192;

/** Throws a ProblemError `token-missing` or `token-malformed`. The shape is RFC 6750 section 2.1. */
export function bearerOf(authorization: string | undefined): BearerToken {
  if (authorization === undefined || authorization === '')
    throw new ProblemError('token-missing', 'There is no Authorization header.', {
      hint: 'Send Authorization: Bearer with a token of the audience that this server was told.',
    });
  const token = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(authorization)?.[1];
  if (token === undefined || token.length > MAX_TOKEN_CHARS)
    throw new ProblemError('token-malformed', 'The Authorization header holds no bearer token.');
  return { token, key: createHash('sha256').update(token).digest('base64') };
}
