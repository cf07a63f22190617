/**
 * Random clusters for the laws of the recommender: few labels, so that selectors collide; every kind of controller; pods with
 * labels that no template knows; clients that were rewritten; the outside in both families; policies in force.
 */
import * as fc from 'fast-check';
import type { Edge, SourceView } from '../../../src/domain/edge.ts';
import { edgeKeyText } from '../../../src/domain/edge.ts';
import { ip } from '../../../src/domain/ip.ts';
import { compareText } from '../../../src/domain/text-order.ts';
import type { NetworkPolicy } from '../../../src/netpol/policy.ts';
import type { ClusterInfo, KnownPod, ServiceInfo, WorkloadInfo } from '../../../src/recommend/cluster.ts';
import { cluster, edge, identity, service, workloadInfo } from '../../world.ts';

/** What a recommendation is made of here. */
export interface Scene {
  readonly cluster: ClusterInfo;
  readonly edges: readonly Edge[];
}

type Labels = Readonly<Record<string, string>>;

/** Names with their kinds; the kind decides what the API server lets them have as selector. */
const WORKLOADS = [
  'shop/Deployment/web',
  'shop/Deployment/web-canary',
  'shop/StatefulSet/db',
  'shop/CronJob/report',
  'pay/Deployment/api',
  'pay/DaemonSet/sidekick',
  'pay/Job/migrate',
] as const;

const OUTSIDE = [
  'external@93.184.215.14',
  'external@198.51.100.7',
  'external@172.16.5.5',
  'external@172.16.5.6',
  'external@2606:2800:220:1::5',
  'node:node-a@192.168.100.1',
  'node:node-b@192.168.100.2',
  'apiserver@192.168.100.10',
] as const;

const PORTS = [53, 80, 443, 8080, 8443, 31_000];
const HASHES = ['7d4f9c6b5', '5f6c8', '86bcf'];

const labelSet = fc.record(
  {
    app: fc.constantFrom('a', 'b', 'c'),
    tier: fc.constantFrom('x', 'y'),
    'app.kubernetes.io/name': fc.constantFrom('n1', 'n2'),
    version: fc.constantFrom('v1', 'v2'),
  },
  { requiredKeys: ['app'] },
);

const drawnWorkload = fc.record({
  labels: labelSet,
  /** How many of the labels, in order, the controller's selector names. */
  selected: fc.integer({ min: 1, max: 4 }),
  pods: fc.integer({ min: 0, max: 3 }),
  ended: fc.integer({ min: 0, max: 1 }),
  /** A label that some admission webhook gave each pod another value of. */
  injected: fc.boolean(),
  hostNetwork: fc.integer({ min: 0, max: 9 }).map((draw) => draw === 0),
});

const drawnEdge = fc.record({
  client: fc.constantFrom(...WORKLOADS, ...WORKLOADS, ...OUTSIDE),
  server: fc.constantFrom(...WORKLOADS, ...WORKLOADS, ...OUTSIDE, 'kube-system/Deployment/coredns'),
  port: fc.constantFrom(...PORTS),
  protocol: fc.constantFrom('tcp', 'tcp', 'udp', 'sctp'),
  opened: fc.integer({ min: 0, max: 9 }),
  present: fc.integer({ min: 0, max: 2 }),
  answered: fc.integer({ min: 0, max: 3 }),
  /** The address under which a node rewrote the client; '' where none did. */
  rewritten: fc.constantFrom('', '', '', 'node:node-a@192.168.100.1', 'node:node-b@192.168.100.2'),
  ownNode: fc.boolean(),
});

const drawn = fc.record({
  workloads: fc.array(drawnWorkload, { minLength: WORKLOADS.length, maxLength: WORKLOADS.length }),
  exposed: fc.subarray([...WORKLOADS]),
  edges: fc.array(drawnEdge, { maxLength: 25 }),
  policies: fc.array(fc.record({ of: fc.constantFrom(...WORKLOADS), open: fc.boolean() }), { maxLength: 2 }),
});

/** Distinct edges with a workload at one end at least. */
export const randomScene: fc.Arbitrary<Scene> = drawn.map((value) => {
  const workloads = value.workloads.map((each, index) => workloadOf(index, each));
  const byTitle = new Map(WORKLOADS.map((title, index) => [title as string, workloads[index]]));
  const labelsOf = (title: string): Labels => byTitle.get(title)?.templateLabels ?? {};
  return {
    cluster: cluster(workloads, {
      services: value.exposed.map((title): ServiceInfo =>
        service(`${title.split('/')[0] ?? ''}/${title.split('/')[2] ?? ''}`, {
          type: 'NodePort',
          selector: labelsOf(title),
        }),
      ),
      apiServers: [{ ip: ip('192.168.100.10'), port: 6443 }],
      policies: value.policies.map(({ of, open }, index) => policyInForce(of, labelsOf(of), { open, index })),
    }),
    edges: edgesOf(value.edges, new Set(workloads.filter(isNoEnd).map(titleOf))),
  };
});

function workloadOf(
  index: number,
  drawnAs: typeof drawnWorkload extends fc.Arbitrary<infer T> ? T : never,
): WorkloadInfo {
  const title = WORKLOADS[index] ?? '';
  const kind = title.split('/')[1] ?? '';
  const labels: Labels = Object.fromEntries(
    Object.entries(drawnAs.labels).toSorted(([a], [b]) => compareText(a, b)),
  );
  const isSelecting = kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet';
  const selector = Object.fromEntries(Object.entries(labels).slice(0, drawnAs.selected));
  const all = drawnAs.pods + drawnAs.ended;
  const made = workloadInfo(title, {
    labels,
    selector: isSelecting ? { matchLabels: selector } : null,
    hostNetwork: drawnAs.hostNetwork,
    podLabels: Array.from({ length: all }, (_, pod) => ({
      ...labels,
      'pod-template-hash': HASHES[pod % HASHES.length] ?? '',
      ...(drawnAs.injected ? { 'injector/turn': `t${pod}` } : {}),
    })),
  });
  return {
    ...made,
    pods: made.pods.map((pod, at) => ({
      ...pod,
      ended: at >= drawnAs.pods,
      node: at % 2 === 0 ? 'node-a' : 'node-b',
      ips: drawnAs.hostNetwork ? [ip(`192.168.100.${(at % 2) + 1}`)] : [ip(`10.244.${index}.${at + 1}`)],
    })),
  };
}

/** A pod of the host network speaks as its node, and what never had a pod never spoke: no edge has them as an end. */
function isNoEnd({ hostNetwork, pods }: WorkloadInfo): boolean {
  return hostNetwork || pods.length === 0;
}

function titleOf({ ref }: WorkloadInfo): string {
  return `${ref.namespace}/${ref.kind}/${ref.name}`;
}

/** Allows everything or nothing in: what is in force before anybody drafts. */
function policyInForce(
  of: string,
  labels: Labels,
  { open, index }: { open: boolean; index: number },
): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `by-hand-${index}`, namespace: of.split('/')[0] ?? '' },
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: ['Ingress'],
      ...(open ? { ingress: [{}] } : {}),
    },
  };
}

function edgesOf(
  all: readonly (typeof drawnEdge extends fc.Arbitrary<infer T> ? T : never)[],
  noEnds: ReadonlySet<string>,
): Edge[] {
  const made = all
    .filter(({ client, server }) => !noEnds.has(client) && !noEnds.has(server))
    .filter(({ client, server }) => client.includes('/') || server.includes('/'))
    .map(({ client, server, port, protocol, rewritten, ownNode, ...counts }) => {
      const views: SourceView[] =
        rewritten === ''
          ? [{ seen: identity(client), ownNode: false }]
          : [{ seen: identity(rewritten), ownNode }];
      return edge(`${client} -> ${server}:${port}/${protocol}`, { ...counts, views });
    });
  return [...new Map(made.map((each) => [edgeKeyText(each), each])).values()];
}

/** As a rollout would make it: the template's labels, a new hash, a new address. */
export function laterPod(workload: WorkloadInfo, ordinal: number): KnownPod {
  return {
    namespace: workload.ref.namespace,
    name: `${workload.ref.name}-later-${ordinal}`,
    uid: `${titleOf(workload)}-later-${ordinal}`,
    workload: workload.ref,
    labels: {
      ...workload.templateLabels,
      'pod-template-hash': `9c${ordinal}b4`,
      'injector/turn': `l${ordinal}`,
    },
    ips: [ip(`10.245.${ordinal}.${workload.ref.name.length}`)],
    node: ordinal % 2 === 0 ? 'node-a' : 'node-b',
    hostNetwork: workload.hostNetwork,
    ended: false,
    ports: [],
  };
}
