// What nodes have in nftables beside Services: traffic that is not tracked, dropped, or tracked in a second zone. Pure.
import { CACHED_NODE, DNS_ADDRESS, DROPPED_PORT, LOCAL_DNS_ADDRESS } from './world.ts';
import { SECOND_ZONE } from './node-wires.ts';
import type { NodeName } from './world.ts';

/** Tables of `node`, to be loaded after its Services. */
export function trackingRules(node: NodeName): string {
  return [...(node === CACHED_NODE ? localDns() : []), ...dropped(), ...secondZone(), ''].join('\n');
}

/** NodeLocal DNSCache's own rules, made by iptables in its raw table: neither questions nor answers are tracked. */
function localDns(): string[] {
  const cache = `{ ${LOCAL_DNS_ADDRESS}, ${DNS_ADDRESS} }`;
  const untracked = (end: 'daddr' | 'saddr', port: 'dport' | 'sport'): string[] =>
    ['udp', 'tcp'].map((protocol) => `ip ${end} ${cache} ${protocol} ${port} 53 notrack`);
  return table('ip', 'local_dns', [
    ...chain('prerouting', 'prerouting', untracked('daddr', 'dport')),
    ...chain('output', 'output', [...untracked('daddr', 'dport'), ...untracked('saddr', 'sport')]),
  ]);
}

function dropped(): string[] {
  return table('inet', 'dropped', [
    '  chain forward {',
    '    type filter hook forward priority -10',
    `    tcp dport ${DROPPED_PORT} drop`,
    '  }',
  ]);
}

function secondZone(): string[] {
  const interfaces = SECOND_ZONE.interfaces.map((each) => `"${each}"`).join(', ');
  const rule = `iifname { ${interfaces} } ct zone set ${SECOND_ZONE.zone}`;
  return table('ip', 'second_zone', chain('prerouting', 'prerouting', [rule]));
}

function table(family: string, name: string, lines: readonly string[]): string[] {
  return [`table ${family} ${name} {`, ...lines, '}'];
}

/** Before conntrack looks at a packet (NF_IP_PRI_RAW is -300, NF_IP_PRI_CONNTRACK -200). */
function chain(name: string, hook: string, rules: readonly string[]): string[] {
  return [
    `  chain ${name} {`,
    `    type filter hook ${hook} priority -300`,
    ...rules.map((each) => `    ${each}`),
    '  }',
  ];
}
