/** The server's rights against what its code asks for: each kind that is watched, and nothing else. */
import { describe, expect, it } from 'vitest';
import { OTHER_POLICY_KINDS } from '../../src/kube/watch/other-policies.ts';
import { RESOURCES } from '../../src/kube/watch/resources.ts';
import { accessOf } from '../../src/server/access/access-review.ts';
import { API_PATHS } from '../../src/wire/api.ts';
import { example, objectsOf, template, the } from './helm.ts';
import type { KubeObject } from './helm.ts';

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

const rulesOf = (role: KubeObject): readonly Rule[] => role['rules'] as readonly Rule[];

/** `cilium.io`'s kind CiliumNetworkPolicy is served as ciliumnetworkpolicies. */
function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  return name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`;
}

/** As `list apps/deployments`, and `list default: discovery.k8s.io/endpointslices` in one namespace. */
function rightsOf(objects: readonly KubeObject[]): string[] {
  return objects
    .filter(({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && metadata.name.endsWith('-server'))
    .flatMap((role) => {
      const where = role.kind === 'Role' ? `${role.metadata.namespace}: ` : '';
      return rulesOf(role).flatMap(({ apiGroups = [], resources = [], verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) => verbs.map((verb) => `${verb} ${where}${group}/${resource}`)),
        ),
      );
    })
    .toSorted();
}

function watched(isWanted: (kind: string) => boolean): string[] {
  return RESOURCES.filter(({ kind, isOptional }) => isOptional !== true || isWanted(kind)).flatMap(
    ({ path }) => {
      const match =
        /^\/(?:api|apis\/(?<group>[^/]+))\/v\d+\/(?:namespaces\/(?<namespace>[^/]+)\/)?(?<name>[a-z]+)$/.exec(
          path,
        );
      const { group = '', namespace, name = '' } = match?.groups ?? {};
      return ['list', 'watch'].map(
        (verb) => `${verb} ${namespace === undefined ? '' : `${namespace}: `}${group}/${name}`,
      );
    },
  );
}

const OTHERS = [...OTHER_POLICY_KINDS].flatMap(([group, kinds]) =>
  kinds.map((kind) => `list ${group}/${pluralOf(kind)}`),
);
const TOKENS = 'create authentication.k8s.io/tokenreviews';
const ACCESS = 'create authorization.k8s.io/subjectaccessreviews';

describe('the server may', () => {
  it('list and watch each kind that it watches, list one of each other policy, and ask whose a token is', () => {
    expect(rightsOf(example('default'))).toEqual([...watched(() => true), ...OTHERS, TOKENS].toSorted());
  });

  it('ask what people may see only where people are let in', () => {
    const added = rightsOf(example('people-on')).filter(
      (right) => !rightsOf(example('default')).includes(right),
    );
    expect(added).toEqual([ACCESS]);
  });

  it('do less, where the values say so', () => {
    const less = objectsOf(template('--set=rbac.calledByApiServer=false', '--set=rbac.otherPolicies=false'));
    expect(rightsOf(less)).toEqual([...watched(() => false), TOKENS].toSorted());
  });

  it('never write, read secrets, or use a wildcard', () => {
    const all = rightsOf(example('people-on')).filter((right) => right !== TOKENS && right !== ACCESS);
    expect(all.filter((right) => !/^(list|watch) /.test(right))).toEqual([]);
    expect(all.filter((right) => /\*|secrets|configmaps/.test(right))).toEqual([]);
  });
});

/** What every cluster grants to everybody who is authenticated (kubernetes.io: "Using RBAC", system:discovery). */
const DISCOVERY: Rule = {
  nonResourceURLs: [
    '/api',
    '/api/*',
    '/apis',
    '/apis/*',
    '/healthz',
    '/livez',
    '/openapi',
    '/openapi/*',
    '/readyz',
    '/version',
    '/version/',
  ],
  verbs: ['get'],
};

function grants({ nonResourceURLs = [], verbs }: Rule, access: { path: string; verb: string }): boolean {
  const hasPath = nonResourceURLs.some((url) =>
    url.endsWith('*') ? access.path.startsWith(url.slice(0, -1)) : access.path === url,
  );
  return hasPath && verbs.includes(access.verb);
}

describe('people on the network', () => {
  const paths = Object.values(API_PATHS).filter((path) => path !== API_PATHS.health);
  const view = rulesOf(the(example('people-on'), 'ClusterRole', '-view'));

  it.each(paths)('read %s with the role that the chart makes, and not as everybody does', (path) => {
    const access = accessOf(path === API_PATHS.verify ? 'POST' : 'GET', path);
    expect(view.some((rule) => grants(rule, access))).toBe(true);
    expect(grants(DISCOVERY, access)).toBe(false);
  });
});
