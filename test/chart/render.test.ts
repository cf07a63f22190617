/** The chart renders without a cluster, always the same, and what is kept of it in the repository is what it renders. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHART, EXAMPLES, ROOT, example, helm, template } from './helm.ts';
import { chartReadme } from './readme.ts';

it('passes lint --strict', () => {
  expect(helm('lint', '--strict', CHART)).toMatchObject({ code: 0 });
});

it.each([...EXAMPLES.keys()])('ci/%s-values.yaml passes lint and schema', (name) => {
  expect(helm('lint', '--strict', CHART, EXAMPLES.get(name) ?? '')).toMatchObject({ code: 0 });
});

it.each([...EXAMPLES.entries()])('renders the same bytes twice with ci/%s-values.yaml', (_name, values) => {
  const first = template(values);
  expect(template(values)).toBe(first);
  expect(first).toContain('kind: DaemonSet');
});

/** What would render otherwise tomorrow, or with a cluster at hand: Argo CD has none. */
const UNSTABLE =
  /\b(lookup|now|date|rand\w+|uuidv4|gen(CA|SelfSignedCert|SignedCert|PrivateKey)\w*|htpasswd|bcrypt|getHostByName|Capabilities)\b/;

it('has no template that asks a cluster, the clock or chance', () => {
  const actions = readdirSync(path.join(CHART, 'templates'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(yaml|tpl|txt)$/.test(file))
    .flatMap((file) => [
      ...readFileSync(path.join(CHART, 'templates', file), 'utf8').matchAll(/\{\{-? *(?!\/\*)[^}]+\}\}/g),
    ])
    // Words in quotes are messages and names.
    .map(([action]) => action.replaceAll(/"[^"]*"/g, '""'));
  expect(actions.length).toBeGreaterThan(100);
  expect(actions.filter((action) => UNSTABLE.test(action))).toEqual([]);
});

describe('is kept as', () => {
  it('test/golden/chart.yaml with its defaults', async () => {
    await expect(template()).toMatchFileSnapshot(path.join(ROOT, 'test/golden/chart.yaml'));
  });

  it('deploy/install.yaml for those without Helm', async () => {
    const manifest = template('--set=namespace.create=true', '--no-hooks');
    const head =
      '# Rendered from helm/netscribe by `make chart-update`: kubectl apply --filename deploy/install.yaml\n';
    await expect(head + manifest).toMatchFileSnapshot(path.join(ROOT, 'deploy/install.yaml'));
  });

  it('helm/netscribe/README.md, by its values', async () => {
    const readme = chartReadme(readFileSync(path.join(CHART, 'values.yaml'), 'utf8'));
    await expect(readme).toMatchFileSnapshot(path.join(CHART, 'README.md'));
  });
});

it('names image, chart and package by one version', () => {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  const chart = readFileSync(path.join(CHART, 'Chart.yaml'), 'utf8');
  expect(chart).toContain(`\nversion: ${version}\n`);
  expect(chart).toContain(`\nappVersion: ${version}\n`);
  expect(JSON.stringify(example('default'))).toContain(`"image":"netscribe:${version}"`);
});
