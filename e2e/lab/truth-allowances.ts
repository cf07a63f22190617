// What drafts must allow although it did not happen, or did not happen so widely: what follows from the contracts of drafting.
import { API_SERVER_ADDRESS } from './services.ts';
import type { TruthLine } from './truth-line.ts';
import { EVERY_WORKLOAD, workloadKey } from './workloads.ts';
import { API_SERVER, DNS_ADDRESS, LOCAL_DNS_ADDRESS, NODES, OUTSIDE } from './world.ts';

const DNS = 'kube-system/coredns';

/** Every allowance, in the order of the truth file. */
export function allowances(): TruthLine[] {
  const askers = EVERY_WORKLOAD.filter((one) => !one.hostNetwork && one.dnsPolicy === 'ClusterFirst').map(
    workloadKey,
  );
  const protocols = ['UDP', 'TCP'] as const;
  const apiServer = `address:${API_SERVER_ADDRESS}`;
  return [
    {
      client: 'any-address',
      server: 'shop/frontend',
      protocol: 'TCP',
      port: 8080,
      side: 'ingress',
      note: 'outside in: NodePort and LoadBalancer',
    },
    ...protocols.flatMap((protocol) =>
      askers.map((client): TruthLine => ({
        client,
        server: DNS,
        protocol,
        port: 53,
        note: 'DNS by convention',
      })),
    ),
    ...protocols.map((protocol): TruthLine => ({
      client: 'any-pod',
      server: DNS,
      protocol,
      port: 53,
      side: 'ingress',
      note: 'DNS by convention',
    })),
    {
      client: 'shop/paymentservice',
      server: 'class:public',
      protocol: 'TCP',
      port: 443,
      side: 'egress',
      note: 'outside out: public addresses',
    },
    {
      client: 'shop/emailservice',
      server: `address:${OUTSIDE.smtpRelay}`,
      protocol: 'TCP',
      port: 587,
      side: 'egress',
      note: 'outside out: a private address stays exact',
    },
    {
      client: DNS,
      server: `address:${OUTSIDE.nameServer}`,
      protocol: 'UDP',
      port: 53,
      side: 'egress',
      note: 'outside out: a private address stays exact',
    },
    {
      client: DNS,
      server: apiServer,
      protocol: 'TCP',
      port: API_SERVER.port,
      side: 'egress',
      note: 'the API server by its endpoint',
    },
    ...Object.values(NODES).map((node): TruthLine => ({
      client: 'monitoring/prometheus',
      server: `address:${node.ipv4}`,
      protocol: 'TCP',
      port: 9100,
      side: 'egress',
      note: 'a node by its address',
    })),
    {
      client: `address:${NODES['node-a'].ipv4}`,
      server: 'shop/currencyservice',
      protocol: 'TCP',
      port: 7000,
      side: 'ingress',
      seenAs: NODES['node-a'].ipv4,
      note: 'node traffic by the address the server’s side saw',
    },
    {
      client: 'own-node',
      server: 'any-pod',
      protocol: 'any',
      port: 'any',
      side: 'ingress',
      note: 'a pod’s own node may always reach it',
    },
    ...askers.flatMap(cacheAllowances),
  ];
}

/** Every draft that isolates egress names the cache: its link-local address, and that of the DNS Service, which it takes over. */
function cacheAllowances(client: string): TruthLine[] {
  return [LOCAL_DNS_ADDRESS, DNS_ADDRESS].flatMap((address) =>
    (['UDP', 'TCP'] as const).map((protocol): TruthLine => ({
      client,
      server: `address:${address}`,
      protocol,
      port: 53,
      side: 'egress',
      note: 'the node-local DNS cache, which conntrack never shows',
    })),
  );
}
