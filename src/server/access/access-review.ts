/** SubjectAccessReview as pure functions: may this user do this to a path of our API? The role that grants it is the cluster's own RBAC. */
import { z } from 'zod';
import type { ReviewedUser } from './token-review.ts';

export const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/**
 * What stands before our paths in a review. Kubernetes grants every account `get` on /api, /api/* and /openapi/* (role
 * system:discovery): a bare path of ours would be open to all of them.
 */
export const OUR_PATHS = '/netscribe';

/** One kind of access: verbs of non-resource URLs are HTTP methods in lower case (kubernetes.io: "Request verbs"). */
export interface Access {
  readonly path: string;
  readonly verb: string;
}

const answer = z.object({ status: z.object({ allowed: z.boolean(), denied: z.boolean().nullish() }) });

/** The object to post. */
export function accessReview({ name, uid, groups, extra }: ReviewedUser, { path, verb }: Access): object {
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: name, uid, groups, extra, nonResourceAttributes: { path, verb } },
  };
}

/** Who reads may also ask for the head of what they read. */
export function accessOf(method: string, path: string): Access {
  return { path: `${OUR_PATHS}${path}`, verb: method === 'HEAD' ? 'get' : method.toLowerCase() };
}

/** Anything but a clear yes is a no. */
export function isAllowed(object: unknown): boolean {
  const parsed = answer.safeParse(object);
  return parsed.success && parsed.data.status.allowed && parsed.data.status.denied !== true;
}
