/** Service ports whose target is a name (NETPOL rule 17): templates tell its number before the first pod, and what nobody tells is said. */
import { describe, expect, test } from 'vitest';
import type { ServiceInfo, WebhookTarget, WorkloadInfo } from '../../src/recommend/cluster.ts';
import { edge, ips, service, workloadInfo } from '../world.ts';
import { codesOf, drafted, draftOf, rulesOf } from './drafted.ts';

const https = { name: 'https', protocol: 'tcp', port: 9443 } as const;
const ANY_9443 = ['ingress configuration: any source: any 9443/TCP'];

const hooks: readonly WebhookTarget[] = [
  {
    kind: 'ValidatingWebhookConfiguration',
    name: 'v',
    service: { namespace: 'shop', name: 'hook', port: 443 },
  },
];
const named = service('shop/hook', {
  ports: [{ protocol: 'tcp', port: 443, targetPort: 'https', nodePort: null }],
});
const nodePort: ServiceInfo = { ...named, type: 'NodePort' };

/** Scaled to none, as a server finds it that has just started. */
const scaledDown = workloadInfo('shop/hook', { podLabels: [], containerPorts: [https] });
const called = (...workloads: readonly WorkloadInfo[]) =>
  drafted(workloads, [], { detail: { services: [named], webhooks: hooks } });
const unknownPort = (result: ReturnType<typeof drafted>, title: string) =>
  draftOf(result, title).caveats.find(({ code }) => code === 'port-name-unknown');

describe('the template tells the number', () => {
  test('of a webhook that has no pod yet', () => {
    expect(rulesOf(called(scaledDown), 'shop/hook', 'ingress')).toEqual(ANY_9443);
    expect(codesOf(called(scaledDown), 'shop/hook')).toEqual(['called-by-api-server']);
  });

  test('of a roll to another number, beside the pods that are still there', () => {
    const rolling = workloadInfo('shop/hook', {
      ports: [https],
      containerPorts: [{ ...https, port: 10_250 }],
    });
    expect(rulesOf(called(rolling), 'shop/hook', 'ingress')).toEqual([
      'ingress configuration: any source: any 9443/TCP,10250/TCP',
    ]);
  });

  test('of an exposed port that was used before the pods went', () => {
    const result = drafted([scaledDown], [edge('external@198.51.100.7 -> shop/hook:9443/tcp')], {
      detail: { services: [nodePort] },
    });
    expect(rulesOf(result, 'shop/hook', 'ingress')).toEqual(['ingress observed: any source: any 9443/TCP']);
  });

  test('of a Service that a client of a plugin before DNAT dials', () => {
    const other = { protocol: 'tcp', port: 80, targetPort: 8080, nodePort: null } as const;
    const result = drafted(
      [workloadInfo('shop/web'), scaledDown],
      [edge('shop/web -> shop/hook:9443/tcp', { services: ['shop/hook'] })],
      {
        detail: { services: [{ ...named, clusterIps: ips('10.96.7.7'), ports: [other, ...named.ports] }] },
        options: { cni: 'aws-vpc-cni' },
      },
    );
    expect(rulesOf(result, 'shop/web').at(-1)).toBe(
      'egress configuration: Service shop/hook: {"ipBlock":{"cidr":"10.96.7.7/32"}} 443/TCP',
    );
  });

  test('by its protocol: one name may stand for two ports', () => {
    const both = { ...scaledDown, containerPorts: [{ ...https, protocol: 'udp' as const, port: 1 }, https] };
    expect(rulesOf(called(both), 'shop/hook', 'ingress')).toEqual(ANY_9443);
  });
});

test('ports that a template declares and nobody used are told before the first pod', () => {
  expect(draftOf(called(scaledDown), 'shop/hook').unused.ports).toEqual(['9443/tcp']);
});

describe('a name that nobody knows', () => {
  const silent = workloadInfo('shop/hook', { podLabels: [] });

  test('is a caveat on the draft of who is called, never silence', () => {
    for (const backend of [silent, workloadInfo('shop/hook'), { ...silent, containerPorts: [] }])
      expect(unknownPort(called(backend), 'shop/hook')?.sentence).toBe(
        'Service shop/hook leads from port 443/tcp to a container port named https, which no pod or template known of it declares; no rule opens it to the API server, which calls it',
      );
  });

  test('is one on the draft of who is exposed', () => {
    const result = drafted([silent], [], { detail: { services: [nodePort] } });
    expect(unknownPort(result, 'shop/hook')?.sentence).toMatch(
      /; no rule opens it to the outside for which it is exposed$/,
    );
    expect(codesOf(drafted([silent], [], { detail: { services: [named] } }), 'shop/hook')).toEqual([]);
  });

  test('is none where it is known that another workload alone has the port, to which alone the Service leads', () => {
    const job = workloadInfo('shop/CronJob/migrate', { labels: { app: 'hook', job: 'migrate' } });
    const own = workloadInfo('shop/hook', {
      labels: { app: 'hook', part: 'server' },
      containerPorts: [https],
    });
    expect(unknownPort(called(own, job), 'shop/migrate')).toBeUndefined();
    const unknown = { ...job, pods: [] };
    expect(unknownPort(called(own, unknown), 'shop/migrate')?.code).toBe('port-name-unknown');
    const template = { ...unknown, containerPorts: [] };
    expect(unknownPort(called(own, template), 'shop/migrate')).toBeUndefined();
  });
});
