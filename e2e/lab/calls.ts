// Who calls whom: one declarative list, from which both the traffic and the truth file are made.
import { serviceHost, serviceOf, targetNumber } from './services.ts';
import { WORKLOADS } from './workloads.ts';
import { NODES, OUTSIDE } from './world.ts';
import type { WorkloadSpec } from './workloads.ts';
import type { NodeName } from './world.ts';

/** Where a call goes. */
export type Target =
  /** Through a Service's address; `family` 6 takes its IPv6 address. */
  | { readonly kind: 'service'; readonly service: string; readonly port: number; readonly family: 4 | 6 }
  /** To every pod of a workload by its own IPv4 address. */
  | { readonly kind: 'pods'; readonly workload: string; readonly port: number }
  /** To an address that is no Service's; `end` is what the truth calls it. A `name` is asked of DNS first. */
  | {
      readonly kind: 'address';
      readonly address: string;
      readonly port: number;
      readonly end: string;
      readonly endPort: number;
      readonly name?: string;
    };

/** One line of the world's traffic. */
export interface Call {
  /** "namespace/name", "node:NAME" or "external:IP". */
  readonly client: string;
  readonly target: Target;
  readonly outcome: 'answered' | 'refused';
  /** How the client learns the address. hostNetwork clients and those that dial numbers ask nothing. */
  readonly asks: 'udp' | 'tcp' | 'nothing';
  readonly note?: string;
}

/** Every call of a round, in order. */
export const ROUND: readonly Call[] = [
  toService('shop/loadgenerator', 'shop/frontend', 80),
  toService('shop/loadgenerator', 'shop/frontend', 80),
  toService('shop/frontend', 'shop/adservice', 9555),
  toService('shop/frontend', 'shop/cartservice', 7070),
  toService('shop/frontend', 'shop/checkoutservice', 5050),
  toService('shop/frontend', 'shop/currencyservice', 7000),
  toService('shop/frontend', 'shop/productcatalogservice', 3550),
  toService('shop/frontend', 'shop/recommendationservice', 8080),
  toService('shop/frontend', 'shop/shippingservice', 50_051),
  toService('shop/checkoutservice', 'shop/cartservice', 7070),
  toService('shop/checkoutservice', 'shop/currencyservice', 7000),
  { ...toService('shop/checkoutservice', 'shop/emailservice', 5000), note: 'dialled on Service port 5000' },
  { ...toService('shop/checkoutservice', 'shop/emailservice', 5001), outcome: 'refused' },
  toService('shop/checkoutservice', 'shop/paymentservice', 50_051),
  { ...toService('shop/checkoutservice', 'shop/productcatalogservice', 3550), asks: 'tcp' },
  {
    client: 'shop/checkoutservice',
    target: { kind: 'service', service: 'shop/shippingservice', port: 50_051, family: 6 },
    outcome: 'answered',
    asks: 'udp',
    note: 'only over IPv6',
  },
  toService('shop/recommendationservice', 'shop/productcatalogservice', 3550),
  toName('shop/paymentservice', 'api.cards.example', { address: OUTSIDE.publicAddress, port: 443 }),
  toName('shop/emailservice', 'relay.mail.example', { address: OUTSIDE.smtpRelay, port: 587 }),
  { ...toService('kube-system/coredns', 'default/kubernetes', 443), asks: 'nothing' },
  nodeExporter('node-a'),
  nodeExporter('node-b'),
  {
    client: 'monitoring/prometheus',
    target: { kind: 'pods', workload: 'kube-system/coredns', port: 9153 },
    outcome: 'answered',
    asks: 'nothing',
  },
  healthCheck('node-a', 'another node than the server pod’s: seen as 192.168.100.1'),
  healthCheck('node-b', 'the server pod’s own node'),
  fromOutside(),
  fromOutside(),
  // The pair on one bridge, by Service and by address; a bridged and a routed pod, both ways; the pod with two entries.
  toService('data/ledger-writer', 'data/ledger', 5432),
  {
    client: 'data/ledger-writer',
    target: { kind: 'pods', workload: 'data/ledger', port: 5432 },
    outcome: 'answered',
    asks: 'nothing',
    note: 'both on one bridge',
  },
  toService('data/ledger-writer', 'shop/paymentservice', 50_051),
  toService('shop/frontend', 'data/ledger', 5432),
  { ...toService('data/zoned-client', 'data/zoned-server', 8088), note: 'two entries on node-b' },
];

/** How often the story makes every call of a round. */
export const ROUNDS = 2;

/** The connection that is opened before the recording and kept to its end. */
export const LONG_LIVED: Call = {
  ...toService('shop/cartservice', 'shop/redis-cart', 6379),
  note: 'one connection, opened before the recording: it is only in the dumps',
};

/** What the Job's pod does. */
export const CLEANUP: Call = toService('shop/cart-cleanup', 'shop/redis-cart', 6379);

/** Who sends datagrams that nobody answers, and to whom; both by the Service of that name. */
export const ONE_WAY = { client: 'shop/adservice', server: 'monitoring/statsd' } as const;

/** Whose connection loses its entry while it lives. Its server speaks first afterwards. */
export const FEED = { client: 'data/feed-reader', server: 'data/feed' } as const;

/** Who dials what every node drops. */
export const DROPPED = { client: 'shop/adservice', server: 'shop/currencyservice' } as const;

/** The kubelets' probes: from each node to each of its own pods that has one. */
export function probedWorkloads(): readonly WorkloadSpec[] {
  return WORKLOADS.filter((one) => one.probe !== undefined && !one.hostNetwork);
}

/** The servers that shop/debug scans, by pod address, and the 40 TCP ports it tries on each. */
export const SCAN = {
  client: 'shop/debug',
  servers: ['shop/redis-cart', 'shop/cartservice', 'shop/productcatalogservice'],
  ports: [
    21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 389, 443, 445, 465, 587, 993, 995, 1433, 1521, 2049,
    2375, 2379, 3000, 3306, 3389, 3550, 5000, 5432, 5672, 6379, 6443, 7070, 8000, 8080, 8443, 9000, 9200,
    11_211, 27_017,
  ],
} as const;

/** Who serves a call and on which port, after DNAT. */
export function serverOf({ target }: Call): { server: string; protocol: 'TCP'; port: number } {
  switch (target.kind) {
    case 'service': {
      const service = serviceOf(target.service);
      const port = service.ports.find((one) => one.port === target.port && one.protocol === 'TCP');
      if (port === undefined) throw new Error(`${target.service} has no port ${target.port}`);
      return { server: service.workload ?? 'apiserver', protocol: 'TCP', port: targetNumber(service, port) };
    }
    case 'pods':
      return { server: target.workload, protocol: 'TCP', port: target.port };
    case 'address':
      return { server: target.end, protocol: 'TCP', port: target.endPort };
    default:
      return target satisfies never;
  }
}

/** The name a call asks DNS for, and the record type; undefined when it asks nothing. */
export function questionOf(call: Call): { name: string; type: 'A' | 'AAAA' } | undefined {
  if (call.asks === 'nothing') return undefined;
  switch (call.target.kind) {
    case 'service':
      return {
        name: serviceHost(serviceOf(call.target.service)),
        type: call.target.family === 6 ? 'AAAA' : 'A',
      };
    case 'address':
      return call.target.name === undefined ? undefined : { name: call.target.name, type: 'A' };
    case 'pods':
      return undefined;
    default:
      return call.target satisfies never;
  }
}

/** The address a call dials when it asks no name; undefined for a target with many. */
export function dialledAddress({ target }: Call): string | undefined {
  switch (target.kind) {
    case 'service':
      return serviceOf(target.service).addresses.find((one) => one.includes(':') === (target.family === 6));
    case 'address':
      return target.address;
    case 'pods':
      return undefined;
    default:
      return target satisfies never;
  }
}

/** A call of a Service by its name, over IPv4, that is answered. */
export function toService(client: string, service: string, port: number): Call {
  return {
    client,
    target: { kind: 'service', service, port, family: 4 },
    outcome: 'answered',
    asks: 'udp',
  };
}

function toName(client: string, name: string, to: { address: string; port: number }): Call {
  return {
    client,
    target: { kind: 'address', ...to, name, end: `external:${to.address}`, endPort: to.port },
    outcome: 'answered',
    asks: 'udp',
  };
}

function nodeExporter(node: NodeName): Call {
  return {
    client: 'monitoring/prometheus',
    target: { kind: 'address', address: NODES[node].ipv4, port: 9100, end: `node:${node}`, endPort: 9100 },
    outcome: 'answered',
    asks: 'nothing',
  };
}

function fromOutside(): Call {
  const { ipv4 } = NODES['node-a'];
  return {
    client: `external:${OUTSIDE.client}`,
    target: { kind: 'address', address: ipv4, port: 30_080, end: 'shop/frontend', endPort: 8080 },
    outcome: 'answered',
    asks: 'nothing',
    note: 'through the NodePort of node-a, masqueraded as node-a',
  };
}

function healthCheck(node: NodeName, note: string): Call {
  return { ...toService(`node:${node}`, 'shop/currencyservice', 7000), asks: 'nothing', note };
}
