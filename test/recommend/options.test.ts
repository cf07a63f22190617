/** What people may choose: whole namespaces, a baseline, another plugin's view, and connections left out by name. */
import { describe, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { evaluate } from '../../src/netpol/evaluate.ts';
import type { DraftingOptions } from '../../src/recommend/drafting-options.ts';
import { isExcludedBy, parseExclusion } from '../../src/recommend/exclusion.ts';
import type { Exclusion } from '../../src/recommend/exclusion.ts';
import { coredns, edge, service, workloadInfo } from '../world.ts';
import { codesOf, DNS_RULE, drafted, draftOf, omissionOf, rulesOf } from './drafted.ts';

const web = workloadInfo('shop/web');
const db = workloadInfo('shop/db');
const api = workloadInfo('other/api');
const bare = workloadInfo('shop/Job/once', { selector: null, labels: { 'job-name': 'once' } });

function exclusion(text: string): Exclusion {
  const parsed = parseExclusion(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}

describe('granularity: namespace', () => {
  const options: Partial<DraftingOptions> = { granularity: 'namespace' };
  const result = drafted(
    [web, db, api],
    [
      edge('shop/web -> shop/db:5432/tcp'),
      edge('other/api -> shop/web:8080/tcp'),
      edge('shop/web -> external@93.184.215.14:443/tcp'),
    ],
    { options },
  );

  test('drafts one policy for each namespace, with the rules of all its workloads', () => {
    expect(result.outcomes.map(({ workload }) => `${workload.kind} ${workload.name}`)).toEqual([
      'Namespace kube-system',
      'Namespace other',
      'Namespace shop',
    ]);
    expect(draftOf(result, 'shop/shop').policy).toMatchObject({
      metadata: { name: 'netscribe-namespace-shop', namespace: 'shop' },
      spec: { podSelector: {} },
    });
    expect(
      rulesOf(result, 'shop/shop')
        .filter((rule) => rule.includes('observed'))
        .slice(0, 3),
    ).toEqual([
      'ingress observed: namespace other: {"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"other"}}} 8080/TCP',
      'ingress observed: namespace shop: {"podSelector":{}} 5432/TCP',
      'egress observed: namespace shop: {"podSelector":{}} 5432/TCP',
    ]);
    expect(codesOf(result, 'shop/shop')).toEqual(['namespace-granularity']);
  });

  test('needs no label at all: a workload that no selector names is drafted with the others', () => {
    const shared = drafted([web, bare], [edge('shop/Job/once -> shop/web:8080/tcp')], { options });
    expect(rulesOf(shared, 'shop/shop', 'ingress')).toEqual([
      'ingress observed: namespace shop: {"podSelector":{}} 8080/TCP',
    ]);
  });
});

describe('baseline: default-deny', () => {
  const options: Partial<DraftingOptions> = { baseline: 'default-deny' };

  test('comes first in each namespace and lets every pod ask DNS, nothing else', () => {
    const result = drafted([web, db, api], [edge('shop/web -> shop/db:5432/tcp')], { options });
    expect(result.outcomes.map(({ workload }) => `${workload.namespace}/${workload.name}`)).toEqual([
      'kube-system/default-deny',
      'kube-system/coredns',
      'other/default-deny',
      'other/api',
      'shop/default-deny',
      'shop/db',
      'shop/web',
    ]);
    expect(draftOf(result, 'shop/default-deny').policy).toMatchObject({
      metadata: { name: 'netscribe-default-deny', namespace: 'shop' },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [] },
    });
    expect(rulesOf(result, 'shop/default-deny')).toEqual([DNS_RULE]);
    expect(codesOf(result, 'shop/default-deny')).toEqual(['namespace-baseline']);
  });

  test('denies a pod that nobody knew, and none of what the drafts allow', () => {
    const result = drafted([web, db], [edge('shop/web -> shop/db:5432/tcp')], { options });
    const policies = result.outcomes.flatMap((each) => (each.kind === 'draft' ? [each.policy] : []));
    const set = compilePolicies(policies, { namespaces: new Map(), nodes: [] });
    const pods = [...web.pods, ...db.pods, ...coredns.workload.pods];
    const end = (name: string) => {
      const pod = pods.find((each) => each.name === name);
      if (pod === undefined) throw new Error(name);
      return { kind: 'pod', pod } as const;
    };
    const stranger = {
      kind: 'pod',
      pod: { ...end('web-0').pod, name: 'new', labels: { app: 'new' } },
    } as const;
    const asks = { protocol: 'tcp', port: 5432 } as const;
    expect(evaluate(set, { client: end('web-0'), server: end('db-0'), ...asks }).allowed).toBe(true);
    expect(evaluate(set, { client: stranger, server: end('db-0'), ...asks }).allowed).toBe(false);
    const dns = { client: stranger, server: end('coredns-0'), protocol: 'udp', port: 53 } as const;
    expect(evaluate(set, dns).allowed).toBe(true);
  });

  test('lets pods to come ask DNS also where nobody there asks it', () => {
    const result = drafted([web], [], { options });
    const pod = { ...web.pods[0], namespace: 'kube-system', name: 'new', labels: { app: 'new' } };
    const policies = result.outcomes.flatMap((each) => (each.kind === 'draft' ? [each.policy] : []));
    const set = compilePolicies(policies, { namespaces: new Map(), nodes: [] });
    const [server] = coredns.workload.pods;
    if (server === undefined) throw new Error('coredns has no pod');
    const asks = {
      client: { kind: 'pod', pod: { ...server, ...pod } },
      server: { kind: 'pod', pod: server },
    } as const;
    expect(evaluate(set, { ...asks, protocol: 'udp', port: 53 }).allowed).toBe(true);
    expect(evaluate(set, { ...asks, protocol: 'udp', port: 54 }).egress.allowed).toBe(false);
  });

  test('is withheld where it would cut off a workload without a draft', () => {
    const result = drafted([web, bare], [], { options });
    expect(omissionOf(result, 'shop/default-deny')).toBe(
      'baseline-would-cut: a baseline would cut off shop/once, which got no draft',
    );
  });

  test('adds nothing to a policy for the whole namespace', () => {
    const result = drafted([web], [], { options: { ...options, granularity: 'namespace' } });
    expect(result.outcomes.map(({ workload }) => workload.name)).toEqual(['kube-system', 'shop']);
  });
});

describe('cni: aws-vpc-cni', () => {
  const services = [
    service('shop/db', {
      clusterIps: [ip('10.96.7.7'), ip('fd00:96::7')],
      ports: [
        { protocol: 'tcp', port: 80, targetPort: 5432, nodePort: null },
        { protocol: 'tcp', port: 81, targetPort: 9187, nodePort: null },
      ],
    }),
    service('shop/headless', {
      selector: { app: 'db' },
      ports: [{ protocol: 'tcp', port: 5432, targetPort: 5432, nodePort: null }],
    }),
  ];
  const edges = [
    edge('shop/web -> shop/db:5432/tcp', { services: ['shop/db', 'shop/headless', 'shop/gone'] }),
  ];
  const result = drafted([web, db], edges, { detail: { services }, options: { cni: 'aws-vpc-cni' } });

  test('adds the Service’s address and port to that of the pods, at the client only', () => {
    expect(rulesOf(result, 'shop/web')).toEqual([
      DNS_RULE,
      'egress observed: shop/db: {"podSelector":{"matchLabels":{"app":"db"}}} 5432/TCP',
      'egress configuration: Service kube-system/kube-dns: {"ipBlock":{"cidr":"10.96.0.10/32"}} 53/TCP,53/UDP',
      'egress configuration: Service shop/db: {"ipBlock":{"cidr":"10.96.7.7/32"}} {"ipBlock":{"cidr":"fd00:96::7/128"}} 80/TCP',
    ]);
    expect(rulesOf(result, 'shop/db', 'ingress')).toEqual([
      'ingress observed: shop/web: {"podSelector":{"matchLabels":{"app":"web"}}} 5432/TCP',
    ]);
  });

  test('is stated in the draft; without it no Service address is drafted', () => {
    expect(draftOf(result, 'shop/web').cni).toBe('aws-vpc-cni');
    expect(codesOf(result, 'shop/web')).toEqual(['service-view']);
    const plain = drafted([web, db], edges, { detail: { services } });
    expect(draftOf(plain, 'shop/web').cni).toBe('default');
    expect(rulesOf(plain, 'shop/web').join()).not.toContain('10.96.7.7');
  });
});

describe('exclude', () => {
  const call = edge('shop/web -> shop/db:5432/tcp');
  const out = edge('shop/web -> external@172.16.5.5:443/tcp');
  const probe = edge('node:node-a@192.168.100.1 -> shop/web:8080/tcp');

  test.each([
    ['peer=shop/db', [call]],
    ['peer=shop/*', [call, out, probe]],
    ['peer=node', [probe]],
    ['peer=outside', [out]],
    ['peer=apiserver', []],
    ['workload=shop/web', [call, out, probe]],
    ['workload=shop/web,peer=shop/db', [call]],
    ['workload=shop/db,peer=shop/web', [call]],
    ['workload=shop/db,peer=outside', []],
    ['port=5432', [call]],
    ['port=5432/udp', []],
    ['port=1-1024/tcp', [out]],
    ['cidr=172.16.0.0/12', [out]],
    ['cidr=172.16.0.0/12,port=80', []],
  ])('%s', (text, matching) => {
    const parsed = exclusion(text);
    expect([call, out, probe].filter((each) => isExcludedBy(parsed, each))).toEqual(matching);
  });

  test.each([
    ['', 'is none of workload='],
    ['port', 'is none of workload='],
    ['pod=x', 'is none of workload='],
    ['port=0', 'is not a port or range'],
    ['port=9-8', 'is not a port or range'],
    ['port=70000', 'is not a port or range'],
    ['port=80/icmp', 'is not a port or range'],
    ['cidr=10.0.0.1', 'is not a CIDR'],
    ['peer=web', 'is not NAMESPACE/NAME'],
    ['workload=node', 'is not NAMESPACE/NAME'],
    ['port=1,port=2', 'stands there twice'],
  ])('%j is refused with what is wrong', (text, problem) => {
    expect(parseExclusion(text)).toEqual({ problem: expect.stringContaining(problem) as unknown });
  });

  test('keeps a connection out of both drafts, and lists it with the option that did it', () => {
    const result = drafted([web, db], [call, out], { options: { exclude: [exclusion('peer=shop/db')] } });
    expect(rulesOf(result, 'shop/db', 'ingress')).toEqual([]);
    const leftOut = {
      edge: 'workload:shop/Deployment/web -> workload:shop/Deployment/db:5432/tcp',
      reason: 'excluded',
      option: 'exclude=peer=shop/db',
    };
    expect(draftOf(result, 'shop/web').leftOut).toEqual([leftOut]);
    expect(draftOf(result, 'shop/db').leftOut).toEqual([leftOut]);
    expect(codesOf(result, 'shop/db')).toEqual(['left-out']);
    expect(result.leftOut.map(({ edge: each }) => each)).toEqual([call]);
  });

  test('gives a workload a draft that a peer without labels withheld', () => {
    const edges = [edge('shop/Job/once -> shop/web:8080/tcp')];
    expect(omissionOf(drafted([web, bare], edges), 'shop/web')).toContain('peer-not-selectable');
    const options = { exclude: [exclusion('peer=shop/once')] };
    expect(rulesOf(drafted([web, bare], edges, { options }), 'shop/web')).toEqual([DNS_RULE]);
  });
});

describe('minimum evidence', () => {
  const day = (index: number) => ({ hour: index * 86_400_000, opened: 2, present: 0, answered: 2, bytes: 0 });
  const often = { ...edge('shop/web -> shop/db:5432/tcp'), hours: [day(0), day(1), day(2)] };
  const once = { ...edge('shop/web -> shop/db:9187/tcp'), hours: [day(1)] };
  const pool = { ...edge('shop/web -> shop/db:6379/tcp'), hours: [{ ...day(1), opened: 0, present: 9 }] };

  test('leaves out what was seen too seldom, listed with the option that did it', () => {
    const result = drafted([web, db], [often, once], { options: { minDays: 2 } });
    expect(rulesOf(result, 'shop/db', 'ingress').join()).toMatch(/ 5432\/TCP$/);
    expect(draftOf(result, 'shop/db').leftOut.map(({ option, reason }) => [reason, option])).toEqual([
      ['evidence', 'minDays=2'],
    ]);
  });

  test('counts connections that were opened before and were alive', () => {
    const result = drafted([web, db], [often, once, pool], { options: { minOpened: 6 } });
    expect(rulesOf(result, 'shop/db', 'ingress').join()).toMatch(/ 5432\/TCP,6379\/TCP$/);
  });
});
