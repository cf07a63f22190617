/** NETPOL rules 22 to 26: own pod, own node, host network, Services, clients from outside. */
import { test } from 'vitest';
import { egress, holds, ingress } from '../small-cluster.ts';
import type { PolicyCase } from '../small-cluster.ts';

const denyAll = { 'shop/p': { policyTypes: ['Ingress', 'Egress'] } } as const;
const web = { matchLabels: { app: 'web' } };

const cases: PolicyCase[] = [
  {
    promise: 'rule 22: a pod reaches itself, by its own addresses and by loopback',
    policies: denyAll,
    allows: [
      'shop/web-1 -> shop/web-1:8080',
      'shop/web-1 -> 10.244.1.10:8080',
      'shop/dual-1 -> [fd00:1::20]:80',
      'shop/web-1 -> 127.0.0.1:8080',
      'shop/web-1 -> [::1]:8080',
    ],
    denies: ['shop/web-1 -> shop/web-2:80'],
  },
  {
    promise: 'rule 22: a pod reaches itself through a Service too, whatever address it is seen as',
    policies: denyAll,
    allows: ['shop/web-1 as 192.168.0.2 -> shop/web-1:8080'],
  },
  {
    promise: 'rule 22: a pod of the same workload is another pod',
    policies: denyAll,
    denies: ['shop/web-2 -> shop/web-1:8080'],
  },
  {
    promise: 'rule 23: ingress from any address of the pod’s node is allowed',
    policies: denyAll,
    allows: [
      '192.168.0.1 -> shop/web-1:8080',
      '10.244.1.1 -> shop/web-1:8080',
      '[fd00:1::1] -> shop/dual-1:80',
    ],
  },
  {
    promise: 'rule 23: the own node is allowed on any port, and needs no rule there',
    policies: { 'shop/p': ingress({ from: [{ podSelector: {} }], ports: [{ port: 1 }] }) },
    allows: ['192.168.0.1 -> shop/web-1:8080', '192.168.0.1 -> shop/web-1:53/udp'],
    denies: ['shop/db-1 -> shop/web-1:8080'],
  },
  {
    promise: 'rule 23: another node is an ordinary address',
    policies: denyAll,
    denies: ['192.168.0.2 -> shop/web-1:8080', '10.244.2.1 -> shop/web-1:8080'],
  },
  {
    promise: 'rule 23: another node may be allowed by an ipBlock, and by an empty peer list',
    policies: {
      'shop/p': ingress(
        { from: [{ ipBlock: { cidr: '192.168.0.2/32' } }], ports: [{ port: 1 }] },
        { ports: [{ port: 2 }] },
      ),
    },
    allows: ['192.168.0.2 -> shop/web-1:1', '192.168.0.2 -> shop/web-1:2'],
    denies: ['192.168.0.2 -> shop/web-1:3'],
  },
  {
    promise:
      'rule 23: a client seen as the server’s node is allowed, one seen as another node is judged as that',
    policies: { 'shop/p': ingress({ from: [{ podSelector: {} }] }) },
    allows: ['shop/db-1 as 192.168.0.1 -> shop/web-1:8080', '203.0.113.9 as 10.244.1.1 -> shop/web-1:8080'],
    denies: ['shop/db-1 as 192.168.0.2 -> shop/web-1:8080', '203.0.113.9 as 192.168.0.2 -> shop/web-1:8080'],
  },
  {
    promise: 'rule 23: egress to the own node needs a rule like any address',
    policies: {
      'shop/p': egress({ to: [{ ipBlock: { cidr: '192.168.0.1/32' } }], ports: [{ port: 10_250 }] }),
    },
    allows: ['shop/web-1 -> 192.168.0.1:10250'],
    denies: ['shop/web-1 -> 192.168.0.1:22', 'shop/web-1 -> shop/host-1:8080'],
  },
  {
    promise: 'rule 24: no policy selects a host-network pod',
    policies: denyAll,
    allows: ['203.0.113.9 -> shop/host-1:8080', 'shop/host-1 -> 203.0.113.9:443'],
  },
  {
    promise: 'rule 24: no selector matches a host-network client',
    policies: { 'shop/p': ingress({ from: [{ podSelector: web }, { namespaceSelector: {} }] }) },
    denies: ['data/host-2 -> shop/web-1:8080', 'shop/host-1 -> shop/db-1:5432'],
  },
  {
    promise: 'rule 24: no selector matches a host-network server',
    policies: { 'data/p': egress({ to: [{ podSelector: web }, { namespaceSelector: {} }] }) },
    denies: ['data/cache-1 -> data/host-2:8080', 'data/cache-1 -> shop/host-1:8080'],
  },
  {
    promise: 'rule 24: an ipBlock matches a host-network pod by its node’s address',
    policies: {
      'shop/p': ingress({ from: [{ ipBlock: { cidr: '192.168.0.2/32' } }] }),
      'data/p': egress({ to: [{ ipBlock: { cidr: '192.168.0.1/32' } }] }),
    },
    allows: ['data/host-2 -> shop/web-1:8080', 'data/cache-1 -> shop/host-1:8080'],
    denies: ['data/cache-1 -> data/host-2:8080'],
  },
  {
    promise: 'rule 24: of a node’s addresses the first of the right family counts',
    policies: {
      'shop/p': ingress({ from: [{ ipBlock: { cidr: 'fd00:2::1/128' } }] }),
      'data/p': ingress({ from: [{ ipBlock: { cidr: 'fd00:1::1/128' } }] }),
    },
    allows: ['shop/host-1 -> data/dual-1:80'],
    denies: ['data/host-2 -> shop/dual-1:80', 'shop/host-1 -> data/cache-1:6379'],
  },
  {
    promise: 'rule 24: a host-network client on the server’s node is node traffic',
    policies: denyAll,
    allows: ['shop/host-1 -> shop/web-1:8080'],
  },
  {
    promise: 'rule 26: a rewritten client is judged as the address that is seen, at the server alone',
    policies: {
      'shop/p': ingress({ from: [{ ipBlock: { cidr: '198.51.100.7/32' } }] }),
      'data/p': egress({ to: [{ podSelector: {}, namespaceSelector: {} }] }),
    },
    allows: ['data/cache-1 as 198.51.100.7 -> shop/web-1:8080'],
    denies: ['data/cache-1 as 198.51.100.8 -> shop/web-1:8080', 'data/cache-1 -> shop/web-1:8080'],
  },
  {
    promise: 'rule 26: a pod seen as its own address is seen as that pod',
    policies: { 'shop/p': ingress({ from: [{ podSelector: {} }] }) },
    allows: ['shop/db-1 as 10.244.2.11 -> shop/web-1:8080'],
    denies: ['shop/db-1 as 10.244.2.10 -> shop/web-1:8080'],
  },
  {
    promise: 'rule 25: the port is the container’s, so a rule for a Service’s port allows nothing',
    policies: { 'shop/p': ingress({ ports: [{ port: 80 }] }) },
    denies: ['shop/db-1 -> shop/web-1:8080'],
  },
  {
    promise: 'rule 25: policies name no Service, so a selector does not match its address',
    policies: { 'shop/p': egress({ to: [{ podSelector: {}, namespaceSelector: {} }] }) },
    allows: ['shop/web-1 -> shop/db-1:5432'],
    denies: ['shop/web-1 -> 10.96.0.20:5432'],
  },
  {
    promise:
      'rule 26: a client from outside is judged by the address that the pod’s side saw, whatever its own',
    policies: { 'shop/p': ingress({ from: [{ ipBlock: { cidr: '203.0.113.0/24' } }] }) },
    allows: ['203.0.113.9 -> shop/web-1:8080', '198.51.100.1 as 203.0.113.7 -> shop/web-1:8080'],
    denies: ['203.0.113.9 as 192.168.0.2 -> shop/web-1:8080', '198.51.100.1 -> shop/web-1:8080'],
  },
  {
    promise: 'rule 26: an empty peer list lets every client in, whatever address is seen',
    policies: { 'shop/p': ingress({ from: [], ports: [{ port: 8080 }] }) },
    allows: ['203.0.113.9 -> shop/web-1:8080', '203.0.113.9 as 192.168.0.2 -> shop/web-1:8080'],
    denies: ['203.0.113.9 as 192.168.0.2 -> shop/web-1:8081'],
  },
];

test.each(cases)('$promise', holds);
