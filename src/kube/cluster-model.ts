/**
 * The cluster as the API server tells it, event by event: current objects, pods that went a while ago too, and the lease book fed
 * with what each event proves. It never forgets a pod only because it went.
 */
import type { Endpoint } from '../domain/flow.ts';
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import { OUR_CLOCKS } from '../identity/fact-clock.ts';
import type { FactClocks } from '../identity/fact-clock.ts';
import type { ApiServerFact, NodeFact, PodFact, ServiceFact } from '../identity/facts.ts';
import type { NetworkPolicy } from '../netpol/policy.ts';
import type { ClusterInfo, KnownPod, NodeInfo, ServiceInfo } from '../recommend/cluster.ts';
import type { Controller } from './controller.ts';
import { GonePods } from './gone-pods.ts';
import { controllerSchemas } from './controller.ts';
import { networkPolicyObject, networkPolicyOf } from './network-policy.ts';
import { nodeFactOf, nodeInfoOf, nodeObject } from './node.ts';
import { anyObject, checked, objectMeta } from './object.ts';
import type { ObjectReject } from './object.ts';
import { OwnerIndex } from './owners.ts';
import { CALLER_KINDS } from '../recommend/cluster.ts';
import type { OtherPolicy, WebhookTarget } from '../recommend/cluster.ts';
import { podFactOf } from './pod-fact.ts';
import { knownPodOf, podObject } from './pod.ts';
import type { PodObject, PodSpec } from './pod.ts';
import {
  apiServerEndpointsOf,
  endpointSliceObject,
  serviceFactOf,
  serviceInfoOf,
  serviceObject,
} from './service.ts';
import { webhookSchemas, webhooksInOrder } from './webhook.ts';
import { workloadsOf } from './workloads.ts';
import { z } from 'zod';

/** What the model tells about addresses; the lease book is one. */
export interface LeaseSink {
  observePod(fact: PodFact, observedAt: number): void;
  removePod(uid: string, observedAt: number): void;
  observeService(fact: ServiceFact, observedAt: number): void;
  removeService(uid: string, observedAt: number): void;
  observeNode(fact: NodeFact, observedAt: number): void;
  removeNode(uid: string, observedAt: number): void;
  observeApiServer(fact: ApiServerFact, observedAt: number): void;
}

/** What is known when an event arrives and is not in it. */
export interface EventContext {
  readonly clocks: FactClocks;
  /** Whether the kubelet of this node was alive at `at` (unix ms, our clock), by its Lease. */
  readonly isAlive: (node: string, at: number) => boolean;
}

/** As in a capture: every clock is ours and every kubelet alive. */
const IN_CAPTURE: EventContext = { clocks: OUR_CLOCKS, isAlive: () => true };

export interface ClusterEvent {
  /** Unix ms, our clock, when the event arrived. */
  readonly observedAt: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: unknown;
}

export type Applied =
  | { readonly kind: 'applied' }
  | { readonly kind: 'ignored'; readonly what: string }
  | { readonly kind: 'rejected'; readonly reject: ObjectReject };

const namespaceObject = z.object({ metadata: objectMeta });
const withUid = z.object({ metadata: z.object({ uid: z.string() }) });

export class ClusterModel {
  readonly #sink: LeaseSink;
  readonly #context: EventContext;
  readonly #owners = new OwnerIndex();
  readonly #namespaces = new Map<string, Readonly<Record<string, string>>>();
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #services = new Map<string, ServiceInfo>();
  readonly #controllers = new Map<string, { kind: string; controller: Controller }>();
  readonly #pods = new Map<string, { pod: KnownPod; spec: PodSpec }>();
  readonly #gone = new GonePods();
  /** Pods by the uid of the owner that they wait for. */
  readonly #awaitingOwner = new Map<string, Map<string, { pod: PodObject; observedAt: number }>>();
  readonly #policies = new Map<string, NetworkPolicy>();
  #hasReadPolicies = false;
  readonly #apiServerSlices = new Map<string, readonly Endpoint[]>();
  readonly #webhooks = new Map<string, readonly WebhookTarget[]>();
  /** Kinds that were listed, or of which an object was told. */
  readonly #readCallers = new Set<string>();
  #otherPolicies: readonly OtherPolicy[] | null = null;

  constructor(sink: LeaseSink, context: EventContext = IN_CAPTURE) {
    this.#sink = sink;
    this.#context = context;
  }

  /** Learns who controls an object ahead of its turn: a pod may be listed before its ReplicaSet. */
  learnOwner(raw: unknown): void {
    const meta = z.object({ metadata: objectMeta }).safeParse(raw);
    if (!meta.success) return;
    const { uid } = meta.data.metadata;
    this.#owners.learn(meta.data.metadata);
    const waiting = this.#awaitingOwner.get(uid);
    this.#awaitingOwner.delete(uid);
    for (const { pod, observedAt } of waiting?.values() ?? []) this.#observePod(pod, observedAt);
  }

  /** Every object of this kind has been applied: that there is none of it is known too. */
  listed(kind: string): void {
    if (webhookSchemas.has(kind)) this.#readCallers.add(kind);
    if (kind === 'NetworkPolicy') this.#hasReadPolicies = true;
  }

  /** Other kinds of policy of which objects exist. */
  learnOtherPolicies(found: readonly OtherPolicy[]): void {
    this.#otherPolicies = found;
  }

  apply(event: ClusterEvent): Applied {
    // It says how far a watch has come, and is no object.
    if (event.type === 'BOOKMARK') return { kind: 'applied' };
    const header = checked(anyObject, event.object);
    if ('reject' in header) return { kind: 'rejected', reject: header.reject };
    const { kind } = header.value;
    const isGone = event.type === 'DELETED';
    const reject = this.#applyKind(kind, { ...event, isGone });
    if (isGone) this.#ownerGone(event);
    if (reject === 'unused') return { kind: 'ignored', what: kind };
    return reject === null ? { kind: 'applied' } : { kind: 'rejected', reject };
  }

  #applyKind(kind: string, event: ClusterEvent & { isGone: boolean }): ObjectReject | 'unused' | null {
    const { object, observedAt, isGone } = event;
    switch (kind) {
      case 'Namespace':
        return withChecked(namespaceObject, object, ({ metadata }) =>
          keep(this.#namespaces, metadata.name, isGone ? null : (metadata.labels ?? {})),
        );
      case 'Node':
        return withChecked(nodeObject, object, (node) => {
          keep(this.#nodes, node.metadata.uid, isGone ? null : nodeInfoOf(node));
          if (isGone) this.#sink.removeNode(node.metadata.uid, observedAt);
          else this.#sink.observeNode(nodeFactOf(node, this.#context.clocks), observedAt);
        });
      case 'Pod': {
        const reject = withChecked(podObject, object, (pod) => this.#observePod(pod, observedAt));
        if (isGone) this.#podGone(object, observedAt);
        return reject;
      }
      case 'Service':
        return withChecked(serviceObject, object, (service) => {
          keep(this.#services, service.metadata.uid, isGone ? null : serviceInfoOf(service));
          if (isGone) this.#sink.removeService(service.metadata.uid, observedAt);
          else this.#sink.observeService(serviceFactOf(service, this.#context.clocks.api), observedAt);
        });
      case 'EndpointSlice':
        return withChecked(endpointSliceObject, object, (slice) => {
          const endpoints = apiServerEndpointsOf(slice);
          if (endpoints === null) return;
          keep(this.#apiServerSlices, slice.metadata.uid, isGone ? null : endpoints);
          this.#sink.observeApiServer(
            {
              ips: this.#apiServers().map((each) => each.ip),
              ports: [...new Set(this.#apiServers().map((each) => each.port))],
            },
            observedAt,
          );
        });
      case 'NetworkPolicy':
        return withChecked(networkPolicyObject, object, (policy) => {
          const value = networkPolicyOf(policy);
          this.#hasReadPolicies = true;
          keep(this.#policies, `${value.metadata.namespace}/${value.metadata.name}`, isGone ? null : value);
        });
      default: {
        const webhook = webhookSchemas.get(kind);
        if (webhook !== undefined)
          return withChecked(webhook, object, ({ uid, targets }) => {
            this.#readCallers.add(kind);
            keep(this.#webhooks, uid, isGone ? null : targets);
          });
        const schema = controllerSchemas.get(kind);
        if (schema === undefined) return 'unused';
        return withChecked(schema, object, (controller) => {
          this.#owners.learn(controller.metadata);
          keep(this.#controllers, controller.metadata.uid, isGone ? null : { kind, controller });
        });
      }
    }
  }

  /** Also of a pod that cannot be read any more: what it held is free. */
  #podGone(object: unknown, observedAt: number): void {
    const gone = withUid.safeParse(object);
    if (!gone.success) return;
    const { uid } = gone.data.metadata;
    for (const [owner, waiting] of this.#awaitingOwner)
      if (waiting.delete(uid) && waiting.size === 0) this.#awaitingOwner.delete(owner);
    const known = this.#pods.get(uid);
    if (known !== undefined) {
      this.#pods.set(uid, { ...known, pod: { ...known.pod, ended: true } });
      const forgotten = this.#gone.add(uid, workloadKey(known.pod.workload), observedAt);
      if (forgotten !== null) this.#pods.delete(forgotten);
    }
    this.#sink.removePod(uid, observedAt);
  }

  #ownerGone({ object, observedAt }: ClusterEvent): void {
    const gone = withUid.safeParse(object);
    if (gone.success) this.#owners.gone(gone.data.metadata.uid, observedAt);
  }

  /** Forgets what went before `time` (unix ms), as if the cluster had been listed since. */
  forgetBefore(time: number): void {
    for (const uid of this.#gone.forgetBefore(time)) this.#pods.delete(uid);
    this.#owners.forgetBefore(time);
  }

  /** A pod whose owner is not known yet is told again, with its true workload, when the owner comes. */
  #observePod(pod: PodObject, observedAt: number): void {
    const { uid } = pod.metadata;
    const workload = this.#owners.workloadOf(pod.metadata);
    this.#gone.back(uid);
    this.#pods.set(uid, { pod: knownPodOf(pod, workload), spec: pod.spec });
    const { clocks, isAlive } = this.#context;
    const at = { clocks, isAlive: (node: string) => isAlive(node, observedAt) };
    this.#sink.observePod(podFactOf(pod, workload, at), observedAt);
    const unseen = this.#owners.unseenOwnerOf(pod.metadata);
    if (unseen === null) return;
    const waiting =
      this.#awaitingOwner.get(unseen) ?? new Map<string, { pod: PodObject; observedAt: number }>();
    this.#awaitingOwner.set(unseen, waiting.set(uid, { pod, observedAt }));
  }

  /** The uid of the Node object of this name, or null. */
  nodeUid(name: string): string | null {
    return [...this.#nodes].find(([, node]) => node.name === name)?.[0] ?? null;
  }

  /** The model as plain values, everything sorted. */
  snapshot(): ClusterInfo {
    const pods = [...this.#pods.values()].toSorted(
      (a, b) => compareText(a.pod.name, b.pod.name) || compareText(a.pod.uid, b.pod.uid),
    );
    return {
      namespaces: new Map([...this.#namespaces].toSorted(([a], [b]) => compareText(a, b))),
      nodes: [...this.#nodes.values()].toSorted((a, b) => compareText(a.name, b.name)),
      services: [...this.#services.values()].toSorted(
        (a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name),
      ),
      workloads: workloadsOf(this.#controllers.values(), pods, this.#owners),
      apiServers: this.#apiServers(),
      policies: [...this.#policies].toSorted(([a], [b]) => compareText(a, b)).map(([, policy]) => policy),
      ...(!this.#hasReadPolicies && { policiesUnread: true as const }),
      ...this.#callers(),
      otherPolicies: this.#otherPolicies,
    };
  }

  #callers(): Pick<ClusterInfo, 'webhooks' | 'unreadCallers'> {
    if (this.#readCallers.size === 0) return {};
    const unread = CALLER_KINDS.filter((kind) => !this.#readCallers.has(kind));
    return {
      webhooks: webhooksInOrder(this.#webhooks.values()),
      ...(unread.length > 0 && { unreadCallers: unread }),
    };
  }

  #apiServers(): Endpoint[] {
    return [...this.#apiServerSlices.values()]
      .flat()
      .toSorted((a, b) => compareText(a.ip, b.ip) || a.port - b.port);
  }
}

function withChecked<T>(schema: z.ZodType<T>, raw: unknown, use: (value: T) => void): ObjectReject | null {
  const result = checked(schema, raw);
  if ('reject' in result) return result.reject;
  use(result.value);
  return null;
}

function keep<T>(map: Map<string, T>, key: string, value: T | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
