/** TokenReview and SubjectAccessReview over HTTP, as the API server answers them. They store nothing. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Tokens } from './tokens.ts';

/** A review as it came, without the token. */
export interface SeenReview {
  readonly resource: 'tokenreviews' | 'subjectaccessreviews';
  readonly at: number;
}

/** Who may do what to a path, as a ClusterRole with nonResourceURLs grants it. */
export interface Grant {
  readonly user: string;
  readonly path: string;
  readonly verb: string;
}

interface Review {
  readonly spec?: {
    readonly token?: string;
    readonly audiences?: readonly string[];
    readonly user?: string;
    readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
  };
}

const PATHS: Readonly<Record<string, SeenReview['resource']>> = {
  '/apis/authentication.k8s.io/v1/tokenreviews': 'tokenreviews',
  '/apis/authorization.k8s.io/v1/subjectaccessreviews': 'subjectaccessreviews',
};

/** What every account may get on a cluster as it comes: roles system:discovery and system:public-info-viewer. */
const OPEN_PATHS =
  '/api /api/* /apis /apis/* /openapi /openapi/* /version /version/ /healthz /livez /readyz'.split(' ');

/** Paths of rules may end in a star. */
function fits(granted: string, path: string): boolean {
  return granted.endsWith('*') ? path.startsWith(granted.slice(0, -1)) : granted === path;
}

export class Reviews {
  readonly grants: Grant[] = [];
  readonly seen: SeenReview[] = [];
  /** Ms before a review is answered. */
  delayMs = 0;
  /** Answered instead of a review; null answers it. */
  failWith: number | null = null;
  /** Reviews under way, and the most there ever were. */
  under = 0;
  most = 0;
  readonly #tokens: Tokens;
  readonly #now: () => number;

  constructor(tokens: Tokens, now: () => number) {
    this.#tokens = tokens;
    this.#now = now;
  }

  /** The kind of review that is asked for; null for all other requests. */
  resourceOf(request: IncomingMessage): SeenReview['resource'] | null {
    if (request.method !== 'POST') return null;
    return PATHS[new URL(request.url ?? '/', 'http://fake').pathname] ?? null;
  }

  async answer(
    resource: SeenReview['resource'],
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    this.seen.push({ resource, at: this.#now() });
    this.under++;
    this.most = Math.max(this.most, this.under);
    response.once('close', () => this.under--);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (this.failWith !== null) {
      response.writeHead(this.failWith).end();
      return;
    }
    const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Review;
    const status = resource === 'tokenreviews' ? this.#tokenStatus(review) : this.#accessStatus(review);
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...review, status }));
  }

  #tokenStatus({ spec }: Review): object {
    return this.#tokens.review(spec?.token ?? '', spec?.audiences ?? []);
  }

  #accessStatus({ spec }: Review): object {
    const { path = '', verb = '' } = spec?.nonResourceAttributes ?? {};
    const isOpen = verb === 'get' && OPEN_PATHS.some((each) => fits(each, path));
    const isGranted = this.grants.some(
      (each) => each.user === spec?.user && fits(each.path, path) && each.verb === verb,
    );
    return { allowed: isOpen || isGranted };
  }
}
