// The wires: two nodes and the outside on one bridge, pods on routed veths, everything in namespaces of this run's own prefix.
// There is no uplink: nothing in the lab can reach the machine's own network.
import { NAMESPACE_STEM, removeNamespaces } from './preflight.ts';
import { run, runIn } from './shell.ts';
import { NODES, OUTSIDE } from './world.ts';
import type { NodeName } from './world.ts';

/** Both addresses of a pod. */
export interface PodAddresses {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** Where the pods of a routed-veth CNI send everything; the node answers for it on each veth (Calico's scheme). */
const POD_GATEWAY_V4 = '169.254.1.1';
const POD_GATEWAY_V6 = 'fe80::ecee';

/** The namespaces of one run. */
export class Topology {
  readonly #prefix = `${NAMESPACE_STEM}${process.pid}-`;
  /** Whether the nodes' kernels count bytes and stamp times. The ordinary node does neither. */
  readonly accounting: boolean;
  #pods = 0;

  constructor(accounting: boolean) {
    this.accounting = accounting;
  }

  /** Builds the fabric, the nodes and the outside. */
  up(): void {
    for (const name of ['fab', ...Object.keys(NODES), 'ext']) this.addNamespace(name);
    this.ip('fab', ['link add br0 type bridge', 'link set br0 up']);
    for (const [name, node] of Object.entries(NODES)) {
      this.#attach(name, [`${node.ipv4}/24`, `${node.ipv6}/64`]);
      const settings = [
        'net.ipv4.ip_forward=1',
        'net.ipv6.conf.all.forwarding=1',
        'net.ipv4.conf.all.rp_filter=0',
      ];
      // Short timeouts let the kernel report the ends of connections within the run.
      const tracking = [
        `acct=${Number(this.accounting)}`,
        `timestamp=${Number(this.accounting)}`,
        'udp_timeout=10',
        'udp_timeout_stream=10',
        'tcp_timeout_time_wait=10',
      ];
      runIn(this.namespace(name), 'sysctl', [
        '-qw',
        ...settings,
        ...tracking.map((one) => `net.netfilter.nf_conntrack_${one}`),
      ]);
    }
    this.#attach('ext', [...OUTSIDE.addresses.map((one) => `${one}/24`), `${OUTSIDE.ipv6}/64`]);
    this.ip('ext', [`addr add ${OUTSIDE.publicAddress}/32 dev lo`]);
    for (const [name, node] of Object.entries(NODES)) {
      const others = Object.values(NODES).filter((other) => other !== node);
      this.ip(name, [
        `route add ${OUTSIDE.publicAddress}/32 via ${OUTSIDE.gateway}`,
        // A service address is rewritten before it leaves, but the kernel wants a route before it sends.
        `route add 10.96.0.0/16 dev eth0 src ${node.ipv4}`,
        `-6 route add fd00:96::/112 dev eth0`,
        ...others.map((other) => `route add ${other.podRangeV4} via ${other.ipv4}`),
        ...others.map((other) => `-6 route add ${other.podRangeV6} via ${other.ipv6}`),
      ]);
    }
  }

  /** Makes a pod's namespace and its routed veth, whose name on the node it returns. `name` is any word that is unique in the run. */
  addPod(name: string, nodeName: NodeName, { ipv4, ipv6 }: PodAddresses): string {
    const node = NODES[nodeName];
    const veth = `v${this.#pods}`;
    this.#pods += 1;
    this.addNamespace(name);
    this.#connect(name, { end: veth, of: nodeName });
    this.ip(name, [
      'link set eth0 up',
      `addr add ${ipv4}/32 dev eth0`,
      `-6 addr add ${ipv6}/128 dev eth0 nodad`,
    ]);
    this.ip(nodeName, [
      `link set ${veth} up`,
      `addr add ${POD_GATEWAY_V4}/32 dev ${veth} scope link`,
      `route add ${ipv4}/32 dev ${veth} src ${node.ipv4}`,
      `-6 addr add ${POD_GATEWAY_V6}/64 dev ${veth} nodad`,
      `-6 route add ${ipv6}/128 dev ${veth}`,
    ]);
    this.ip(name, [
      `route add ${POD_GATEWAY_V4}/32 dev eth0`,
      `route add default via ${POD_GATEWAY_V4}`,
      `-6 route add default via ${POD_GATEWAY_V6} dev eth0`,
    ]);
    return veth;
  }

  /** Takes an IPv4 address from a pod that addPod made. The kernel forgets the pod's routes with its last address. */
  takeAddress(name: string, nodeName: NodeName, { ipv4, veth }: { ipv4: string; veth: string }): void {
    this.ip(nodeName, [`route del ${ipv4}/32 dev ${veth}`]);
    this.ip(name, [`addr del ${ipv4}/32 dev eth0`]);
  }

  /** Gives an IPv4 address to a pod that has none. */
  giveAddress(name: string, nodeName: NodeName, { ipv4, veth }: { ipv4: string; veth: string }): void {
    this.ip(name, [
      `addr add ${ipv4}/32 dev eth0`,
      `route add ${POD_GATEWAY_V4}/32 dev eth0`,
      `route add default via ${POD_GATEWAY_V4}`,
    ]);
    this.ip(nodeName, [`route add ${ipv4}/32 dev ${veth} src ${NODES[nodeName].ipv4}`]);
  }

  /** Takes a pod's namespace away, and with it its veth, addresses and routes. */
  removePod(name: string): void {
    run('ip', ['netns', 'del', this.namespace(name)]);
  }

  /** The kernel's name of a namespace: a node, a pod, or `ext`. */
  namespace(name: string): string {
    return `${this.#prefix}${name}`;
  }

  /** Deletes every namespace of this run. It may be called at any moment, also twice. */
  down(): void {
    removeNamespaces(this.#prefix);
  }

  /** Makes an empty namespace with its loopback up. */
  addNamespace(name: string): void {
    run('ip', ['netns', 'add', this.namespace(name)]);
    this.ip(name, ['link set lo up']);
  }

  /** Puts one more host on the fabric; addresses with their prefix length. */
  addHost(name: string, addresses: readonly string[]): void {
    this.addNamespace(name);
    this.#attach(name, addresses);
  }

  /** Makes a veth pair: eth0 in one namespace, `end` in another. */
  #connect(name: string, { end, of }: { end: string; of: string }): void {
    const ends = ['eth0', 'netns', this.namespace(name), 'type', 'veth', 'peer', 'name', end];
    run('ip', ['link', 'add', ...ends, 'netns', this.namespace(of)]);
  }

  #attach(name: string, addresses: readonly string[]): void {
    const port = `f-${name}`;
    this.#connect(name, { end: port, of: 'fab' });
    this.ip('fab', [`link set ${port} master br0 up`]);
    this.ip(name, [
      'link set eth0 up',
      ...addresses.map((one) =>
        one.includes(':') ? `-6 addr add ${one} dev eth0 nodad` : `addr add ${one} dev eth0`,
      ),
    ]);
  }

  /** Runs commands of `ip` in a namespace, those that begin with "-6 " for IPv6. */
  ip(name: string, commands: readonly string[]): void {
    for (const family of ['-4', '-6'] as const) {
      const own = commands.filter((command) => command.startsWith('-6 ') === (family === '-6'));
      const lines = own.map((command) => command.replace(/^-6 /, ''));
      if (lines.length > 0)
        run('ip', [family, '-n', this.namespace(name), '-batch', '-'], `${lines.join('\n')}\n`);
    }
  }
}
