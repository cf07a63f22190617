/** Clients whom the server's own node rewrote or is (DESIGN section 6, "Outside in" and "Probes"; NETPOL rules 22 and 23). */
import { describe, expect, test } from 'vitest';
import { cidr } from '../../src/domain/cidr.ts';
import type { Edge, SourceView } from '../../src/domain/edge.ts';
import { needsOf } from '../../src/recommend/need.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { edge, identity, service, workloadInfo } from '../world.ts';
import { DAY, seen as datedEdge } from './dated-edge.ts';
import { codesOf, drafted, draftOf, rulesOf } from './drafted.ts';
import type { DraftedDetail } from './drafted.ts';

const web = workloadInfo('shop/web');
const cli = workloadInfo('shop/cli');
const NODE_A = 'node:node-a@192.168.100.1';
const NODE_B = 'node:node-b@192.168.100.2';

/** Seen as this node, which is the server pod's own unless told otherwise. */
function as(node: string, ownNode = true): { readonly views: readonly SourceView[] } {
  return { views: [{ seen: identity(node), ownNode }] };
}

const nodePort = service('shop/web', {
  type: 'NodePort',
  ports: [{ protocol: 'tcp', port: 80, targetPort: 8080, nodePort: 30_080 }],
});
const exposed: DraftedDetail = { detail: { services: [nodePort] } };

function ingress(edges: readonly Edge[], by: DraftedDetail = {}): string[] {
  return rulesOf(drafted([web, cli], edges, by), 'shop/web', 'ingress');
}

const ANY = ['ingress observed: any source: any 8080/TCP'];
const nodes = (...addresses: readonly string[]): string[] => [
  `ingress observed: nodes: ${addresses.map((address) => `{"ipBlock":{"cidr":"${address}/32"}}`).join(' ')} 8080/TCP`,
];

describe('an outside client of an exposed port', () => {
  const text = 'external@198.18.0.9 -> shop/web:8080/tcp';
  const by = (view: { readonly views: readonly SourceView[] }): Edge =>
    edge(text, { ...view, services: ['shop/web'] });

  test('that came in by the own node opens it to any source, and is named', () => {
    const result = drafted([web], [by(as(NODE_A))], exposed);
    expect(rulesOf(result, 'shop/web', 'ingress')).toEqual(ANY);
    expect(codesOf(result, 'shop/web')).toEqual(['open-to-any-source']);
    const { caveats } = draftOf(result, 'shop/web');
    expect(caveats.find(({ code }) => code === 'outside-clients')?.names).toEqual([
      '198.18.0.9',
      'node node-a (192.168.100.1)',
    ]);
  });

  test('gives the same bytes wherever it came in', () => {
    const yaml = (...edges: readonly Edge[]): string =>
      printPolicies(drafted([web], edges, exposed).outcomes, { withEvidence: false });
    const own = yaml(by(as(NODE_A)));
    expect(yaml(by(as(NODE_B, false)))).toBe(own);
    expect(yaml(by({ views: [...as(NODE_A).views, ...as(NODE_B, false).views] }))).toBe(own);
    expect(yaml(edge(text, { services: ['shop/web'] }))).toBe(own);
  });

  test('of a hostPort is no other, nor is a pod that came in by a NodePort', () => {
    const host = workloadInfo('shop/web', { hostPorts: [{ protocol: 'tcp', port: 8080 }] });
    expect(rulesOf(drafted([host], [edge(text, as(NODE_A))]), 'shop/web', 'ingress')).toEqual(ANY);
    expect(ingress([edge('shop/cli -> shop/web:8080/tcp', as(NODE_A))], exposed)).toEqual(ANY);
  });
});

describe('a client that the own node rewrote to a port that nothing exposes', () => {
  test('is allowed as that node, because it stays rewritten when the pod runs elsewhere', () => {
    expect(ingress([edge('external@198.18.0.9 -> shop/web:8080/tcp', as(NODE_A))])).toEqual(
      nodes('192.168.100.1'),
    );
    expect(ingress([edge('shop/cli -> shop/web:8080/tcp', as(NODE_A))])).toEqual(nodes('192.168.100.1'));
    expect(ingress([edge(`${NODE_B} -> shop/web:8080/tcp`, as(NODE_A))])).toEqual(nodes('192.168.100.1'));
  });

  test('is left out with the nodes where a person prefers that', () => {
    const many = Array.from({ length: 12 }, (_, index) =>
      edge(
        `external@198.18.0.${index + 1} -> shop/web:8080/tcp`,
        as(`node:n-${index}@192.168.7.${index + 1}`),
      ),
    );
    const result = drafted([web], many, {
      detail: { nodes: [{ name: 'n-0', addresses: [], podCidrs: [cidr('192.168.7.8/29')] }] },
      options: { nodes: 'leave-out' },
    });
    expect(rulesOf(result, 'shop/web', 'ingress')).toEqual([]);
    expect(draftOf(result, 'shop/web').leftOut).toHaveLength(12);
  });
});

describe('the own node itself', () => {
  test('needs no rule, exposed or not, from whichever of its addresses', () => {
    const probes = [
      edge(`${NODE_A} -> shop/web:8080/tcp`, as(NODE_A)),
      edge('node:node-a@10.244.1.1 -> shop/web:8080/tcp', as('node:node-a@10.244.1.1')),
    ];
    expect(ingress(probes)).toEqual([]);
    expect(ingress(probes, exposed)).toEqual([]);
  });
});

describe('a workload that reaches itself through its Service', () => {
  const SELF = ['ingress observed: shop/web: {"podSelector":{"matchLabels":{"app":"web"}}} 8080/TCP'];
  const hairpin = edge('shop/web -> shop/web:8080/tcp', {
    ...as('node:node-a@10.244.1.1'),
    services: ['shop/web'],
  });

  test('is its own peer on both sides, though one replica is rewritten to its node', () => {
    expect(ingress([hairpin])).toEqual(SELF);
    expect(rulesOf(drafted([web], [hairpin]), 'shop/web', 'egress')).toContain(
      'egress observed: shop/web: {"podSelector":{"matchLabels":{"app":"web"}}} 8080/TCP',
    );
  });

  test('opens an exposed port to nobody else', () => {
    expect(ingress([hairpin], exposed)).toEqual(SELF);
    expect(ingress([edge('shop/web -> shop/web:8080/tcp')], exposed)).toEqual(SELF);
  });

  test('has one rule when replicas saw each other as well', () => {
    const both = { ...hairpin, views: [{ seen: hairpin.client, ownNode: false }, ...hairpin.views] };
    expect(ingress([both])).toEqual(SELF);
    expect(draftOf(drafted([web], [both]), 'shop/web').rules[0]?.edges).toEqual([both]);
  });
});

describe('a node that dials a pod of an exposed port', () => {
  const direct = edge(`${NODE_B} -> shop/web:8080/tcp`);

  test('may stand for clients from outside that it rewrote, if nobody watched it', () => {
    expect(ingress([direct], exposed)).toEqual(ANY);
    const outside = edge('external@198.18.0.9 -> shop/web:8080/tcp');
    expect(ingress([direct, outside], exposed)).toEqual(ANY);
    expect(ingress([edge(`${NODE_B} -> shop/web:8080/tcp`, { services: ['shop/web'] })], exposed)).toEqual(
      ANY,
    );
  });
});

test('an edge without a view is its client as itself', () => {
  expect(ingress([edge('shop/cli -> shop/web:8080/tcp', { views: [] })])).toEqual([
    'ingress observed: shop/cli: {"podSelector":{"matchLabels":{"app":"cli"}}} 8080/TCP',
  ]);
});

test('only the own node itself is never held back for being rare', () => {
  const scope = { window: { start: 0, end: 2 * DAY }, exposed: new Map(), include: new Set<string>() };
  const held = (client: string, node: string): string[] => {
    const once = { ...datedEdge(`${client} -> shop/web:8080/tcp`, 0, 1), ...as(node) };
    return needsOf([once], scope).quarantined.map(({ reason }) => reason);
  };
  expect(held(NODE_A, NODE_A)).toEqual([]);
  expect(held('external@198.18.0.9', NODE_A)).toEqual(['one-hour']);
  expect(held('shop/cli', NODE_A)).toEqual(['one-hour']);
});
