// The running lab: namespaces with processes in them, and the cluster objects that describe them.
// It starts and stops what the scenario asks for; it decides nothing about traffic.
import { ClusterHistory } from './cluster-history.ts';
import { syncEndpointSlices } from './controllers.ts';
import type { PodMould } from './controllers.ts';
import { newUid } from './kube-object.ts';
import type { ReadyPod } from './network-objects.ts';
import { mustAnswer, PeerProcess } from './peer-process.ts';
import { podObject } from './pod-object.ts';
import type { PodFacts, PodStage } from './pod-object.ts';
import { addBridge, addBridgePod, addLocalDns, addTwoZonePod, bridgeAddresses } from './node-wires.ts';
import { serviceRules } from './service-rules.ts';
import type { RoutedService, RoutedSlice } from './service-rules.ts';
import { clusterZone } from './services.ts';
import { runIn } from './shell.ts';
import { Topology } from './topology.ts';
import type { PodAddresses } from './topology.ts';
import { trackingRules } from './tracking-rules.ts';
import { workloadKey } from './workloads.ts';
import {
  CACHED_NODE,
  CONTROL,
  DNS_ADDRESS,
  LOCAL_DNS_ADDRESS,
  NODES,
  OUTSIDE,
  OUTSIDE_NAMES,
  UPSTREAM_DNS_ADDRESS,
} from './world.ts';
import type { WorkloadSpec } from './workloads.ts';
import type { NodeName } from './world.ts';

/** A pod that runs in the lab. */
export interface LabPod {
  readonly facts: PodFacts;
  readonly peer: PeerProcess;
  /** When its network was ready and when its process started. */
  readonly sandboxAt: Date;
  readonly startedAt: Date;
}

/** How a pod is to be made. `addresses` only for one that takes over another's. */
export interface PodPlan {
  readonly workload: WorkloadSpec;
  readonly mould: PodMould;
  readonly number: number;
  readonly node: NodeName;
  readonly createdAt: Date;
  readonly addresses?: PodAddresses;
}

/** Well within the slack that the server has for a kubelet's reports (FRONTIER_SLACK_MS). */
const REPORTED_WITHIN_MS = 500;

export class Lab {
  readonly topology: Topology;
  readonly history = new ClusterHistory();
  readonly #hosts = new Map<string, PeerProcess>();
  #pods: LabPod[] = [];
  /** Pods that started or end, and whose kubelet has not said so; since when, unix ms. */
  readonly #unreported = new Map<string, { readonly node: NodeName; readonly since: number }>();
  #assigned: Record<NodeName, number> = { 'node-a': 1, 'node-b': 1 };
  #bridged = 0;

  /** `accounting`: see Topology. */
  constructor(accounting: boolean) {
    this.topology = new Topology(accounting);
  }

  /** Builds the wires, and starts the processes of the nodes and of the outside. */
  async up(): Promise<void> {
    this.topology.up();
    addBridge(this.topology, 'node-b');
    addLocalDns(this.topology, CACHED_NODE);
    this.topology.addHost(CONTROL.name, [`${CONTROL.address}/24`]);
    for (const name of [...Object.keys(NODES), 'ext'])
      this.#hosts.set(name, new PeerProcess(this.topology.namespace(name)));
    const outside = this.host('ext');
    const zone = Object.fromEntries(
      Object.entries(OUTSIDE_NAMES).map(([name, address]) => [`${name}/A`, address]),
    );
    await mustAnswer(outside, 'outside DNS', { op: 'serveDns', host: OUTSIDE.nameServer, zone });
    await mustAnswer(outside, 'SMTP relay', { op: 'listen', host: OUTSIDE.smtpRelay, port: 587 });
    await mustAnswer(outside, 'card processor', { op: 'listen', host: OUTSIDE.publicAddress, port: 443 });
  }

  /** Starts a pod: its object is ADDED without an address; announce() lets the API learn that it runs. */
  async startPod(plan: PodPlan): Promise<LabPod> {
    const { workload, node } = plan;
    const addresses = plan.addresses ?? this.#nextAddresses(node, workload);
    const facts: PodFacts = {
      workload,
      name: plan.mould.nameOf(plan.number, node),
      uid: newUid(),
      node,
      labels: plan.mould.labels,
      ...(plan.mould.owner === undefined ? {} : { owner: plan.mould.owner }),
      addresses: workload.hostNetwork
        ? [NODES[node].ipv4, NODES[node].ipv6]
        : [addresses.ipv4, addresses.ipv6],
      restartPolicy: workload.kind === 'CronJob' ? 'Never' : 'Always',
      createdAt: plan.createdAt,
    };
    this.history.put(podObject(facts, { kind: 'scheduled' }));
    if (!workload.hostNetwork) this.#wire(facts, addresses);
    const sandboxAt = new Date();
    this.#unreported.set(facts.uid, { node, since: sandboxAt.getTime() });
    const peer = workload.hostNetwork
      ? this.host(node)
      : new PeerProcess(this.topology.namespace(facts.name));
    const pod: LabPod = { facts, peer, sandboxAt, startedAt: new Date() };
    for (const port of workload.listens)
      await mustAnswer(peer, facts.name, { op: 'listen', host: '::', port });
    for (const port of workload.swallows ?? [])
      await mustAnswer(peer, facts.name, { op: 'swallow', host: '::', port });
    await serveNames(pod, addresses);
    this.#pods.push(pod);
    return pod;
  }

  /** The kubelets report pods as running, and Services take them in. */
  announce(pods: readonly LabPod[]): void {
    for (const pod of pods) {
      this.history.put(podObject(pod.facts, { kind: 'running', ...times(pod) }));
      this.#unreported.delete(pod.facts.uid);
    }
    const ready = (workload: string): ReadyPod[] => this.podsOf(workload).map(readyPod);
    if (syncEndpointSlices(this.history, ready, new Date())) this.#loadRules();
  }

  /** Ends a pod that has done its work: its process, then its network; then the kubelet reports it as Succeeded. */
  async finishPod(pod: LabPod): Promise<Date> {
    await pod.peer.close();
    const finishedAt = new Date();
    this.#unreported.set(pod.facts.uid, { node: pod.facts.node, since: finishedAt.getTime() });
    this.topology.removePod(pod.facts.name);
    const stage: PodStage = { kind: 'succeeded', ...times(pod), finishedAt, torndownAt: new Date() };
    this.history.put(podObject(pod.facts, stage));
    this.#unreported.delete(pod.facts.uid);
    this.#pods = this.#pods.filter((one) => one !== pod);
    return finishedAt;
  }

  /** Whether the kubelet of a node has long had something to report of its pods: on a busy machine everything takes long. */
  isBehind(node: string): boolean {
    const before = Date.now() - REPORTED_WITHIN_MS;
    return [...this.#unreported.values()].some((each) => each.node === node && each.since < before);
  }

  /** The running pods of a workload, "namespace/name", in the order they started. */
  podsOf(workload: string): LabPod[] {
    return this.#pods.filter((one) => workloadKey(one.facts.workload) === workload);
  }

  /** The one running pod of a workload. Throws when there is none. */
  onlyPod(workload: string): LabPod {
    const [pod] = this.podsOf(workload);
    if (pod === undefined) throw new Error(`${workload} has no running pod`);
    return pod;
  }

  /** Every running pod. */
  pods(): readonly LabPod[] {
    return this.#pods;
  }

  /** The process in a node's own namespace, or the one outside (`ext`). */
  host(name: string): PeerProcess {
    const peer = this.#hosts.get(name);
    if (peer === undefined) throw new Error(`no host ${name} in the lab`);
    return peer;
  }

  /** Ends every process, then removes every namespace. */
  async down(): Promise<void> {
    await Promise.all(
      [...this.#pods.map((one) => one.peer), ...this.#hosts.values()].map((one) => one.close()),
    );
    this.topology.down();
  }

  #loadRules(): void {
    const services = this.history.all('Service') as unknown as RoutedService[];
    const slices = this.history.all('EndpointSlice') as unknown as RoutedSlice[];
    for (const node of Object.keys(NODES) as NodeName[])
      runIn(
        this.topology.namespace(node),
        'nft',
        ['-f', '-'],
        `${serviceRules(node, services, slices)}${trackingRules(node)}`,
      );
  }

  #wire({ workload, name, node }: PodFacts, addresses: PodAddresses): void {
    switch (workload.wire) {
      case undefined:
        this.topology.addPod(name, node, addresses);
        return;
      case 'bridge':
        addBridgePod(this.topology, name, { node, addresses, port: `b${this.#bridged}` });
        return;
      case 'two-zones':
        addTwoZonePod(this.topology, name, { node, addresses });
        return;
      default:
        workload.wire satisfies never;
    }
  }

  #nextAddresses(node: NodeName, { wire }: WorkloadSpec): PodAddresses {
    if (wire === 'bridge') {
      this.#bridged += 1;
      return bridgeAddresses(node, this.#bridged);
    }
    this.#assigned[node] += 1;
    const last = this.#assigned[node];
    const { podRangeV4, podRangeV6 } = NODES[node];
    return {
      ipv4: podRangeV4.replace(/\.0\/24$/, `.${last}`),
      ipv6: podRangeV6.replace(/::\/64$/, `::${last.toString(16)}`),
    };
  }
}

/** The cluster's DNS, and the cache in front of it, answer names. */
async function serveNames({ facts, peer }: LabPod, { ipv4 }: PodAddresses): Promise<void> {
  const name = workloadKey(facts.workload);
  if (name === 'kube-system/coredns')
    await mustAnswer(peer, facts.name, {
      op: 'serveDns',
      host: ipv4,
      zone: clusterZone(),
      upstream: OUTSIDE.nameServer,
    });
  if (name === 'kube-system/node-local-dns')
    for (const host of [LOCAL_DNS_ADDRESS, DNS_ADDRESS])
      await mustAnswer(peer, facts.name, {
        op: 'serveDns',
        host,
        zone: {},
        upstream: UPSTREAM_DNS_ADDRESS,
        upstreamTransport: 'tcp',
      });
}

function times({ sandboxAt, startedAt }: LabPod): { sandboxAt: Date; startedAt: Date } {
  return { sandboxAt, startedAt };
}

function readyPod({ facts }: LabPod): ReadyPod {
  return {
    name: facts.name,
    namespace: facts.workload.namespace,
    uid: facts.uid,
    node: facts.node,
    addresses: facts.addresses,
  };
}
