/** Before DNAT a plugin judges the Service's address and port (NETPOL rule 25): what may have been dialled is drafted, and a guess is said. */
import { describe, expect, test } from 'vitest';
import type { ServiceInfo, ServicePort } from '../../src/recommend/cluster.ts';
import { edge, ips, service, workloadInfo } from '../world.ts';
import { codesOf, drafted, rulesOf } from './drafted.ts';

const web = workloadInfo('shop/web');
const db = workloadInfo('shop/db');

const port = (number: number, targetPort: number | string, protocol: 'tcp' | 'udp' = 'tcp'): ServicePort => ({
  protocol,
  port: number,
  targetPort,
  nodePort: null,
});
const manual = (...ports: readonly ServicePort[]): ServiceInfo =>
  service('shop/legacy', { selector: null, clusterIps: ips('10.96.0.50'), ports });

const toAddress = edge('shop/web -> external@172.16.9.9:8080/tcp', { services: ['shop/legacy'] });
const toPod = edge('shop/web -> shop/db:8080/tcp', { services: ['shop/legacy'] });
const dialling = (services: readonly ServiceInfo[], each = toAddress) =>
  drafted([web, db], [each], { detail: { services }, options: { cni: 'aws-vpc-cni' } });
const view = (result: ReturnType<typeof drafted>): string[] =>
  rulesOf(result, 'shop/web', 'egress').filter((rule) => rule.includes('Service shop/'));
const LEGACY = 'egress configuration: Service shop/legacy: {"ipBlock":{"cidr":"10.96.0.50/32"}}';

describe('a Service without selector, whose endpoints are written by hand', () => {
  test.each([
    ['leads out of the cluster', toAddress],
    ['leads to pods', toPod],
  ])('that %s: its one port was dialled, whatever its targetPort says', (_, each) => {
    const result = dialling([manual(port(80, 80), port(80, 80, 'udp'))], each);
    expect(view(result)).toEqual([`${LEGACY} 80/TCP`]);
    expect(codesOf(result, 'shop/web')).toEqual(['service-view']);
  });

  test('of several ports any may have been dialled: all are drafted, and that is said', () => {
    const result = dialling([manual(port(80, 80), port(81, 8080))]);
    expect(view(result)).toEqual([`${LEGACY} 80/TCP,81/TCP`]);
    expect(codesOf(result, 'shop/web')).toEqual(['service-view', 'service-view-ports']);
  });
});

describe('a Service whose ports lead elsewhere by now', () => {
  const moved = (...ports: readonly ServicePort[]): ServiceInfo =>
    service('shop/db', { clusterIps: ips('10.96.0.51'), ports });
  const DB = 'egress configuration: Service shop/db: {"ipBlock":{"cidr":"10.96.0.51/32"}}';
  const dialled = edge('shop/web -> shop/db:8080/tcp', { services: ['shop/db'] });

  test.each([
    ['by number', port(80, 9090)],
    ['by a name that no container has', port(80, 'http')],
  ])('%s: dialled by that port all the same', (_, now) => {
    const result = dialling([moved(now, port(53, 53, 'udp'))], dialled);
    expect(view(result)).toEqual([`${DB} 80/TCP`]);
  });

  test('the port that leads there is the one that was dialled', () => {
    const result = dialling([moved(port(80, 8080), port(81, 9090))], dialled);
    expect(view(result)).toEqual([`${DB} 80/TCP`]);
    expect(codesOf(result, 'shop/web')).toEqual(['service-view']);
  });

  test('and those by a name that nobody is known to have, which may lead there too', () => {
    const result = dialling([moved(port(80, 8080), port(81, 'http'), port(82, 9090))], dialled);
    expect(view(result)).toEqual([`${DB} 80/TCP,81/TCP`]);
    expect(codesOf(result, 'shop/web')).toEqual(['service-view', 'service-view-ports']);
  });

  test.each([
    ['has no port of the protocol any more', [moved(port(53, 53, 'udp'))]],
    ['is gone', []],
    ['has no address of its own', [service('shop/db')]],
  ])('where it %s nobody can dial it, and there is nothing to name', (_, services) => {
    const result = dialling(services, dialled);
    expect(view(result)).toEqual([]);
    expect(codesOf(result, 'shop/web')).toEqual(['service-view']);
  });
});

test('any address of a Service may have been dialled, those outside the cluster too', () => {
  const balanced = service('shop/db', {
    type: 'LoadBalancer',
    clusterIps: ips('10.96.0.51'),
    externalIps: ips('52.1.1.1'),
  });
  const result = dialling([balanced], edge('shop/web -> shop/db:8080/tcp', { services: ['shop/db'] }));
  expect(view(result)).toEqual([
    'egress configuration: Service shop/db: {"ipBlock":{"cidr":"10.96.0.51/32"}} {"ipBlock":{"cidr":"52.1.1.1/32"}} 80/TCP',
  ]);
});

test('other plugins see none of it', () => {
  const result = drafted([web, db], [toPod]);
  expect(codesOf(result, 'shop/web')).toEqual([]);
});
