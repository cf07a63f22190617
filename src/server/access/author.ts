/**
 * Who speaks through a request to the API. On loopback whoever may port-forward to the pod says who they are and nobody
 * checks it: the name is claimed. On the network a token has been reviewed: the name is authenticated. What an
 * authenticated author wrote is never overwritten by a claimed one (DESIGN.md section 7).
 */
export type Author =
  | { readonly kind: 'claimed'; readonly name: string | null }
  /** As the API server names the user, such as `system:serviceaccount:ci:drift`. */
  | { readonly kind: 'authenticated'; readonly name: string };

/** Request header by which people on loopback say who they are. */
export const CLAIMED_AUTHOR_HEADER = 'netscribe-author';

const MAX_NAME_CHARS = 128;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any route of the API runs; null before that, and for agents. */
    author: Author | null;
  }
}

/** What a request on loopback says of itself. A name that is none is as good as no name: nothing rests on it. */
export function claimedAuthor(header: string | readonly string[] | undefined): Author {
  const name = typeof header === 'string' ? header.trim() : '';
  const isName = name !== '' && name.length <= MAX_NAME_CHARS && /^[\x20-\x7e]+$/.test(name);
  return { kind: 'claimed', name: isName ? name : null };
}
