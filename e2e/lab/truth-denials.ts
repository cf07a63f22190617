// The denials of the truth file that have a name and a reason; everything else that is not allowed is denied too.
import { DROPPED, FEED, ONE_WAY, SCAN } from './calls.ts';
import type { TruthLine } from './truth-line.ts';
import { workloadOf } from './workloads.ts';
import {
  API_SERVER,
  DROPPED_PORT,
  FEED_PORT,
  LOCAL_DNS_ADDRESS,
  NODES,
  OUTSIDE,
  STATSD_PORT,
  UPSTREAM_DNS_ADDRESS,
} from './world.ts';

const DNS = 'kube-system/coredns';

/** What drafts must not allow, line by line: the cases that a mistake would most likely let through. */
export function namedDenials(): TruthLine[] {
  return [
    line('shop/checkoutservice', 'shop/emailservice', 5000, 'the Service port is not the port after DNAT'),
    line('shop/checkoutservice', 'shop/emailservice', 5001, 'the Service port of the refused connection'),
    line('shop/checkoutservice', 'shop/emailservice', 8081, 'refused: nothing listens there'),
    ...scanned(),
    line(
      'shop/cart-cleanup',
      'shop/productcatalogservice',
      3550,
      'the next holder of its address made these calls',
    ),
    line('shop/frontend', 'shop/cart-cleanup', 8080, 'the next holder of its address served these calls'),
    line(
      'shop/recommendationservice',
      'shop/redis-cart',
      6379,
      'the former holder of its address made these calls',
    ),
    line('shop/loadgenerator', 'shop/frontend', 80, 'the Service port is not the port after DNAT'),
    line('shop/frontend', 'shop/redis-cart', 6379, 'only cartservice and cart-cleanup use it'),
    line('shop/checkoutservice', 'shop/adservice', 9555, 'never called'),
    line('shop/redis-cart', 'shop/cartservice', 7070, 'the other way round'),
    line('shop/cartservice', `address:${OUTSIDE.publicAddress}`, 443, 'only paymentservice may leave'),
    line('shop/paymentservice', `address:${OUTSIDE.publicAddress}`, 80, 'another port of the public service'),
    line('shop/paymentservice', 'address:169.254.169.254', 443, 'metadata is not public'),
    line('shop/paymentservice', `address:${OUTSIDE.smtpRelay}`, 443, 'private is not public'),
    ...neighboursOf(OUTSIDE.smtpRelay).map((one) =>
      line('shop/emailservice', `address:${one}`, 587, 'a neighbour of the relay'),
    ),
    ...neighboursOf(OUTSIDE.nameServer).map((one): TruthLine => ({
      ...line(DNS, `address:${one}`, 53, 'a neighbour of the name server'),
      protocol: 'UDP',
    })),
    line(DNS, `address:${NODES['node-b'].ipv4}`, API_SERVER.port, 'a node without API server'),
    line('monitoring/prometheus', 'address:192.168.100.3', 9100, 'a neighbour of the nodes'),
    line(
      'monitoring/prometheus',
      `address:${NODES['node-a'].ipv4}`,
      API_SERVER.port,
      'another port of the node',
    ),
    line(`address:${NODES['node-b'].ipv4}`, 'shop/cartservice', 7070, 'a node that is not the pod’s own'),
    line(`address:${NODES['node-a'].ipv4}`, 'shop/redis-cart', 6379, 'a node that is not the pod’s own'),
    line(
      `address:${NODES['node-a'].ipv4}`,
      'shop/currencyservice',
      7001,
      'another port than the one it called',
    ),
    line(`address:${OUTSIDE.client}`, 'shop/cartservice', 7070, 'the outside reaches frontend only'),
    line(DROPPED.client, DROPPED.server, DROPPED_PORT, 'dropped on the way'),
    line(ONE_WAY.client, ONE_WAY.server, STATSD_PORT, 'only datagrams'),
    line(FEED.server, FEED.client, FEED_PORT, 'the server spoke first after its entry was lost'),
    line('data/zoned-client', 'data/ledger', 5432, 'never called'),
    line('data/ledger', 'data/ledger-writer', 5432, 'the other way round, on one bridge'),
    ...neighboursOf(LOCAL_DNS_ADDRESS).map((one): TruthLine => ({
      ...line('shop/cartservice', `address:${one}`, 53, 'a neighbour of the DNS cache'),
      protocol: 'UDP',
    })),
    line('shop/cartservice', `address:${UPSTREAM_DNS_ADDRESS}`, 53, 'only the DNS cache asks there'),
    line('shop/debug', 'shop/frontend', 8080, 'open to the outside, but not from a draft without that edge'),
  ];
}

function scanned(): TruthLine[] {
  return SCAN.servers.flatMap((server) =>
    SCAN.ports.map((port): TruthLine => {
      const answer = workloadOf(server).listens.includes(port) ? 'answered' : 'refused';
      return { client: SCAN.client, server, protocol: 'TCP', port, note: `scanned, ${answer}` };
    }),
  );
}

function neighboursOf(address: string): string[] {
  return [-1, 1].map((by) => address.replace(/\d+$/, (last) => String(Number(last) + by)));
}

function line(client: string, server: string, port: number, note: string): TruthLine {
  return { client, server, protocol: 'TCP', port, note };
}
