/** Says whose token it is, as the API server does, and remembers it for at most a minute. */
import { ProblemError } from '../../domain/problem.ts';
import { bearerOf } from './bearer.ts';
import { askReview } from './review-request.ts';
import type { ReviewTransport } from './review-request.ts';
import { TOKEN_REVIEWS, tokenReview, tokenVerdictOf } from './token-review.ts';
import type { ReviewedUser, TokenVerdict } from './token-review.ts';
import { Verdicts } from './verdicts.ts';
import type { ReviewSlots } from './verdicts.ts';

/** As DESIGN.md section 7 says: a token that was taken back is heard for so long at most. */
const ACCEPTED_MS = 60_000;
/** Short: a token may become good, as when its pod is seen a moment later. */
const REFUSED_MS = 5_000;
/** Tokens remembered as having been let in: they go before strangers when many are checked. */
const MAX_REGULARS = 20_000;

export interface ReviewerOptions {
  readonly transport: ReviewTransport;
  readonly slots: ReviewSlots;
  /** The token must be for this audience. */
  readonly audience: string;
  /** Any clock that never steps. */
  readonly monotonicMs: () => number;
}

export class TokenReviewer {
  readonly #options: ReviewerOptions;
  readonly #verdicts: Verdicts<TokenVerdict>;
  readonly #regulars = new Set<string>();

  constructor(options: ReviewerOptions) {
    this.#options = options;
    this.#verdicts = new Verdicts(options.slots, options.monotonicMs);
  }

  /** `from` is the address of the caller. Throws a ProblemError: `token-missing`, `token-malformed`, `token-refused`, `reviews-busy`, `reviews-unavailable`. */
  async userOf(authorization: string | undefined, from: string): Promise<ReviewedUser> {
    const { token, key } = bearerOf(authorization);
    const verdict = await this.#verdicts.of(key, {
      isStranger: !this.#regulars.has(key),
      from,
      ask: async () => {
        const { transport, audience } = this.#options;
        const answer = await askReview(transport, TOKEN_REVIEWS, tokenReview(token, audience));
        if (answer.kind === 'unavailable') return answer;
        const value = tokenVerdictOf(answer.object, { token, audience });
        const isRefusal = value.kind === 'refused';
        return { kind: 'verdict', value, keepMs: isRefusal ? REFUSED_MS : ACCEPTED_MS, isRefusal };
      },
    });
    if (verdict.kind === 'refused') {
      this.#regulars.delete(key);
      throw new ProblemError('token-refused', `The token is not accepted: ${verdict.reason}.`);
    }
    this.#remember(key);
    return verdict.user;
  }

  /** The next request of a token whose user fits is reviewed anew. */
  forget(fits: (user: ReviewedUser) => boolean): void {
    this.#verdicts.forget((verdict) => verdict.kind === 'user' && fits(verdict.user));
  }

  #remember(key: string): void {
    this.#regulars.delete(key);
    const [oldest] = this.#regulars;
    if (oldest !== undefined && this.#regulars.size >= MAX_REGULARS) this.#regulars.delete(oldest);
    this.#regulars.add(key);
  }
}
