/** The fake API server reviews tokens and access as kube-apiserver does, and enforces RBAC where a test gives it rules. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Rbac } from './rbac.ts';
import { FakeApiServer } from './server.ts';

let api: FakeApiServer;
beforeEach(async () => {
  api = new FakeApiServer();
  await api.listen();
  api.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a', uid: 'uid-a' } });
  api.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'agent', namespace: 'netscribe', uid: 'pod-1' },
    spec: { nodeName: 'node-a' },
  });
});
afterEach(() => api.close());

async function review(
  path: string,
  spec: object,
): Promise<{ code: number; status: Record<string, unknown> }> {
  const response = await fetch(`${api.url}/apis/${path}`, { method: 'POST', body: JSON.stringify({ spec }) });
  const body = (await response.json()) as { status: Record<string, unknown> };
  return { code: response.status, status: body.status };
}

const reviewed = (token: string) =>
  review('authentication.k8s.io/v1/tokenreviews', { token, audiences: ['netscribe'] });

const allowed = async (user: string, path: string) => {
  const nonResourceAttributes = { path, verb: 'get' };
  const answer = await review('authorization.k8s.io/v1/subjectaccessreviews', {
    user,
    nonResourceAttributes,
  });
  return answer.status['allowed'];
};

const AGENT = { namespace: 'netscribe', serviceAccount: 'agent', audience: 'netscribe' } as const;

test('a token that is bound to a pod names it and its node, and dies with it', async () => {
  const token = api.tokens.issue({ ...AGENT, pod: 'agent' });
  expect((await reviewed(token)).status).toMatchObject({
    authenticated: true,
    audiences: ['netscribe'],
    user: {
      username: 'system:serviceaccount:netscribe:agent',
      extra: {
        'authentication.kubernetes.io/pod-uid': ['pod-1'],
        'authentication.kubernetes.io/node-name': ['node-a'],
        'authentication.kubernetes.io/node-uid': ['uid-a'],
      },
    },
  });
  api.remove('Pod', 'netscribe', 'agent');
  expect((await reviewed(token)).status).toMatchObject({ error: expect.stringContaining('invalidated') });
});

test.each([
  ['unknown', () => 'a.b.c', 'unknown signature'],
  ['expired', () => api.tokens.issue({ ...AGENT, livesMs: -1 }), 'expired'],
  ['for somebody else', () => api.tokens.issue({ ...AGENT, audience: 'else' }), 'audiences'],
])('a token that is %s is no user', async (_, token, said) => {
  const { code, status } = await reviewed(token());
  expect([code, status['authenticated'], status['error']]).toEqual([
    201,
    undefined,
    expect.stringContaining(said),
  ]);
});

test('everybody may get what system:discovery grants, and who has a role its paths', async () => {
  api.reviews.grants.push({ user: 'ada', path: '/netscribe/*', verb: 'get' });
  expect(await allowed('bob', '/api/v1/edges')).toBe(true);
  expect(await allowed('bob', '/netscribe/api/v1/edges')).toBe(false);
  expect(await allowed('ada', '/netscribe/api/v1/edges')).toBe(true);
});

describe('with rules', () => {
  const rules = `
kind: ClusterRole
metadata: { name: reader }
rules: [{ apiGroups: [''], resources: [pods, nodes], verbs: [list] }]
---
kind: ClusterRoleBinding
metadata: { name: reader }
roleRef: { kind: ClusterRole, name: reader }
subjects: [{ kind: ServiceAccount, name: server, namespace: netscribe }]
---
kind: Role
metadata: { name: leases, namespace: kube-node-lease }
rules: [{ apiGroups: [coordination.k8s.io], resources: [leases], verbs: [list] }]
---
kind: RoleBinding
metadata: { name: leases, namespace: kube-node-lease }
roleRef: { kind: Role, name: leases }
subjects: [{ kind: ServiceAccount, name: server, namespace: netscribe }]
`;
  const status = async (path: string) => (await fetch(`${api.url}${path}`)).status;

  test('what is not granted is refused, and both are recorded', async () => {
    api.rbac = new Rbac(rules, 'netscribe/server');
    expect(await status('/api/v1/pods')).toBe(200);
    expect(await status('/api/v1/services')).toBe(403);
    const leases = '/apis/coordination.k8s.io/v1/namespaces';
    expect(await status(`${leases}/kube-node-lease/leases`)).toBe(200);
    expect(await status(`${leases}/default/leases`)).toBe(403);
    expect((await reviewed('a.b.c')).code).toBe(403);
    expect(api.rbac.refused).toEqual([
      'list services',
      'list coordination.k8s.io/leases in default',
      'create authentication.k8s.io/tokenreviews',
    ]);
    expect(api.rbac.unused).toEqual(['list nodes']);
  });

  test('another account has nothing', () => {
    expect(new Rbac(rules, 'netscribe/agent').granted).toEqual([]);
  });
});
