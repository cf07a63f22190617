/** What the API server calls is open from configuration alone: whoever shuts a webhook stops the cluster. */
import { describe, expect, test } from 'vitest';
import type { ClusterInfo, WebhookTarget } from '../../src/recommend/cluster.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import { cluster, edge, service, workloadInfo } from '../world.ts';
import { codesOf, drafted, draftOf, rulesOf } from './drafted.ts';

const hook = workloadInfo('cert/webhook', { ports: [{ name: 'https', protocol: 'tcp', port: 10_250 }] });
const hookService = service('cert/webhook', {
  ports: [
    { protocol: 'tcp', port: 443, targetPort: 'https', nodePort: null },
    { protocol: 'tcp', port: 9402, targetPort: 9402, nodePort: null },
  ],
});

const calling = (kind: WebhookTarget['kind'], name: string, port = 443): WebhookTarget => ({
  kind,
  name,
  service: { namespace: 'cert', name: 'webhook', port },
});

const run = (webhooks: readonly WebhookTarget[], edges: Parameters<typeof drafted>[1] = []) =>
  drafted([hook, workloadInfo('shop/web')], edges, { detail: { services: [hookService], webhooks } });

test.each([
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'APIService',
  'CustomResourceDefinition',
] as const)('%s opens the target port to any source, seen or not', (kind) => {
  const result = run([calling(kind, 'certs')]);
  expect(rulesOf(result, 'cert/webhook', 'ingress')).toEqual([
    'ingress configuration: any source: any 10250/TCP',
  ]);
  const [rule] = draftOf(result, 'cert/webhook').rules;
  expect(rule).toMatchObject({ edges: [], services: ['cert/webhook'] });
  expect(rule?.caveats[0]?.sentence).toContain(`${kind} certs makes the API server call it`);
});

test('several objects that call one port are one rule with a caveat each', () => {
  const result = run([
    calling('ValidatingWebhookConfiguration', 'certs'),
    calling('MutatingWebhookConfiguration', 'certs'),
    calling('APIService', 'v1beta1.metrics', 9402),
  ]);
  expect(rulesOf(result, 'cert/webhook', 'ingress')).toEqual([
    'ingress configuration: any source: any 9402/TCP,10250/TCP',
  ]);
  expect(codesOf(result, 'cert/webhook')).toEqual([
    'called-by-api-server',
    'called-by-api-server',
    'called-by-api-server',
  ]);
});

test('whoever was seen on the port is evidence of the rule and needs none of their own', () => {
  const result = run(
    [calling('ValidatingWebhookConfiguration', 'certs')],
    [
      edge('apiserver@192.168.100.1 -> cert/webhook:10250/tcp'),
      edge('shop/web -> cert/webhook:10250/tcp'),
      edge('shop/web -> cert/webhook:9402/tcp'),
    ],
  );
  expect(rulesOf(result, 'cert/webhook', 'ingress')).toEqual([
    'ingress configuration: any source: any 10250/TCP',
    'ingress observed: shop/web: {"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"shop"}},"podSelector":{"matchLabels":{"app":"web"}}} 9402/TCP',
  ]);
  expect(draftOf(result, 'cert/webhook').rules[0]?.edges).toHaveLength(2);
});

test('a port that is exposed and called is one rule that says both', () => {
  const exposed = { ...hookService, type: 'NodePort' as const };
  const result = drafted([hook], [edge('external@198.51.100.7 -> cert/webhook:10250/tcp')], {
    detail: { services: [exposed], webhooks: [calling('APIService', 'v1.x')] },
  });
  expect(rulesOf(result, 'cert/webhook', 'ingress')).toEqual([
    'ingress configuration: any source: any 10250/TCP',
  ]);
  expect(codesOf(result, 'cert/webhook')).toEqual(['called-by-api-server', 'open-to-any-source']);
});

test('a Service that is not there, or another port, opens nothing', () => {
  expect(rulesOf(run([calling('APIService', 'v1.x', 8443)]), 'cert/webhook', 'ingress')).toEqual([]);
  const elsewhere = { ...calling('APIService', 'v1.x'), service: { namespace: 'x', name: 'y', port: 443 } };
  expect(rulesOf(run([elsewhere]), 'cert/webhook', 'ingress')).toEqual([]);
});

describe('kinds that nobody could read', () => {
  const { webhooks: _, ...unread } = cluster([hook]);
  const ALL = [
    'APIService',
    'CustomResourceDefinition',
    'MutatingWebhookConfiguration',
    'ValidatingWebhookConfiguration',
  ];
  const named = (known: Partial<ClusterInfo>): readonly string[] | undefined =>
    draftOf(
      recommend({
        cluster: { ...unread, ...known },
        edges: [],
        window: { start: 0, end: 1 },
        known: { nodeCidrs: [], controlPlaneCidrs: [] },
      }),
      'cert/webhook',
    ).caveats.find(({ code }) => code === 'webhooks-not-assessed')?.names;

  test('are named on every draft: whom they make the API server call has no rule', () => {
    expect(named({})).toEqual(ALL);
    expect(named({ webhooks: [], unreadCallers: ['MutatingWebhookConfiguration'] })).toEqual([
      'MutatingWebhookConfiguration',
    ]);
  });

  test('are none where all were read, also when there is no object of them', () => {
    expect(named({ webhooks: [] })).toBeUndefined();
  });
});
