// Random calls of which the truth file says nothing: all of them must be dropped. Pure: the dice are given.
import { isIPv6 } from 'node:net';

import { Allowed } from '../../test/replay/truth.ts';
import { OUTSIDE_CLIENTS } from './enforce-outside.ts';
import type { EnforcedCluster, EnforcedPod } from './enforce-pods.ts';
import type { DrawnFrom } from './enforce-named.ts';
import { deniedProbe, nodeAddresses, placeOf, podsOf, servedBy } from './enforce-probe.ts';
import type { Caller, Probe, Transport } from './enforce-probe.ts';
import type { Dice } from './enforce-random.ts';
import { SERVICES, targetNumber } from './services.ts';
import { workloadOf, WORKLOADS } from './workloads.ts';
import { NODES } from './world.ts';
import type { NodeName } from './world.ts';

/** Ports that somebody in the world serves or publishes: where a mistake would let something through. */
const PORTS = [
  ...new Set([
    ...WORKLOADS.flatMap(({ listens, swallows, ports }) => [
      ...listens,
      ...(swallows ?? []),
      ...ports.map(({ port }) => port),
    ]),
    ...SERVICES.flatMap(({ ports }) => ports.map(({ port }) => port)),
    80,
    443,
  ]),
].toSorted((a, b) => a - b);

/** Random calls from pods and nodes that the truth does not allow, no two alike. */
export function drawInside(count: number, dice: Dice, from: DrawnFrom): Probe[] {
  const allowed = new Allowed(from.truth, nodeAddresses());
  return draw(count, () => {
    const share = dice.next();
    if (share < 0.5) return podToPod(dice, from.cluster, allowed);
    if (share < 0.65) return podToService(dice, from.cluster, allowed);
    if (share < 0.9) return podToAddress(dice, from, allowed);
    return nodeToPod(dice, from.cluster, allowed);
  });
}

/** Random calls from addresses outside the cluster. */
export function drawOutside(count: number, dice: Dice, { cluster, truth }: DrawnFrom): Probe[] {
  const allowed = new Allowed(truth, nodeAddresses());
  return draw(count, () => {
    const address = dice.one(OUTSIDE_CLIENTS);
    const place = { address, pod: null };
    return toPod(dice, { process: 'ext', place, from: address }, { cluster, allowed });
  });
}

function podToPod(dice: Dice, cluster: EnforcedCluster, allowed: Allowed): Probe | null {
  const client = dice.one(cluster.pods);
  const server = dice.one(cluster.pods);
  const family = dice.one(client.addresses);
  if (client === server || (isIPv6(family) && [client, server].some(isWithoutIPv6))) return null;
  const protocol = protocolOf(dice);
  const port = portOf(dice, server);
  if (holds(allowed.between(client.workload, server.workload, protocol), port)) return null;
  const place = placeOf(server, family);
  const caller = { process: client.name, place: placeOf(client, family) };
  return deniedProbe(caller, { address: place.address, port }, servedBy([place], protocol, port));
}

function podToService(dice: Dice, cluster: EnforcedCluster, allowed: Allowed): Probe | null {
  const client = dice.one(cluster.pods);
  const service = dice.one(SERVICES.filter((each) => each.workload !== undefined));
  const { workload = '' } = service;
  const published = dice.one(service.ports);
  const port = targetNumber(service, published);
  const protocol = published.protocol === 'UDP' ? 'udp' : 'tcp';
  const address = dice.one(service.addresses);
  if (client.workload === workload || (isIPv6(address) && isWithoutIPv6(client))) return null;
  if (holds(allowed.between(client.workload, workload, protocol), port)) return null;
  const servers = podsOf(workload, cluster).map((pod) => placeOf(pod, address));
  const caller = { process: client.name, place: placeOf(client, address) };
  return deniedProbe(caller, { address, port: published.port }, servedBy(servers, protocol, port));
}

function podToAddress(dice: Dice, { cluster, addresses }: DrawnFrom, allowed: Allowed): Probe | null {
  const client = dice.one(cluster.pods);
  const target = dice.one(addresses);
  const taken = [...cluster.pods, ...SERVICES].flatMap((each) => each.addresses);
  if (!isForwarded(target.address) || taken.includes(target.address)) return null;
  if (isOnBridgeOf(client, target.address)) return null;
  if (isIPv6(target.address) && isWithoutIPv6(client)) return null;
  const protocol = protocolOf(dice);
  const port = portOf(dice, client);
  if (holds(allowed.egress(client.workload, target, protocol), port)) return null;
  const { address } = target;
  const caller = { process: client.name, place: placeOf(client, address) };
  return deniedProbe(caller, { address, port }, servedBy([{ address, pod: null }], protocol, port));
}

function nodeToPod(dice: Dice, cluster: EnforcedCluster, allowed: Allowed): Probe | null {
  const process = dice.one(Object.keys(NODES) as NodeName[]);
  const address = dice.one([NODES[process].ipv4, NODES[process].ipv6]);
  return toPod(dice, { process, place: { address, pod: null } }, { cluster, allowed });
}

/** To any pod that is not on the caller's own node. */
function toPod(
  dice: Dice,
  caller: Caller,
  { cluster, allowed }: { cluster: EnforcedCluster; allowed: Allowed },
): Probe | null {
  const server = dice.one(cluster.pods);
  const { address } = caller.place;
  if (server.node === caller.process || (isIPv6(address) && isWithoutIPv6(server))) return null;
  const protocol = protocolOf(dice);
  const port = portOf(dice, server);
  const classed = { address, class: 'outside' };
  if (holds(allowed.ingress(classed, server.workload, { protocol, ownNode: server.node }), port)) return null;
  const place = placeOf(server, address);
  return deniedProbe(caller, { address: place.address, port }, servedBy([place], protocol, port));
}

/** Draws until there are `count` different calls. Throws when the world has not so many. */
function draw(count: number, once: () => Probe | null): Probe[] {
  const found = new Map<string, Probe>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > count * 1000) throw new Error(`only ${found.size} different denials were found`);
    const probe = once();
    if (probe !== null) found.set(`${probe.process} ${JSON.stringify(probe.order)}`, probe);
  }
  return [...found.values()];
}

function protocolOf(dice: Dice): Transport {
  return dice.next() < 0.75 ? 'tcp' : 'udp';
}

/** Half of all ports are ones that the server serves, where it serves any; a fifth are anything. */
function portOf(dice: Dice, server: EnforcedPod): number {
  const { listens } = workloadOf(server.workload);
  const share = dice.next();
  if (share < 0.2) return dice.between(1, 65_535);
  return share < 0.7 && listens.length > 0 ? dice.one(listens) : dice.one(PORTS);
}

function holds(ranges: readonly { readonly from: number; readonly to: number }[], port: number): boolean {
  return ranges.some(({ from, to }) => from <= port && port <= to);
}

/** The pod behind two zones has no route over IPv6 (node-wires.ts). */
function isWithoutIPv6({ workload }: EnforcedPod): boolean {
  return workloadOf(workload).wire === 'two-zones';
}

/** A neighbour on the pod's own bridge that nobody is: the pod's kernel finds that out by itself, and no packet leaves it. */
function isOnBridgeOf({ workload, node }: EnforcedPod, address: string): boolean {
  const { podRangeV4, podRangeV6 } = NODES[node];
  const stems = [podRangeV4.replace(/0\/24$/, ''), podRangeV6.replace(/:\/64$/, '')];
  return workloadOf(workload).wire === 'bridge' && stems.some((stem) => address.startsWith(stem));
}

/** Kernels refuse the rest before any policy could drop it. */
function isForwarded(address: string): boolean {
  if (isIPv6(address)) return !/^(?:::|ff|fe[89ab])/.test(address);
  const first = Number(address.split('.')[0]);
  return first !== 0 && first !== 127 && first < 224;
}
