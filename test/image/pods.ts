/** How deploy/install.yaml starts the two processes: their arguments, user and environment. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { containerOf, podsOf } from '../chart/pods.ts';
import { ROOT, objectsOf } from '../chart/helm.ts';

export interface Started {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly capabilities: readonly string[];
}

export function startedAs(role: 'agent' | 'server'): Started {
  const objects = objectsOf(readFileSync(path.join(ROOT, 'deploy', 'install.yaml'), 'utf8'));
  const found = podsOf(objects).find(({ pod }) => containerOf(pod).name === role);
  if (found === undefined) throw new RangeError(`deploy/install.yaml starts no ${role}`);
  const { args = [], env = [], securityContext } = containerOf(found.pod);
  const capabilities = securityContext?.['capabilities'] as { readonly add?: readonly string[] } | undefined;
  return {
    args: args.map((argument) => argument.replace('$(NODE_NAME)', 'node-a')),
    env: Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
    uid: Number(found.pod.spec.securityContext?.['runAsUser']),
    capabilities: capabilities?.add ?? [],
  };
}
