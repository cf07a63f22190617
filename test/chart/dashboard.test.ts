/** The dashboard asks for metrics that there are, with the labels that they have. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Refusals } from '../../src/server/access/refusals.ts';
import { StoringHealth } from '../../src/server/storing.ts';
import { watchMetrics } from '../../src/server/watch-metrics.ts';
import { CHART, ROOT, example, the } from './helm.ts';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

const text = readFileSync(path.join(CHART, 'dashboards', 'netscribe.json'), 'utf8');
const { panels } = JSON.parse(text) as Dashboard;

/** Families are named also when they have no samples. */
const ofServer = watchMetrics(
  {
    status: () => [],
    apiServers: () => [],
    discovery: () => ({ found: null, foundAt: null, trouble: null }),
  },
  0,
).map(({ name }) => name);
const agentSource = readFileSync(path.join(ROOT, 'src', 'agent', 'agent-metrics.ts'), 'utf8');
const ofAgent = [...agentSource.matchAll(/\b(?:counter|gauge)\(\s*'(?<name>\w+)'/g)].map(
  (match) => `netscribe_agent_${match.groups?.['name']}`,
);
const refusals = new Refusals({ warn: () => undefined }, () => 0).metrics;
const storing = new StoringHealth(() => 0).metrics;
const known = new Set([...ofServer, ...ofAgent, refusals.name, storing.name]);

it('knows the metrics of both processes', () => {
  expect(ofServer.length).toBeGreaterThan(10);
  expect(ofAgent.length).toBeGreaterThan(10);
});

describe.each(panels.map((panel) => [panel.title, panel] as const))('%s', (_title, { targets }) => {
  it.each(targets.map(({ expr }) => expr))('%s', (expr) => {
    const named = expr.match(/\bnetscribe_\w+/g) ?? [];
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});

it('is what the ConfigMap holds', () => {
  const { data } = the(example('monitoring'), 'ConfigMap', '-dashboard') as unknown as {
    readonly data: Readonly<Record<string, string>>;
  };
  expect(JSON.parse(data['netscribe.json'] ?? '')).toEqual(JSON.parse(text));
});
