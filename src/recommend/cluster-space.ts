/**
 * Where a cluster is, as ranges: what is known, and the room around single addresses, so that a pod, a Service or a node more
 * changes nothing of what the room is used for. No room is ever allowed by a rule: it only says what a rule must not hold.
 */
import { CidrSet } from '../domain/cidr-set.ts';
import { cidrCovers, cidrOf, parseCidr } from '../domain/cidr.ts';
import type { Cidr } from '../domain/cidr.ts';
import { formatIp } from '../domain/ip.ts';
import type { IpAddress, IpFamily } from '../domain/ip.ts';
import { isPublic, WIDEST_PREFIX } from './addresses.ts';
import type { ClusterInfo, KnownPod } from './cluster.ts';
import { ownAddressesOf } from './policy-world.ts';
import { RangeIndex } from './range-index.ts';

type Lengths = Readonly<Record<IpFamily, number>>;

/**
 * Room around a pod that no node declares a range for: network plugins then take addresses from subnets that machines and
 * databases are in as well, so it is no wider than a prefix over those is ever drafted.
 */
const POD_ROOM: Lengths = WIDEST_PREFIX;
/** Of public IPv6 a cloud's network has a /56. */
const PUBLIC_POD_ROOM: Lengths = { 4: 24, 6: 56 };
/** Google's clusters take Service addresses from 34.118.224.0/20, the one range in public space that clusters have by default. */
const SERVICE_ROOM: Lengths = { 4: 20, 6: 56 };
/** One network of machines, as wide as a prefix is ever drafted: where a node is, none is drafted over others. */
const NODE_ROOM: Lengths = WIDEST_PREFIX;

/** What a user told of ranges. Texts that are no ranges are nothing. */
interface ToldRanges {
  readonly nodeCidrs: readonly string[];
  readonly controlPlaneCidrs: readonly string[];
}

export interface ClusterSpace {
  /** Ranges of pods and Services: declared ones, and every address that one has now. */
  readonly podsAndServices: RangeIndex;
  /** Ranges from which pods and Services have addresses, or will: no prefix over others may reach into them. */
  readonly podAndServiceRoom: RangeIndex;
  /** `podAndServiceRoom` with that of nodes, ranges that were told, and the addresses of the API server. */
  readonly own: RangeIndex;
  /** Families in which `own` leaves out more of public space than is known to be the cluster's. */
  readonly roomInPublic: readonly IpFamily[];
  /** Families in which pods have addresses: every pod of a cluster of two gets both. */
  readonly podFamilies: readonly IpFamily[];
}

export function clusterSpaceOf(cluster: ClusterInfo, told: ToldRanges): ClusterSpace {
  const declared = cluster.nodes.flatMap((node) => node.podCidrs);
  const pods = podAddresses(cluster);
  const services = cluster.services.flatMap((service) => service.clusterIps);
  const podAndServiceRoom = new RangeIndex([...podRoom(declared, pods), ...rooms(services, SERVICE_ROOM)]);
  const known = new RangeIndex(
    [...told.nodeCidrs, ...told.controlPlaneCidrs].flatMap((text) => parseCidr(text) ?? []),
  );
  const isApart = (ip: IpAddress): boolean => !known.has(ip) && !podAndServiceRoom.has(ip);
  const nodes = cluster.nodes.flatMap(ownAddressesOf).filter(isApart);
  const room = [...podAndServiceRoom.ranges, ...rooms(nodes, NODE_ROOM)];
  const surely = new RangeIndex(declared);
  const isSurely = (range: Cidr): boolean =>
    surely.overlapping(range).some((each) => cidrCovers(each, range));
  const single = [...services, ...podAddresses(cluster, (pod) => !pod.ended)].map((ip) => cidrOf(ip));
  return {
    podsAndServices: new RangeIndex([...single, ...declared]),
    podAndServiceRoom,
    own: new RangeIndex([...room, ...known.ranges, ...cluster.apiServers.map(({ ip }) => cidrOf(ip))]),
    roomInPublic: distinct(room.filter((range) => isPublic(firstOf(range)) && !isSurely(range))),
    podFamilies: distinct([...declared, ...pods.map((ip) => cidrOf(ip))]),
  };
}

/** What nodes declare, as it is unless it is public; and room around pods outside all of that. */
function podRoom(declared: readonly Cidr[], pods: readonly IpAddress[]): Cidr[] {
  const within = new CidrSet(declared);
  const strays = ofEachNetwork(pods.filter((ip) => !within.has(ip)));
  return [
    ...declared.map((range) => (isPublic(firstOf(range)) ? roomOf(range, PUBLIC_POD_ROOM) : range)),
    ...strays.map((ip) => roomOf(cidrOf(ip), isPublic(ip) ? PUBLIC_POD_ROOM : POD_ROOM)),
  ];
}

/** One address of each /24 (/112): their room is the same, and pods are many. */
function ofEachNetwork(addresses: readonly IpAddress[]): IpAddress[] {
  const networks = new Map<string, IpAddress>();
  for (const address of addresses)
    networks.set(address.slice(0, Math.max(address.lastIndexOf('.'), address.lastIndexOf(':'))), address);
  return [...networks.values()];
}

function podAddresses(cluster: ClusterInfo, isMeant: (pod: KnownPod) => boolean = () => true): IpAddress[] {
  return cluster.workloads
    .flatMap((workload) => workload.pods.filter((pod) => !pod.hostNetwork && isMeant(pod)))
    .flatMap((pod) => pod.ips);
}

function rooms(addresses: readonly IpAddress[], lengths: Lengths): Cidr[] {
  return addresses.map((ip) => roomOf(cidrOf(ip), lengths));
}

/** The range, widened to this length where it is narrower. */
function roomOf(range: Cidr, lengths: Lengths): Cidr {
  return cidrOf(firstOf(range), Math.min(range.length, lengths[range.family]));
}

function firstOf(range: Cidr): IpAddress {
  return formatIp(range.family, range.first);
}

function distinct(ranges: readonly Cidr[]): IpFamily[] {
  return [...new Set(ranges.map(({ family }) => family))].toSorted((a, b) => a - b);
}
