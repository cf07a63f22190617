/**
 * Three network namespaces for the tests of the conntrack sources: a client and a server, and between them a node that
 * routes, translates and tracks. No packet leaves them. Needs root on Linux, `ip`, `nft` and `conntrack`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LineProcess } from './line-process.ts';

export const CLIENT = { v4: '10.9.1.2', v6: 'fd00:9:1::2' };
export const SERVER = { v4: '10.9.2.2', v6: 'fd00:9:2::2' };
/** Towards the server, where its addresses end up by masquerade. */
export const NODE = { v4: '10.9.2.1' };
/** A Service: TCP port 80 goes to port 8080 of the server. */
export const SERVICE = '10.96.0.10';
/** Connections to this port of the server are masqueraded. */
export const MASQUERADED_PORT = 9000;
/** Connections to this port are tracked in zone 5. */
export const ZONED_PORT = 7100;

const RULES = `
table ip lab {
  chain zones {
    type filter hook prerouting priority -300
    tcp dport ${ZONED_PORT} ct zone set 5
    tcp sport ${ZONED_PORT} ct zone set 5
  }
  chain services {
    type nat hook prerouting priority -100
    ip daddr ${SERVICE} tcp dport 80 dnat to ${SERVER.v4}:8080
  }
  chain masquerading {
    type nat hook postrouting priority 100
    ip daddr ${SERVER.v4} tcp dport ${MASQUERADED_PORT} masquerade
  }
}
table ip6 lab {
  chain tracking {
    type filter hook forward priority 0
    ct state established accept
  }
}`;

export class NetlinkLab {
  readonly #prefix = `ns-nl-${process.pid}`;
  readonly #processes: LineProcess[] = [];

  up(): void {
    const { node, client, server } = this.names;
    for (const name of [node, client, server]) run('ip', ['netns', 'add', name]);
    this.#wire(client, {
      address: CLIENT,
      gateway: { v4: '10.9.1.1', v6: 'fd00:9:1::1' },
      device: 'v-client',
    });
    this.#wire(server, { address: SERVER, gateway: { v4: NODE.v4, v6: 'fd00:9:2::1' }, device: 'v-server' });
    this.inNode('sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
    run('ip', ['netns', 'exec', node, 'nft', '-f', '-'], RULES);
  }

  async down(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.end()));
    for (const name of Object.values(this.names))
      try {
        run('ip', ['netns', 'del', name]);
      } catch {
        // It was never made.
      }
  }

  get names(): { node: string; client: string; server: string } {
    return { node: `${this.#prefix}-n`, client: `${this.#prefix}-c`, server: `${this.#prefix}-s` };
  }

  /** Runs a command in the node's namespace, and answers what it printed. */
  inNode(command: string, args: readonly string[]): string {
    return run('ip', ['netns', 'exec', this.names.node, command, ...args]);
  }

  setting(name: string, value: number): void {
    this.inNode('sysctl', ['-qw', `net.netfilter.${name}=${value}`]);
  }

  /** The process of that name in the node's namespace. Throws when there is none. */
  pidOf(name: string): number {
    const pids = run('ip', ['netns', 'pids', this.names.node]).trim().split(/\s+/);
    const found = pids.find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name);
    if (found === undefined) throw new Error(`no ${name} runs in ${this.names.node}`);
    return Number(found);
  }

  /** Every conntrack setting of the node that its namespace has. */
  settings(): string {
    const text = this.inNode('sysctl', ['net.netfilter']);
    return text.replaceAll(/^net\.netfilter\.nf_conntrack_count.*\n/gm, '');
  }

  /** Starts a script beside this file in a namespace; `wrapper` is a command before Node. */
  async script(
    where: 'node' | 'client' | 'server',
    script: string,
    options: { args?: readonly string[]; wrapper?: readonly string[] } = {},
  ): Promise<LineProcess> {
    const command = [...(options.wrapper ?? []), process.execPath, path.join(import.meta.dirname, script)];
    const started = new LineProcess([
      'ip',
      'netns',
      'exec',
      this.names[where],
      ...command,
      ...(options.args ?? []),
    ]);
    this.#processes.push(started);
    await started.next('ready');
    return started;
  }

  #wire(
    name: string,
    {
      address,
      gateway,
      device,
    }: Record<'address' | 'gateway', { v4: string; v6: string }> & { device: string },
  ): void {
    const { node } = this.names;
    const there = (...args: string[]): string => run('ip', ['-n', name, ...args]);
    const here = (...args: string[]): string => run('ip', ['-n', node, ...args]);
    run('ip', ['link', 'add', 'eth0', 'netns', name, 'type', 'veth', 'peer', 'name', device, 'netns', node]);
    here('link', 'set', 'lo', 'up');
    here('addr', 'add', `${gateway.v4}/24`, 'dev', device);
    here('-6', 'addr', 'add', `${gateway.v6}/64`, 'dev', device, 'nodad');
    here('link', 'set', device, 'up');
    there('link', 'set', 'lo', 'up');
    there('addr', 'add', `${address.v4}/24`, 'dev', 'eth0');
    there('-6', 'addr', 'add', `${address.v6}/64`, 'dev', 'eth0', 'nodad');
    there('link', 'set', 'eth0', 'up');
    there('route', 'add', 'default', 'via', gateway.v4);
    there('-6', 'route', 'add', 'default', 'via', gateway.v6);
  }
}

function run(command: string, args: readonly string[], input = ''): string {
  return execFileSync(command, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}
