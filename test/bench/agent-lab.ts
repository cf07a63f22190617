/**
 * Network namespaces for the bench of the agent: a client, a node that routes and tracks what it sends, and behind the node
 * one that has no address and so throws everything away. No packet leaves them. Needs root on Linux, `ip` and `nft`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Pods of the client, 10.7.0.2 and on. */
export const CLIENTS = 20;
export const CLIENT_PREFIX = '10.7.0.';
/** The node forgets one-packet flows after this long, as a busy node must: its table holds 262,144 by default. */
const UDP_TIMEOUT_S = 1;
const NODE_MAC = '02:00:00:00:07:01';
const SERVERS_MAC = '02:00:00:00:06:02';
const RULES =
  'table ip bench { chain forward { type filter hook forward priority 0; ct state invalid drop; }; }';

export class AgentLab {
  readonly node = `ns-bench-${process.pid}-n`;
  readonly client = `ns-bench-${process.pid}-c`;
  readonly #servers = `ns-bench-${process.pid}-s`;

  /** Throws when a tool is missing or refuses. */
  up(): void {
    const { node, client } = this;
    const servers = this.#servers;
    for (const name of this.#all) {
      run('ip', ['netns', 'add', name]);
      // No chatter of IPv6 on links that are counted.
      const off = ['all', 'default'].map((which) => `net.ipv6.conf.${which}.disable_ipv6=1`);
      inside(name, 'sysctl', ['-qw', ...off]);
    }
    link(client, { device: 'pods', namespace: node });
    link(servers, { device: 'servers', namespace: node });
    const addresses = Array.from({ length: CLIENTS }, (_, index) => clientAddress(index));
    ip(client, [
      ...addresses.map((address) => `addr add ${address}/24 dev eth0`),
      'link set eth0 up',
      'route add default via 10.7.0.1',
      `neigh replace 10.7.0.1 lladdr ${NODE_MAC} dev eth0 nud permanent`,
    ]);
    ip(servers, [`link set eth0 address ${SERVERS_MAC}`, 'link set eth0 up']);
    ip(node, [
      'link set lo up',
      `link set pods address ${NODE_MAC}`,
      'addr add 10.7.0.1/24 dev pods',
      'link set pods up',
      'addr add 10.6.0.1/30 dev servers',
      'link set servers up',
      `neigh replace 10.6.0.2 lladdr ${SERVERS_MAC} dev servers nud permanent`,
      'route add 10.8.0.0/15 via 10.6.0.2',
    ]);
    inside(node, 'nft', ['-f', '-'], RULES);
    inside(node, 'sysctl', [
      '-qw',
      'net.ipv4.ip_forward=1',
      'net.netfilter.nf_conntrack_acct=0',
      'net.netfilter.nf_conntrack_timestamp=0',
      `net.netfilter.nf_conntrack_udp_timeout=${UDP_TIMEOUT_S}`,
    ]);
  }

  /** Ends what still runs in the namespaces and removes them. Never throws. */
  down(): void {
    for (const name of this.#all)
      try {
        const pids = run('ip', ['netns', 'pids', name]).split('\n').filter(Boolean);
        run('ip', ['netns', 'del', name]);
        for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It was never made, or a process of it has just ended by itself.
      }
  }

  /** Packets that passed the node: each was the only one of its flow, and its entry was confirmed before it went on. */
  passed(): number {
    const folder = '/sys/class/net/servers/statistics';
    const counts = inside(this.node, 'cat', [`${folder}/tx_packets`, `${folder}/tx_dropped`]);
    return counts
      .trim()
      .split('\n')
      .reduce((sum, count) => sum + Number(count), 0);
  }

  /** The command that runs another in a namespace, as one process. */
  command(where: 'node' | 'client', ...command: string[]): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this[where], ...command];
  }

  get #all(): string[] {
    return [this.client, this.node, this.#servers];
  }
}

export function clientAddress(index: number): string {
  return `${CLIENT_PREFIX}${index + 2}`;
}

/**
 * The Drops column of the sockets that listen to conntrack events in the namespace of process `pid`; null when there are
 * none.
 */
export function droppedEvents(pid: number): number | null {
  const [head = '', ...rows] = readFileSync(`/proc/${pid}/net/netlink`, 'latin1').split('\n');
  const names = head.trim().split(/\s+/);
  const [eth, groups, drops] = ['Eth', 'Groups', 'Drops'].map((name) => names.indexOf(name));
  const listening = rows
    .map((row) => row.trim().split(/\s+/))
    .filter((words) => words[eth ?? -1] === '12' && Number.parseInt(words[groups ?? -1] ?? '', 16) !== 0);
  if (listening.length === 0) return null;
  return listening.reduce((sum, words) => sum + Number(words[drops ?? -1]), 0);
}

/** A veth pair between `eth0` of a namespace and a device of another. */
function link(name: string, peer: { device: string; namespace: string }): void {
  const other = ['peer', 'name', peer.device, 'netns', peer.namespace];
  run('ip', ['link', 'add', 'eth0', 'netns', name, 'type', 'veth', ...other]);
}

function ip(namespace: string, lines: readonly string[]): void {
  run('ip', ['-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`);
}

function inside(namespace: string, command: string, args: readonly string[], input = ''): string {
  return run('ip', ['netns', 'exec', namespace, command, ...args], input);
}

function run(command: string, args: readonly string[], input = ''): string {
  return execFileSync(command, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}
