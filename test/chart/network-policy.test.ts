/** The server's NetworkPolicy, judged by netscribe's own evaluator. */
import { describe, expect, it } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { evaluate } from '../../src/netpol/evaluate.ts';
import { parsePolicy } from '../../src/netpol/parse/parse-policy.ts';
import type { End, PolicyPod } from '../../src/netpol/world.ts';
import { EXAMPLES, example, the } from './helm.ts';
import { workloadOf } from './pods.ts';

const pod = (namespace: string, name: string, labels: Readonly<Record<string, string>>): End => ({
  kind: 'pod',
  pod: {
    namespace,
    name,
    labels,
    ips: [ip(`10.1.0.${name.length}`)],
    node: null,
    hostNetwork: false,
    ports: [],
  } satisfies PolicyPod,
});
const address = (text: string): End => ({ kind: 'address', address: ip(text) });

const DNS = pod('kube-system', 'coredns-1', { 'k8s-app': 'kube-dns' });
const PROMETHEUS = pod('monitoring', 'prometheus', { 'app.kubernetes.io/name': 'prometheus' });
const STRANGER = pod('shop', 'web-1', { app: 'web' });
const NODE = address('10.0.1.7');
const API_SERVER = address('10.0.0.3');
const INTERNET = address('93.184.215.14');

function judge(name: string): (client: End | 'server', server: End | 'server', port: string) => boolean {
  const objects = example(name);
  const parsed = parsePolicy(the(objects, 'NetworkPolicy'), { defaultNamespace: null });
  if (parsed.kind !== 'policy') throw new TypeError(JSON.stringify(parsed.problems));
  expect(parsed.warnings).toEqual([]);
  const labels = workloadOf(the(objects, 'StatefulSet')).template.metadata.labels ?? {};
  const own = pod('netscribe', 'netscribe-server-0', labels);
  const set = compilePolicies([parsed.policy], { namespaces: new Map(), nodes: [] });
  return (client, server, port) => {
    const [number = '', protocol = 'tcp'] = port.split('/');
    return evaluate(set, {
      client: client === 'server' ? own : client,
      server: server === 'server' ? own : server,
      protocol: protocol as 'tcp' | 'udp',
      port: Number(number),
    }).allowed;
  };
}

describe.each([...EXAMPLES.keys()].filter((name) => name !== 'minimal'))('with ci/%s-values.yaml', (name) => {
  const allows = judge(name);

  it('anybody may reach the batch port, for agents come from nodes', () => {
    expect([NODE, STRANGER, INTERNET].map((client) => allows(client, 'server', '8443'))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('nobody reaches the listener without a password', () => {
    expect([NODE, STRANGER, PROMETHEUS].map((client) => allows(client, 'server', '8080'))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('metrics are for those who were named', () => {
    expect(allows(PROMETHEUS, 'server', '8082')).toBe(name === 'monitoring');
    expect(allows(STRANGER, 'server', '8082')).toBe(false);
  });

  it('the server reaches DNS and the API server, and no other pod or port', () => {
    expect(allows('server', DNS, '53/udp')).toBe(true);
    expect(allows('server', DNS, '53/tcp')).toBe(true);
    expect(allows('server', API_SERVER, '6443')).toBe(true);
    expect(allows('server', INTERNET, '53/udp')).toBe(false);
    expect(allows('server', STRANGER, '80')).toBe(false);
    expect(allows('server', API_SERVER, '22')).toBe(false);
  });

  it('the addresses of the API server narrow it, where they are given', () => {
    expect(allows('server', INTERNET, '6443')).toBe(name !== 'cert-manager');
  });
});

it('is absent where it is not wanted', () => {
  expect(example('minimal').filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([]);
});
