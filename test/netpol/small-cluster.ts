/**
 * One small cluster and a line language for connections in it, so that a case reads as a sentence:
 * `shop/web-1 -> shop/db-1:5432`, `203.0.113.9 -> shop/web-1:8080/udp`, `shop/web-1 as 192.168.0.1 -> shop/db-1:5432`.
 */
import { expect } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import { parseProtocol } from '../../src/domain/protocol.ts';
import type { Protocol } from '../../src/domain/protocol.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import type { CompileOptions } from '../../src/netpol/compile.ts';
import { evaluate } from '../../src/netpol/evaluate.ts';
import type { Connection, Verdict } from '../../src/netpol/evaluate.ts';
import type {
  NetworkPolicy,
  NetworkPolicyEgressRule,
  NetworkPolicyIngressRule,
  NetworkPolicySpec,
} from '../../src/netpol/policy.ts';
import type { ContainerPort, End, PolicyPod, PolicyWorld } from '../../src/netpol/world.ts';

/** Two nodes; namespace `lone` has no object, so no labels but the one that every namespace has. */
export const WORLD: PolicyWorld = {
  namespaces: new Map([
    ['shop', { team: 'sales' }],
    ['data', { team: 'storage', 'kubernetes.io/metadata.name': 'data' }],
  ]),
  nodes: [
    { name: 'node-a', addresses: ['192.168.0.1', '10.244.1.1', 'fd00:1::1'].map(ip) },
    { name: 'node-b', addresses: ['192.168.0.2', '10.244.2.1', 'fd00:2::1'].map(ip) },
  ],
};

const PODS = [
  pod('shop/web-1', 'node-a', ['10.244.1.10'], { app: 'web', tier: 'front' }, ['http=8080/tcp']),
  pod('shop/web-2', 'node-b', ['10.244.2.10'], { app: 'web', tier: 'front' }, ['http=80/tcp']),
  pod('shop/db-1', 'node-b', ['10.244.2.11'], { app: 'db', tier: '' }, [
    'sql=5432/tcp',
    'dns=53/udp',
    'dns=5353/tcp',
  ]),
  pod('data/web-1', 'node-b', ['10.244.2.12'], { app: 'web' }, ['http=8081/tcp']),
  pod('data/cache-1', 'node-b', ['10.244.2.13'], { app: 'cache' }, []),
  pod('lone/job-1', 'node-a', ['10.244.1.14'], {}, []),
  pod('shop/dual-1', 'node-a', ['10.244.1.20', 'fd00:1::20'], { app: 'dual' }, []),
  pod('data/dual-1', 'node-b', ['fd00:2::21', '10.244.2.21'], { app: 'dual' }, []),
  { ...pod('shop/host-1', 'node-a', ['192.168.0.1'], { app: 'web' }, ['http=8080/tcp']), hostNetwork: true },
  { ...pod('data/host-2', 'node-b', ['192.168.0.2'], { app: 'web' }, []), hostNetwork: true },
];

/** What a set of policies promises: the connections it allows and those it denies. */
export interface PolicyCase {
  readonly promise: string;
  /** Specs by `namespace/name`. */
  readonly policies: Readonly<Record<string, NetworkPolicySpec>>;
  readonly options?: CompileOptions;
  readonly allows?: readonly string[];
  readonly denies?: readonly string[];
}

/** Checks a case; a connection's own text tells which one failed. */
export function holds({ policies, options, allows = [], denies = [] }: PolicyCase): void {
  expect(allows.length + denies.length).toBeGreaterThan(0);
  for (const line of allows)
    expect(`${line} ${wordFor(judge(policies, line, options))}`).toBe(`${line} allowed`);
  for (const line of denies)
    expect(`${line} ${wordFor(judge(policies, line, options))}`).toBe(`${line} denied`);
}

export function judge(
  policies: Readonly<Record<string, NetworkPolicySpec>>,
  line: string,
  options?: CompileOptions,
): Verdict {
  const objects = Object.entries(policies).map(([key, spec]) => policy(key, spec));
  return evaluate(compilePolicies(objects, WORLD, options), connection(line));
}

/** A policy for all pods that isolates ingress. */
export function ingress(...rules: NetworkPolicyIngressRule[]): NetworkPolicySpec {
  return { podSelector: {}, policyTypes: ['Ingress'], ingress: rules };
}

/** A policy for all pods that isolates egress. */
export function egress(...rules: NetworkPolicyEgressRule[]): NetworkPolicySpec {
  return { podSelector: {}, policyTypes: ['Egress'], egress: rules };
}

export function policy(key: string, spec: NetworkPolicySpec): NetworkPolicy {
  const { namespace, name } = splitKey(key);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace, name },
    spec,
  };
}

export function connection(line: string): Connection {
  const match = /^(\S+)(?: as (\S+))? -> (\S+):(\d+)(?:\/(\w+))?$/.exec(line);
  const [, client, seenAs, server, port, protocol = 'tcp'] = match ?? [];
  if (client === undefined || server === undefined) throw new Error(`not a connection: ${line}`);
  return {
    client: end(client),
    ...(seenAs !== undefined && { seenAs: ip(seenAs) }),
    server: end(server),
    protocol: protocolOf(protocol),
    port: Number(port),
  };
}

function wordFor(verdict: Verdict): string {
  return verdict.allowed ? 'allowed' : 'denied';
}

function end(text: string): End {
  const found = PODS.find(({ namespace, name }) => `${namespace}/${name}` === text);
  if (found !== undefined) return { kind: 'pod', pod: found };
  return { kind: 'address', address: ip(text.replaceAll(/[[\]]/g, '')) };
}

function pod(
  key: string,
  node: string,
  ips: readonly string[],
  labels: Readonly<Record<string, string>>,
  ports: readonly string[],
): PolicyPod {
  return {
    ...splitKey(key),
    labels,
    ips: ips.map(ip),
    node,
    hostNetwork: false,
    ports: ports.map(containerPort),
  };
}

function containerPort(text: string): ContainerPort {
  const [name = '', port = '', protocol = ''] = text.split(/[=/]/);
  return { name, port: Number(port), protocol: protocolOf(protocol) };
}

function protocolOf(text: string): Protocol {
  const protocol = parseProtocol(text);
  if (protocol === null) throw new Error(`not a protocol: ${text}`);
  return protocol;
}

function splitKey(key: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}
