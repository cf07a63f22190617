/** Discovery: which groups, versions and kinds this server has, as `/apis` and `/apis/GROUP/VERSION` tell. */
import type { ServedKind } from './kinds.ts';

/** The answer to a discovery path; null for every other path. */
export function discoveryAt(pathname: string, kinds: readonly ServedKind[]): object | null {
  if (pathname === '/apis') return groupList(kinds);
  const found = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))$/.exec(pathname);
  const apiVersion = found?.[1] ?? found?.[2];
  const own = kinds.filter((each) => each.apiVersion === apiVersion);
  if (apiVersion === undefined || own.length === 0) return null;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersion,
    resources: own.map(({ kind, plural, namespaced }) => ({
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: ['get', 'list', 'watch'],
    })),
  };
}

function groupList(kinds: readonly ServedKind[]): object {
  const versions = new Set(kinds.map((each) => each.apiVersion).filter((each) => each.includes('/')));
  const groups = Map.groupBy(versions, (groupVersion) => groupVersion.split('/')[0] ?? '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...groups].map(([name, own]) => {
      const each = own.map((groupVersion) => ({ groupVersion, version: groupVersion.split('/')[1] }));
      return { name, versions: each, preferredVersion: each[0] };
    }),
  };
}
