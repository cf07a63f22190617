import { describe, expect, test } from 'vitest';
import { cidr } from '../../src/domain/cidr.ts';
import type { Edge, SourceView } from '../../src/domain/edge.ts';
import { ip } from '../../src/domain/ip.ts';
import type { ClusterInfo } from '../../src/recommend/cluster.ts';
import { provedDraft } from '../../src/recommend/draft-subject.ts';
import type { Recommendation } from '../../src/recommend/recommend.ts';
import { coredns, edge, identity, service, workloadInfo } from '../world.ts';
import {
  codesOf,
  DNS_RULE,
  drafted,
  draftOf as draft,
  outcomeOf as outcome,
  rulesOf as rules,
} from './drafted.ts';

const web = workloadInfo('shop/web');
const db = workloadInfo('shop/db');
const api = workloadInfo('other/api');

function run(
  edges: readonly Edge[],
  detail: Partial<ClusterInfo> = {},
  workloads = [web, db, api],
): Recommendation {
  return drafted(workloads, edges, { detail });
}

describe('drafts', () => {
  test('both ends of an edge get their half of it, on the port after DNAT', () => {
    const result = run([edge('shop/web -> shop/db:5432/tcp', { services: ['shop/db'] })]);
    expect(rules(result, 'shop/web')).toEqual([
      DNS_RULE,
      'egress observed: shop/db: {"podSelector":{"matchLabels":{"app":"db"}}} 5432/TCP',
    ]);
    expect(rules(result, 'shop/db')).toEqual([
      'ingress observed: shop/web: {"podSelector":{"matchLabels":{"app":"web"}}} 5432/TCP',
      DNS_RULE,
    ]);
  });

  test('a peer of another namespace is named by that namespace and its own selector, in one element', () => {
    const result = run([edge('shop/web -> other/api:8080/tcp')]);
    expect(rules(result, 'shop/web')).toContain(
      'egress observed: other/api: {"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"other"}},"podSelector":{"matchLabels":{"app":"api"}}} 8080/TCP',
    );
  });

  test('a workload without traffic is isolated both ways but for DNS', () => {
    const found = draft(run([]), 'shop/web');
    expect(found.policy.spec).toMatchObject({ policyTypes: ['Ingress', 'Egress'], ingress: [] });
    expect(found.rules.map((rule) => rule.title)).toEqual(['DNS']);
  });

  test('unanswered TCP is noise, one-way UDP is need', () => {
    const result = run([
      edge('shop/web -> shop/db:81/tcp', { answered: 0 }),
      edge('shop/web -> shop/db:8125/udp', { answered: 0 }),
    ]);
    expect(rules(result, 'shop/db').filter((rule) => rule.startsWith('ingress'))).toEqual([
      'ingress observed: shop/web: {"podSelector":{"matchLabels":{"app":"web"}}} 8125/UDP',
    ]);
  });

  test('a connection that only a dump found is need', () => {
    const result = run([edge('shop/web -> shop/db:5432/tcp', { opened: 0, answered: 0, present: 1 })]);
    expect(rules(result, 'shop/db')[0]).toContain('5432/TCP');
  });

  test('a scan draws nothing into a draft, not even the ports that answered', () => {
    const refused = Array.from({ length: 25 }, (_, index) =>
      edge(`shop/web -> shop/db:${1000 + index}/tcp`, { answered: 0 }),
    );
    const result = run([...refused, edge('shop/web -> shop/db:6379/tcp')]);
    expect(rules(result, 'shop/db')).toEqual([DNS_RULE]);
    expect(result.quarantined.map(({ reason, edge: held }) => `${reason} ${held.port}`)).toEqual([
      'scan 6379',
    ]);
  });

  test('cluster DNS accepts every pod and its own upstream stays exact', () => {
    const result = run([
      edge('shop/web -> kube-system/coredns:53/udp'),
      edge('kube-system/coredns -> external@192.168.100.53:53/udp'),
    ]);
    expect(rules(result, 'kube-system/coredns')).toEqual([
      'ingress convention: DNS for every pod: {"namespaceSelector":{}} 53/TCP,53/UDP',
      'egress observed: outside addresses: {"ipBlock":{"cidr":"192.168.100.53/32"}} 53/UDP',
    ]);
    expect(codesOf(result, 'kube-system/coredns')).toEqual(['dns-of-the-node']);
    expect(rules(result, 'shop/web')).toEqual([DNS_RULE]);
  });

  test('pods that bring their own nameservers get those, and the cluster DNS only when they use it', () => {
    const own = workloadInfo('shop/own', { dnsPolicy: 'None', nameservers: [ip('10.1.1.1')] });
    expect(rules(run([], {}, [own]), 'shop/own')).toEqual([
      'egress convention: DNS: {"ipBlock":{"cidr":"10.1.1.1/32"}} 53/TCP,53/UDP',
    ]);
  });

  test('a second Service with the label of DNS (NodeLocal DNSCache adds one) is no DNS Service beside kube-dns', () => {
    const upstream = service('kube-system/kube-dns-upstream', {
      ...coredns.service,
      name: 'kube-dns-upstream',
      labels: { 'k8s-app': 'kube-dns' },
      clusterIps: [ip('10.96.0.11')],
    });
    const cache = workloadInfo('kube-system/DaemonSet/node-local-dns', {
      labels: { 'k8s-app': 'node-local-dns' },
      hostNetwork: true,
    });
    const found = rules(run([], { services: [upstream] }, [web, cache]), 'shop/web');
    expect(found.join()).toContain('10.96.0.10/32');
    expect(found.join()).not.toContain('10.96.0.11/32');
  });

  test('with a node-local cache the link-local address and the DNS Service itself are allowed, exactly', () => {
    const cache = workloadInfo('kube-system/DaemonSet/node-local-dns', {
      labels: { 'k8s-app': 'node-local-dns' },
      hostNetwork: true,
    });
    expect(rules(run([], {}, [web, cache]), 'shop/web')).toEqual([
      'egress convention: DNS: {"ipBlock":{"cidr":"10.96.0.10/32"}} {"ipBlock":{"cidr":"169.254.20.10/32"}} 53/TCP,53/UDP',
      DNS_RULE,
    ]);
  });
});

/** Edges to this many neighbours on a private network. */
function to(count: number): Edge[] {
  return Array.from({ length: count }, (_, index) =>
    edge(`shop/web -> external@172.16.5.${index + 1}:5432/tcp`),
  );
}

describe('the outside', () => {
  const exposed = { services: [service('shop/web', { type: 'NodePort' })] };
  const byNode: readonly SourceView[] = [{ seen: identity('node:node-a@192.168.100.1'), ownNode: false }];

  test('an exposed port that was reached from outside is open to any source, and pods need no rule of their own for it', () => {
    const result = run(
      [
        edge('external@198.51.100.7 -> shop/web:8080/tcp', { views: byNode }),
        edge('shop/db -> shop/web:8080/tcp'),
      ],
      exposed,
    );
    expect(rules(result, 'shop/web').filter((rule) => rule.startsWith('ingress'))).toEqual([
      'ingress observed: any source: any 8080/TCP',
    ]);
    expect(codesOf(result, 'shop/web')).toEqual(['open-to-any-source']);
  });

  test('an exposed port that nobody reached from outside stays closed', () => {
    const result = run([edge('shop/db -> shop/web:8080/tcp')], exposed);
    expect(rules(result, 'shop/web').filter((rule) => rule.startsWith('ingress'))).toEqual([
      'ingress observed: shop/db: {"podSelector":{"matchLabels":{"app":"db"}}} 8080/TCP',
    ]);
  });

  test("a node's address seen by a pod of another node is allowed exactly; its own node needs no rule", () => {
    const result = run([
      edge('node:node-a@192.168.100.1 -> shop/web:8080/tcp'),
      edge('node:node-b@192.168.100.2 -> shop/web:8080/tcp', {
        views: [{ seen: identity('node:node-b@192.168.100.2'), ownNode: true }],
      }),
    ]);
    expect(rules(result, 'shop/web')[0]).toBe(
      'ingress observed: nodes: {"ipBlock":{"cidr":"192.168.100.1/32"}} 8080/TCP',
    );
  });

  test('nodeCIDRs and controlPlaneCIDRs replace what was seen', () => {
    const result = drafted(
      [web],
      [
        edge('node:node-a@192.168.100.1 -> shop/web:8080/tcp'),
        edge('shop/web -> apiserver@192.168.100.1:6443/tcp'),
      ],
      { known: { nodeCidrs: ['192.168.100.0/24'], controlPlaneCidrs: ['192.168.100.0/28'] } },
    );
    expect(rules(result, 'shop/web')).toEqual([
      'ingress observed: nodes: {"ipBlock":{"cidr":"192.168.100.0/24"}} 8080/TCP',
      DNS_RULE,
      'egress observed: API server: {"ipBlock":{"cidr":"192.168.100.0/28"}} 6443/TCP',
    ]);
  });

  test("public addresses become any-but-private without this cluster's own public ranges", () => {
    const result = run(
      [edge('shop/web -> external@93.184.215.14:443/tcp'), edge('shop/web -> external@151.101.1.1:443/tcp')],
      {
        nodes: [{ name: 'node-a', addresses: [ip('52.1.2.3')], podCidrs: [cidr('44.0.0.0/16')] }],
      },
    );
    const rule = draft(result, 'shop/web').rules.find((each) => each.title === 'public addresses');
    const block = rule?.peers?.[0]?.ipBlock;
    expect(rule?.peers).toHaveLength(1);
    expect(block?.cidr).toBe('0.0.0.0/0');
    expect(block?.except).toEqual(
      expect.arrayContaining([
        '10.0.0.0/8',
        '169.254.0.0/16',
        '100.64.0.0/10',
        '168.63.129.16/32',
        '44.0.0.0/16',
        '52.1.2.0/24',
      ]),
    );
  });

  test('pods of both families reach public addresses of both, whichever was seen', () => {
    const dual = {
      ...web,
      pods: web.pods.map((pod) => ({ ...pod, ips: [ip('10.244.1.2'), ip('fd00:244:1::2')] })),
    };
    const rule = draft(
      run([edge('shop/web -> external@93.184.215.14:443/tcp')], {}, [dual]),
      'shop/web',
    ).rules.at(-1);
    expect(rule?.peers?.map((peer) => peer.ipBlock?.cidr)).toEqual(['0.0.0.0/0', '2000::/3']);
  });

  test('private addresses stay exact up to 8, then the smallest prefix no wider than /24', () => {
    const blocks = (edges: readonly Edge[]): unknown[] =>
      (
        draft(run(edges), 'shop/web').rules.find((rule) => rule.title === 'outside addresses')?.peers ?? []
      ).map((peer) => peer.ipBlock?.cidr);
    expect(blocks(to(8))).toHaveLength(8);
    expect(blocks(to(9))).toEqual(['172.16.5.0/28']);
    expect(blocks([...to(9), edge('shop/web -> external@172.16.9.9:5432/tcp')])).toEqual([
      '172.16.5.0/28',
      '172.16.9.9/32',
    ]);
  });

  test('a link-local address is drafted only as itself', () => {
    expect(rules(run([edge('shop/web -> external@169.254.169.254:80/tcp')]), 'shop/web')).toContain(
      'egress observed: outside addresses: {"ipBlock":{"cidr":"169.254.169.254/32"}} 80/TCP',
    );
  });
});

describe('no draft', () => {
  test('a draft that would deny an edge it was made from is omitted, not printed', () => {
    const made = { draft: draft(run([]), 'shop/web') };
    const proved = { denied: [], unselected: [] };
    expect(provedDraft(made, proved)).toBe(made.draft);
    expect(provedDraft(made, { ...proved, denied: ['shop/web -> shop/db:5432/tcp'] })).toMatchObject({
      kind: 'omitted',
      code: 'unproved',
      sentence: 'the draft would deny shop/web -> shop/db:5432/tcp',
    });
    expect(provedDraft(made, { ...proved, unselected: ['web-0'] })).toMatchObject({ code: 'unproved' });
  });

  test('a workload without a stable label is omitted, never selected by {}', () => {
    const job = workloadInfo('shop/Job/once', {
      selector: null,
      labels: { 'job-name': 'once', 'batch.kubernetes.io/controller-uid': 'x' },
      podLabels: [{ 'job-name': 'once' }],
    });
    expect(outcome(run([], {}, [job]), 'shop/once')).toMatchObject({
      kind: 'omitted',
      code: 'not-selectable',
    });
  });

  test('hostNetwork workloads are not selectable by any policy and stand nowhere', () => {
    const proxy = workloadInfo('kube-system/DaemonSet/proxy', { hostNetwork: true });
    expect(run([], {}, [proxy]).outcomes.map(({ workload }) => workload.name)).toEqual(['coredns']);
  });

  test('a workload that is gone needs no policy, its clients still do', () => {
    const gone = {
      ...workloadInfo('shop/gone', { selector: null, templateLabels: null }),
      pods: db.pods.map((pod) => ({ ...pod, ended: true })),
    };
    expect(run([], {}, [gone]).outcomes.map(({ workload }) => workload.name)).toEqual(['coredns']);
  });
});

test('a short learning window is incomplete and says so', () => {
  expect(draft(run([]), 'shop/web').readiness).toMatchObject({
    state: 'incomplete',
    reasons: expect.arrayContaining([expect.objectContaining({ code: 'window' })]) as unknown,
  });
});

test('coredns of the test world is a DNS Service', () => {
  expect(coredns.service.ports.map((port) => port.port)).toEqual([53, 53]);
});
