/** docs/install.md and docs/security-profile.md name values, objects and files that there are. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHART, ROOT, example, objectsOf, the } from './helm.ts';
import { workloadOf } from './pods.ts';

const values: unknown = parse(readFileSync(path.join(CHART, 'values.yaml'), 'utf8'));

/** Whether `agent.state.kind` stands in values.yaml; what may be given below a free-form value counts too. */
function hasValue(dotted: string): boolean {
  let at: unknown = values;
  for (const name of dotted.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return false;
    if (Object.keys(at).length === 0) return true;
    at = (at as Readonly<Record<string, unknown>>)[name];
    if (at === undefined) return false;
  }
  return true;
}

describe.each(['install', 'security-profile'])('docs/%s.md', (name) => {
  const text = readFileSync(path.join(ROOT, 'docs', `${name}.md`), 'utf8');

  it('names values that the chart has', () => {
    const roots = Object.keys(values as object).join('|');
    const named = [
      ...text.matchAll(new RegExp(`(?:\`|--set )(?<value>(?:${roots})(?:\\.[A-Za-z0-9]+)+)\\b(?!/)`, 'g')),
    ];
    const dotted = named.map((match) => match.groups?.['value'] ?? '');
    expect(dotted.length).toBeGreaterThan(5);
    expect(dotted.filter((value) => !hasValue(value))).toEqual([]);
  });

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\((?<link>[^)#]+)\)/g)].map((match) => match.groups?.['link'] ?? '');
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((link) => !existsSync(path.join(ROOT, 'docs', link)))).toEqual([]);
  });
});

describe('docs/install.md', () => {
  const text = readFileSync(path.join(ROOT, 'docs', 'install.md'), 'utf8');

  it('names the objects that the chart makes', () => {
    const server = the(example('default'), 'StatefulSet');
    const [claim] = workloadOf(server).volumeClaimTemplates ?? [];
    expect(text).toContain(`statefulset/${server.metadata.name} `);
    expect(text).toContain(` ${claim?.metadata.name}-${server.metadata.name}-0\n`);
    expect(text).toContain(the(example('people-on'), 'ClusterRole', '-view').metadata.name);
  });

  it('changes the image of each pod of deploy/install.yaml by the command that it gives', () => {
    const manifest = readFileSync(path.join(ROOT, 'deploy', 'install.yaml'), 'utf8');
    expect(text).toContain("sed 's|image: netscribe:|image: registry.example/netscribe:|'");
    const changed = objectsOf(manifest.replaceAll('image: netscribe:', 'image: registry.example/netscribe:'));
    for (const kind of ['DaemonSet', 'StatefulSet'])
      expect(workloadOf(the(changed, kind)).template.spec.containers[0]?.image).toMatch(
        /^registry\.example\//,
      );
  });
});
