/**
 * Laws of Service ports: whatever leads to a pod by number, by name or by hand, before DNAT the port that was dialled is allowed,
 * and what the API server calls is open to anybody, or the draft says that nobody knows which port it is.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type {
  ServiceInfo,
  ServicePort,
  WebhookTarget,
  WorkloadInfo,
} from '../../../src/recommend/cluster.ts';
import { cluster, edge, ips, service, workloadInfo } from '../../world.ts';
import { drafted, draftOf } from '../drafted.ts';
import { judge } from './judge.ts';

const PARAMETERS = { seed: 20_261_122, numRuns: 300 };
const NUMBERS = [8080, 9443] as const;
const NAMES = ['http', 'https'] as const;
const ADDRESSES = ips('10.96.7.7', 'fd00:96::7', '52.1.1.1');

const declared = fc.array(
  fc.record({
    name: fc.constantFrom(...NAMES),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const),
    port: fc.constantFrom(...NUMBERS),
  }),
  { maxLength: 2 },
);

/** Behind the Service: pods, a template, both or neither tell of ports. */
const hooks = fc
  .record({ pods: fc.nat(2), ofPods: declared, template: fc.option(declared, { nil: undefined }) })
  .map(({ pods, ofPods, template }): WorkloadInfo =>
    workloadInfo('shop/hook', {
      podLabels: Array.from({ length: pods }, () => ({ app: 'hook' })),
      ports: ofPods,
      ...(template !== undefined && { containerPorts: template }),
    }),
  );

const servicePorts = fc.uniqueArray(
  fc.record({
    protocol: fc.constantFrom('tcp' as const, 'udp' as const),
    port: fc.constantFrom(80, 443),
    targetPort: fc.constantFrom<number | string>(...NUMBERS, ...NAMES),
    nodePort: fc.constant(null),
  }),
  { minLength: 1, selector: ({ protocol, port }) => `${protocol} ${port}` },
);

const fronts = fc
  .record({
    ports: servicePorts,
    isByHand: fc.boolean(),
    addresses: fc.subarray(ADDRESSES, { minLength: 1 }),
  })
  .map(({ ports, isByHand, addresses }): ServiceInfo =>
    service('shop/hook', {
      ports,
      selector: isByHand ? null : { app: 'hook' },
      clusterIps: addresses.filter((address) => address !== ADDRESSES[2]),
      externalIps: addresses.filter((address) => address === ADDRESSES[2]),
    }),
  );

const numbersOf = (
  { targetPort, protocol }: ServicePort,
  { pods, containerPorts = [] }: WorkloadInfo,
): readonly number[] =>
  typeof targetPort === 'number'
    ? [targetPort]
    : [...pods.flatMap(({ ports }) => ports), ...containerPorts]
        .filter((each) => each.name === targetPort && each.protocol === protocol)
        .map(({ port }) => port);

const web = workloadInfo('shop/web');
const services = [{ namespace: 'shop', name: 'hook' }];

test('before DNAT a Service is allowed wherever it may have been dialled', () => {
  const seen = { byTarget: 0, unknown: 0 };
  fc.assert(
    fc.property(hooks, fronts, fc.nat(), fc.constantFrom(...NUMBERS), (hook, front, which, any) => {
      const port = front.ports[which % front.ports.length];
      if (port === undefined) throw new RangeError('a Service has a port');
      // By hand a port may lead anywhere, and by a name that nobody is known to have.
      const [number] = front.selector === null ? [] : numbersOf(port, hook);
      seen[number === undefined ? 'unknown' : 'byTarget'] += 1;
      const dialled = { ...edge(`shop/web -> shop/hook:${number ?? any}/${port.protocol}`), services };
      const result = drafted([web, hook], [dialled], {
        detail: { services: [front] },
        options: { cni: 'aws-vpc-cni' },
      });
      const set = judge(cluster([web, hook]), [draftOf(result, 'shop/web').policy]);
      const refused = [...front.clusterIps, ...front.externalIps].filter(
        (address) =>
          !set.egressAllows({ ...dialled, server: { kind: 'external', address }, port: port.port }),
      );
      expect(refused).toEqual([]);
    }),
    PARAMETERS,
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(PARAMETERS.numRuns / 10);
});

test('what the API server calls is open to anybody, or the draft says that nobody knows the port', () => {
  const seen = { open: 0, told: 0 };
  fc.assert(
    fc.property(hooks, fronts, fc.constantFrom(80, 443), (hook, front, number) => {
      const called = { ...front, selector: { app: 'hook' }, externalIps: [] };
      const target: WebhookTarget = {
        kind: 'APIService',
        name: 'v1.x',
        service: { namespace: 'shop', name: 'hook', port: number },
      };
      const result = drafted([web, hook], [], { detail: { services: [called], webhooks: [target] } });
      const { policy, caveats } = draftOf(result, 'shop/hook');
      const isTold = caveats.some(({ code }) => code === 'port-name-unknown');
      const port = called.ports.find((each) => each.protocol === 'tcp' && each.port === number);
      const numbers = port === undefined ? [] : numbersOf(port, hook);
      expect(isTold).toBe(port !== undefined && numbers.length === 0);
      seen.told += isTold ? 1 : 0;
      seen.open += numbers.length > 0 ? 1 : 0;
      const set = judge(cluster([web, workloadInfo('shop/hook')]), [policy]);
      const refused = numbers.filter(
        (each) => !set.ingressAllows(edge(`external@198.51.100.77 -> shop/hook:${each}/tcp`)),
      );
      expect(refused).toEqual([]);
    }),
    PARAMETERS,
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(PARAMETERS.numRuns / 20);
});
