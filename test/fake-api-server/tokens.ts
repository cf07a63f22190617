/** Service account tokens that the fake API server issues and reviews: random text, and what it would say of each. */
import { randomBytes } from 'node:crypto';
import type { StoredObject } from './object-store.ts';

/** What a token is asked for with, as a TokenRequest has it. */
export interface TokenAsked {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience: string;
  /** The pod it is bound to, in the same namespace: the token dies with it. */
  readonly pod?: string;
  /** The node it is bound to instead, as kubelets and static pods may ask for (Kubernetes 1.31). */
  readonly node?: string;
  /** Since Kubernetes 1.30 a bound token names its node. */
  readonly namesNode?: boolean;
  /** Ms; an hour when absent. Negative has expired. */
  readonly livesMs?: number;
}

interface Issued {
  readonly asked: TokenAsked;
  readonly podUid: string | null;
  readonly extra: Readonly<Record<string, readonly string[]>>;
  readonly expiresAt: number;
}

interface Objects {
  get(kind: string, namespace: string, name: string): StoredObject | null;
}

export class Tokens {
  readonly #objects: Objects;
  readonly #now: () => number;
  readonly #issued = new Map<string, Issued>();
  /** As an authenticator that knows nothing of audiences: its answers have none. */
  withoutAudiences = false;

  constructor(objects: Objects, now: () => number) {
    this.#objects = objects;
    this.#now = now;
  }

  /** Throws when the pod is not there. */
  issue(asked: TokenAsked): string {
    const { namespace, pod: podName } = asked;
    const pod = podName === undefined ? null : this.#objects.get('Pod', namespace, podName);
    if (podName !== undefined && pod === null) throw new Error(`there is no pod ${namespace}/${podName}`);
    const nodeName = asked.node ?? nodeNameOf(pod);
    const node = nodeName === null ? null : this.#objects.get('Node', '', nodeName);
    const claims: Record<string, string | null | undefined> = {
      'pod-name': podName,
      'pod-uid': pod?.metadata.uid,
      'node-name': asked.namesNode === false ? null : nodeName,
      'node-uid': asked.namesNode === false ? null : node?.metadata.uid,
      'credential-id': `JTI=${randomBytes(8).toString('hex')}`,
    };
    const token = [16, 300, 256].map((bytes) => randomBytes(bytes).toString('base64url')).join('.');
    this.#issued.set(token, {
      asked,
      podUid: pod?.metadata.uid ?? null,
      extra: Object.fromEntries(
        Object.entries(claims).flatMap(([name, value]) =>
          typeof value === 'string' ? [[`authentication.kubernetes.io/${name}`, [value]]] : [],
        ),
      ),
      expiresAt: this.#now() + (asked.livesMs ?? 3_600_000),
    });
    return token;
  }

  /** The status of a TokenReview. */
  review(token: string, audiences: readonly string[]): object {
    const issued = this.#issued.get(token);
    if (issued === undefined) return { user: {}, error: '[invalid bearer token, unknown signature]' };
    const { namespace, serviceAccount, audience, pod } = issued.asked;
    if (issued.expiresAt < this.#now())
      return { user: {}, error: '[invalid bearer token, service account token has expired]' };
    if (!audiences.includes(audience))
      return {
        user: {},
        error: '[invalid bearer token, token audiences is invalid for the target audiences]',
      };
    const bound = pod === undefined ? null : this.#objects.get('Pod', namespace, pod);
    if (issued.podUid !== null && bound?.metadata.uid !== issued.podUid)
      return { user: {}, error: '[invalid bearer token, service account token has been invalidated]' };
    return {
      authenticated: true,
      user: {
        username: `system:serviceaccount:${namespace}:${serviceAccount}`,
        uid: `${namespace}-${serviceAccount}`,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
        extra: issued.extra,
      },
      ...(this.withoutAudiences ? {} : { audiences: [audience] }),
    };
  }
}

function nodeNameOf(pod: StoredObject | null): string | null {
  const spec = pod?.['spec'];
  if (typeof spec !== 'object' || spec === null || !('nodeName' in spec)) return null;
  return typeof spec.nodeName === 'string' ? spec.nodeName : null;
}
