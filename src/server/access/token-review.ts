/**
 * TokenReview as pure functions: what is asked of the API server about a token, and what its answer means. The rules are
 * those of authentication.k8s.io/v1: an answer without audiences was made by somebody who did not look at them.
 */
import { z } from 'zod';

export const TOKEN_REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews';

/** A user as the API server knows it. */
export interface ReviewedUser {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  /** Facts about the token, such as the pod that it is bound to. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export type TokenVerdict =
  | { readonly kind: 'user'; readonly user: ReviewedUser }
  | { readonly kind: 'refused'; readonly reason: string };

const MAX_REASON_CHARS = 160;

const answer = z.object({
  status: z.object({
    authenticated: z.boolean().nullish(),
    audiences: z.array(z.string()).nullish(),
    error: z.string().nullish(),
    user: z
      .object({
        username: z.string().nullish(),
        uid: z.string().nullish(),
        groups: z.array(z.string()).nullish(),
        extra: z.record(z.string(), z.array(z.string())).nullish(),
      })
      .nullish(),
  }),
});

/** The object to post. */
export function tokenReview(token: string, audience: string): object {
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, audiences: [audience] },
  };
}

/** Anything but a clear yes for this audience is a refusal. `token` is only struck out of what is repeated. */
export function tokenVerdictOf(
  object: unknown,
  asked: { readonly token: string; readonly audience: string },
): TokenVerdict {
  const parsed = answer.safeParse(object);
  if (!parsed.success) return refused('the API server answered with no TokenReview');
  const { authenticated, audiences, error, user } = parsed.data.status;
  if (authenticated !== true) {
    const why = (error ?? '').replaceAll(asked.token, '...').slice(0, MAX_REASON_CHARS);
    return refused(why === '' ? 'the API server does not know this token' : why);
  }
  if (audiences === null || audiences === undefined || audiences.length === 0)
    return refused('the API server did not say for whom the token is');
  if (!audiences.includes(asked.audience)) return refused(`the token is not for ${asked.audience}`);
  const name = user?.username ?? '';
  if (name === '') return refused('the API server named no user');
  return {
    kind: 'user',
    user: { name, uid: user?.uid ?? '', groups: user?.groups ?? [], extra: user?.extra ?? {} },
  };
}

function refused(reason: string): TokenVerdict {
  return { kind: 'refused', reason };
}
