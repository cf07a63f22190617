/**
 * Who may use the API on the network: whoever has a token of our audience, and a role of the cluster for the path. The
 * roles are RBAC's own rules for non-resource URLs, so that access is granted where all other access is.
 */
import { ProblemError } from '../../domain/problem.ts';
import { ACCESS_REVIEWS, accessOf, accessReview, isAllowed } from './access-review.ts';
import type { Author } from './author.ts';
import { askReview } from './review-request.ts';
import type { ReviewTransport } from './review-request.ts';
import type { ReviewedUser } from './token-review.ts';
import { Verdicts } from './verdicts.ts';
import type { ReviewSlots } from './verdicts.ts';

const ALLOWED_MS = 60_000;
/** Short: who is told no goes and asks for a role. */
const REFUSED_MS = 5_000;

export interface PeopleGateOptions {
  readonly reviewer: { userOf(authorization: string | undefined, from: string): Promise<ReviewedUser> };
  readonly transport: ReviewTransport;
  readonly slots: ReviewSlots;
  readonly monotonicMs: () => number;
}

export class PeopleGate {
  readonly #options: PeopleGateOptions;
  readonly #verdicts: Verdicts<boolean>;

  constructor(options: PeopleGateOptions) {
    this.#options = options;
    this.#verdicts = new Verdicts(options.slots, options.monotonicMs);
  }

  /**
   * `path` must be one that the API has: what is asked of the API server is bounded by it. Throws the reviewer's
   * ProblemErrors, and `access-denied`.
   */
  async admit(
    authorization: string | undefined,
    { method, path, from }: { readonly method: string; readonly path: string; readonly from: string },
  ): Promise<Author> {
    const user = await this.#options.reviewer.userOf(authorization, from);
    const access = accessOf(method, path);
    const allowed = await this.#verdicts.of(JSON.stringify([user, access]), {
      isStranger: false,
      from,
      ask: async () => {
        const review = accessReview(user, access);
        const answer = await askReview(this.#options.transport, ACCESS_REVIEWS, review);
        if (answer.kind === 'unavailable') return answer;
        const value = isAllowed(answer.object);
        return { kind: 'verdict', value, keepMs: value ? ALLOWED_MS : REFUSED_MS, isRefusal: !value };
      },
    });
    if (allowed) return { kind: 'authenticated', name: user.name };
    throw new ProblemError('access-denied', `${user.name} may not ${access.verb} ${path}.`, {
      hint: `Bind a ClusterRole with nonResourceURLs ${access.path} and verbs ${access.verb} to this user.`,
    });
  }
}
