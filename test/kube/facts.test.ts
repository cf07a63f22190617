/** What identity is told of an object: every time brought to our clock, and only what proves something. */
import { describe, expect, test } from 'vitest';
import type { ApiServerFact, NodeFact, PodFact, ServiceFact } from '../../src/identity/facts.ts';
import { ClusterModel } from '../../src/kube/cluster-model.ts';
import type { EventContext } from '../../src/kube/cluster-model.ts';

const at = (second: number): string => new Date(second * 1000).toISOString();

class Told {
  readonly pods: PodFact[] = [];
  readonly nodes: NodeFact[] = [];
  readonly services: ServiceFact[] = [];
  readonly apiServers: ApiServerFact[] = [];
  observePod = (fact: PodFact): void => void this.pods.push(fact);
  observeNode = (fact: NodeFact): void => void this.nodes.push(fact);
  observeService = (fact: ServiceFact): void => void this.services.push(fact);
  observeApiServer = (fact: ApiServerFact): void => void this.apiServers.push(fact);
  removePod = (): void => undefined;
  removeNode = (): void => undefined;
  removeService = (): void => undefined;
}

function told(object: Record<string, unknown>, context?: EventContext): Told {
  const sink = new Told();
  const model = new ClusterModel(sink, context);
  const metadata = { name: 'web-1', namespace: 'shop', uid: 'u', creationTimestamp: at(10) };
  const { metadata: given, ...rest } = object;
  const whole = { apiVersion: 'v1', metadata: { ...metadata, ...(given as object) }, ...rest };
  expect(model.apply({ observedAt: 500_000, type: 'ADDED', object: whole })).toEqual({ kind: 'applied' });
  return sink;
}

function pod(status: object, metadata: object = {}, context?: EventContext): PodFact | undefined {
  const spec = { nodeName: 'node-a', containers: [{ name: 'main' }] };
  return told({ kind: 'Pod', metadata, spec, status }, context).pods[0];
}

const running = (start: number, last?: readonly [number, number]): object => ({
  state: { running: { startedAt: at(start) } },
  ...(last && { lastState: { terminated: { startedAt: at(last[0]), finishedAt: at(last[1]) } } }),
});
const ended = (start: number, end: number): object => ({
  state: { terminated: { startedAt: at(start), finishedAt: at(end) } },
});

describe('a pod', () => {
  test.each<[string, readonly object[], number | null]>([
    ['the first start of those that run', [running(12), running(14)], 12],
    ['not one before a restart', [running(107, [12, 100])], 107],
    [
      'not that of a container that ended before another was restarted',
      [ended(12, 20), running(107, [12, 100])],
      107,
    ],
    [
      'that of a container that runs since, whatever became of the other',
      [running(12), running(51, [13, 50])],
      12,
    ],
    ['none while none started', [{ state: { waiting: {} } }], null],
  ])('proves its sandbox by %s', (_, containerStatuses, second) => {
    const start = second === null ? null : second * 1000;
    expect(pod({ containerStatuses })?.firstContainerStart).toBe(start);
  });

  test('was reported no earlier than the latest time that its kubelet printed, Ready excepted', () => {
    const conditions = [
      { type: 'ContainersReady', status: 'True', lastTransitionTime: at(80) },
      { type: 'Ready', status: 'False', lastTransitionTime: at(300) },
    ];
    expect(pod({ startTime: at(11), conditions, containerStatuses: [running(12)] })?.reportedAt).toBe(80_000);
  });

  test('a status that was lost, of year 1, has no times', () => {
    const lost = '0001-01-01T00:00:00Z';
    const terminated = { startedAt: lost, finishedAt: lost };
    expect(pod({ containerStatuses: [{ ...running(50), lastState: { terminated } }] })?.containers).toEqual([
      { startedAt: 50_000, finishedAt: null, last: { startedAt: null, finishedAt: null } },
    ]);
  });

  test.each([
    [
      'the hash of its manifest',
      { annotations: { 'kubernetes.io/config.mirror': 'm', 'kubernetes.io/config.hash': 'h' } },
      'h',
    ],
    [
      'its name, where its annotations were not kept',
      { ownerReferences: [{ kind: 'Node', name: 'node-a', uid: 'n', controller: true }] },
      'shop/web-1',
    ],
    ['nothing, for it is none', { annotations: { 'kubernetes.io/config.hash': 'h' } }, undefined],
  ])('mirrors a static pod by %s', (_, metadata, mirrorOf) => {
    expect(pod({}, metadata)?.mirrorOf).toBe(mirrorOf);
  });

  test("has its times by our clock: the API server's by its own offset, its node's by that of the node", () => {
    const clocks = {
      api: { offsetMs: 200, uncertaintyMs: 30 },
      node: (name: string) => ({ offsetMs: name === 'node-a' ? -2000 : 0, uncertaintyMs: 40 }),
    };
    const fact = pod(
      { startTime: at(13), containerStatuses: [ended(15, 20)] },
      { deletionTimestamp: at(60), deletionGracePeriodSeconds: 30 },
      { clocks, isAlive: (node, when) => node !== 'node-a' || when !== 500_000 },
    );
    expect(fact).toMatchObject({
      createdAt: 10_200,
      startedAt: 11_000,
      firstContainerStart: 13_000,
      lastContainerFinish: 18_000,
      deletion: { at: 60_200, graceS: 30 },
      doubt: { apiMs: 30, nodeMs: 40 },
      nodeIsAlive: false,
    });
  });
});

describe('a node', () => {
  const node = (metadata: object, status: object = {}): NodeFact | undefined =>
    told({
      kind: 'Node',
      metadata: { name: 'node-a', namespace: '', ...metadata },
      spec: { podCIDRs: ['10.244.1.0/24'] },
      status: { addresses: [{ type: 'InternalIP', address: '192.168.100.1' }], ...status },
    }).nodes[0];

  test.each<[string, Record<string, string>, readonly string[]]>([
    ['no tunnel', {}, []],
    [
      'flannel',
      {
        'flannel.alpha.coreos.com/public-ip': '203.0.113.1',
        'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"8a:00:00:00:00:01"}',
      },
      ['203.0.113.1', '10.244.1.0'],
    ],
    [
      'Calico',
      {
        'projectcalico.org/IPv4Address': '192.168.100.1/24',
        'projectcalico.org/IPv4IPIPTunnelAddr': '10.244.1.64',
        'projectcalico.org/IPv4VXLANTunnelAddr': '10.244.1.65',
        'projectcalico.org/IPv6VXLANTunnelAddr': 'fd00:244:1:0::40',
        'projectcalico.org/IPv4WireguardInterfaceAddr': '10.244.1.66',
      },
      ['10.244.1.64', '10.244.1.65', 'fd00:244:1::40', '10.244.1.66'],
    ],
    ['nonsense', { 'projectcalico.org/IPv4IPIPTunnelAddr': 'none' }, []],
  ])('has its addresses, its gateway and those of %s', (_, annotations, more) => {
    expect(node({ annotations })?.ips).toEqual(['192.168.100.1', '10.244.1.1', ...more]);
  });

  test('tells its boot, and when it last spoke of it', () => {
    const conditions = [{ lastHeartbeatTime: at(40) }, { lastHeartbeatTime: at(70) }, {}];
    expect(node({}, { nodeInfo: { bootID: 'b' }, conditions })).toMatchObject({
      bootId: 'b',
      reportedAt: 70_000,
    });
  });
});
