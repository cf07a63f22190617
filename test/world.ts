/**
 * A small language in which tests read like the domain: `flow('10.0.0.1:41000 > 10.96.0.10:53 = 10.0.0.7:53 udp')`,
 * `edge('shop/web -> shop/db:5432/tcp')`. Everything it makes is plain input for the real code.
 */
import type { Edge, SourceView, Testimony } from '../src/domain/edge.ts';
import { HOUR_MS } from '../src/domain/edge.ts';
import type { Flow } from '../src/domain/flow.ts';
import { ip } from '../src/domain/ip.ts';
import type { IpAddress } from '../src/domain/ip.ts';
import type { Identity } from '../src/domain/identity.ts';
import { parseProtocol } from '../src/domain/protocol.ts';
import type { Protocol } from '../src/domain/protocol.ts';
import type { WorkloadRef } from '../src/domain/workload.ts';
import type { PodFact } from '../src/identity/facts.ts';
import type { ClusterInfo, KnownPod, ServiceInfo, WorkloadInfo } from '../src/recommend/cluster.ts';

type Labels = Readonly<Record<string, string>>;

/** `shop/web` is a Deployment, `shop/CronJob/report` what it says. */
export function workload(text: string): WorkloadRef {
  const parts = text.split('/');
  const [namespace = '', kind = '', name] = parts;
  return name === undefined ? { namespace, kind: 'Deployment', name: kind } : { namespace, kind, name };
}

/** `shop/web`, `node:a@192.168.0.1`, `apiserver@192.168.0.1` or `external@93.184.215.14`. */
export function identity(text: string): Identity {
  const [name = '', address] = text.split('@');
  if (address === undefined) return { kind: 'workload', workload: workload(name) };
  if (name === 'apiserver' || name === 'external') return { kind: name, address: ip(address) };
  return { kind: 'node', name: name.replace(/^node:/, ''), address: ip(address) };
}

function protocolOf(text: string | undefined): Protocol {
  const protocol = parseProtocol(text ?? '');
  if (protocol === null) throw new RangeError(`no protocol: ${String(text)}`);
  return protocol;
}

interface EdgeDetail {
  readonly opened?: number;
  readonly answered?: number;
  readonly present?: number;
  readonly views?: readonly SourceView[];
  readonly services?: readonly string[];
  readonly testimony?: Testimony;
}

/** `shop/web -> shop/db:5432/tcp`; one answered connection unless told otherwise. */
export function edge(text: string, detail: EdgeDetail = {}): Edge {
  const match = /^(?<client>\S+) -> (?<server>\S+):(?<port>\d+)\/(?<protocol>\w+)$/.exec(text)?.groups;
  if (match === undefined) throw new RangeError(`not an edge: ${text}`);
  const client = identity(match['client'] ?? '');
  const server = identity(match['server'] ?? '');
  return {
    client,
    server,
    protocol: protocolOf(match['protocol']),
    port: Number(match['port']),
    hours: [
      {
        hour: 0,
        opened: detail.opened ?? 1,
        present: detail.present ?? 0,
        answered: detail.answered ?? 1,
        bytes: 0,
      },
    ],
    firstSeen: 0,
    lastSeen: HOUR_MS - 1,
    views: detail.views ?? [{ seen: client, ownNode: false }],
    services: (detail.services ?? []).map((each) => {
      const [namespace = '', name = ''] = each.split('/');
      return { namespace, name };
    }),
    witnesses: ['node-a'],
    testimony: detail.testimony ?? { agreed: 1, oneSided: 0, disputed: 0 },
    clientPods: { names: [], count: 1 },
    serverPods: { names: [], count: 1 },
  };
}

/** `CLIENT:port > DIALLED:port = SERVER:port PROTOCOL`, without `= ...` when nothing was rewritten; `as IP` when the client was. */
export function flow(
  text: string,
  detail: { second?: number; opened?: number; answered?: number; presentAt?: number } = {},
): Flow {
  const match =
    /^(?<client>\S+):(?<clientPort>\d+) > (?<dialled>\S+):(?<dialledPort>\d+)(?: = (?<server>\S+):(?<serverPort>\d+))?(?: as (?<seenAs>\S+))? (?<protocol>\w+)(?<guessed>\?)?$/.exec(
      text,
    )?.groups;
  if (match === undefined) throw new RangeError(`not a flow: ${text}`);
  const dialled = { ip: ip(match['dialled'] ?? ''), port: Number(match['dialledPort']) };
  const isRewritten = match['server'] !== undefined;
  const isGuessed = match['guessed'] !== undefined;
  return {
    protocol: protocolOf(match['protocol']),
    client: ip(match['client'] ?? ''),
    server: isRewritten ? ip(match['server'] ?? '') : dialled.ip,
    serverPort: isRewritten ? Number(match['serverPort']) : dialled.port,
    ...(isRewritten ? { dialled } : {}),
    ...(match['seenAs'] === undefined ? {} : { seenAs: ip(match['seenAs']) }),
    orientation: isGuessed ? 'guessed' : 'seen',
    ...(isGuessed ? { clientPort: Number(match['clientPort']) } : {}),
    seconds:
      detail.presentAt === undefined
        ? [{ second: detail.second ?? 100, opened: detail.opened ?? 1, answered: detail.answered ?? 1 }]
        : [],
    ...(detail.presentAt === undefined ? {} : { presences: [{ at: detail.presentAt, count: 1 }] }),
  };
}

interface WorkloadDetail extends Partial<Omit<WorkloadInfo, 'ref' | 'pods'>> {
  readonly labels?: Labels;
  /** Label sets of its pods; two pods with the workload's labels unless given. */
  readonly podLabels?: readonly Labels[];
  readonly ports?: KnownPod['ports'];
}

/** A Deployment whose pods carry `app: <name>` and a pod-template-hash, selected by `app`. */
export function workloadInfo(text: string, detail: WorkloadDetail = {}): WorkloadInfo {
  const ref = workload(text);
  const { labels = { app: ref.name }, podLabels, ports = [], ...rest } = detail;
  const sets = podLabels ?? [0, 1].map(() => ({ ...labels, 'pod-template-hash': '7d4f9c6b5' }));
  return {
    ref,
    selector: { matchLabels: labels },
    templateLabels: labels,
    hostNetwork: false,
    dnsPolicy: 'ClusterFirst',
    nameservers: [],
    hostPorts: [],
    pods: sets.map((set, index) => ({
      namespace: ref.namespace,
      name: `${ref.name}-${index}`,
      uid: `${text}-${index}`,
      workload: ref,
      labels: set,
      ips: [],
      node: 'node-a',
      hostNetwork: detail.hostNetwork ?? false,
      ended: false,
      ports,
    })),
    ...rest,
  };
}

/** `shop/web` on 80 -> 8080/tcp unless told otherwise. */
export function service(text: string, detail: Partial<ServiceInfo> = {}): ServiceInfo {
  const [namespace = '', name = ''] = text.split('/');
  return {
    namespace,
    name,
    labels: {},
    type: 'ClusterIP',
    selector: { app: name },
    clusterIps: [],
    externalIps: [],
    ports: [{ protocol: 'tcp', port: 80, targetPort: 8080, nodePort: null }],
    ...detail,
  };
}

/** kube-system/coredns behind kube-dns on 53, UDP and TCP. */
export const coredns = {
  workload: workloadInfo('kube-system/coredns', { labels: { 'k8s-app': 'kube-dns' }, dnsPolicy: 'Default' }),
  service: service('kube-system/kube-dns', {
    selector: { 'k8s-app': 'kube-dns' },
    clusterIps: [ip('10.96.0.10')],
    ports: [
      { protocol: 'udp', port: 53, targetPort: 53, nodePort: null },
      { protocol: 'tcp', port: 53, targetPort: 53, nodePort: null },
    ],
  }),
} as const;

/** A cluster of these workloads with coredns and two nodes, where nobody has policies or webhooks. */
export function cluster(workloads: readonly WorkloadInfo[], detail: Partial<ClusterInfo> = {}): ClusterInfo {
  const all = [...workloads, coredns.workload];
  return {
    namespaces: new Map([...new Set(all.map((each) => each.ref.namespace))].map((name) => [name, {}])),
    nodes: [
      { name: 'node-a', addresses: [ip('192.168.100.1')], podCidrs: [] },
      { name: 'node-b', addresses: [ip('192.168.100.2')], podCidrs: [] },
    ],
    workloads: all,
    apiServers: [],
    policies: [],
    webhooks: [],
    ...detail,
    services: [...(detail.services ?? []), coredns.service],
  };
}

/** A running pod of Deployment `<name without its last word>`, bounded by times in seconds. */
export function podFact(
  text: string,
  address: string | null,
  detail: Partial<Omit<PodFact, 'ips'>> & { at?: number } = {},
): PodFact {
  const [namespace = '', name = ''] = text.split('/');
  const { at = 10, ...rest } = detail;
  return {
    namespace,
    name,
    uid: name,
    node: 'node-a',
    workload: { namespace, kind: 'Deployment', name: name.replace(/-[^-]*$/, '') },
    hostNetwork: false,
    ips: address === null ? [] : [ip(address)],
    phase: 'Running',
    createdAt: at * 1000,
    startedAt: at * 1000,
    sandboxReadyAt: address === null ? null : (at + 1) * 1000,
    sandboxGoneAt: null,
    firstContainerStart: null,
    lastContainerFinish: null,
    deletion: null,
    ...rest,
  };
}

/** Addresses from text, for tables. */
export function ips(...texts: readonly string[]): IpAddress[] {
  return texts.map(ip);
}
