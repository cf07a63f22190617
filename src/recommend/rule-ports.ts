/** The ports of a rule as it lists them: one by one while they are few, and never wider than its peers may have them. */
import { parseCidr } from '../domain/cidr.ts';
import type { PortRange } from '../domain/port-range.ts';
import { PROTOCOLS, kubernetesProtocol } from '../domain/protocol.ts';
import type { NetworkPolicyPort } from '../netpol/policy.ts';
import { WIDEST_PREFIX } from './addresses.ts';
import type { Caveat, DraftRule } from './draft.ts';
import { exactPortRanges, portRanges } from './port-ranges.ts';
import type { RuleDraft } from './rule-draft.ts';
import type { RuleParts } from './rule-parts.ts';

const PORT_RANGE: Caveat = {
  code: 'port-range',
  sentence:
    'more ports were used than a person reads, so a range allows them and others beside them; fix the ports of the application if it can',
};
const MANY_PORTS: Caveat = {
  code: 'many-ports',
  sentence:
    'more ports were used than a person reads, by anybody or in wide ranges, so each stands for itself and neighbours as a range, and a port that was not seen is denied; fix the ports of the application if it can',
};
const SCTP: Caveat = {
  code: 'sctp-support',
  sentence: 'the rule names SCTP; ask the network plugin whether it enforces that',
};

/** Most rules have no caveat. */
const NONE: readonly never[] = [];

/**
 * By protocol and number. Many dynamic ports of pods, or of addresses that no more than a network has, are one range, and then it
 * says so; anybody, and ranges wider than that, get the ports that were seen and no other, however many.
 */
export function portsOf(
  { ports: needs, peers }: Pick<RuleDraft, 'ports' | 'peers'>,
  parts: RuleParts,
): Pick<DraftRule, 'ports' | 'caveats'> {
  const [one] = needs;
  if (one !== undefined && needs.length === 1)
    return { ports: parts.onePort(one), caveats: one.protocol === 'sctp' ? [SCTP] : NONE };
  const caveats: Caveat[] = [];
  const ports: NetworkPolicyPort[] = [];
  for (const protocol of PROTOCOLS) {
    const own = needs.flatMap((need) => (need.protocol === protocol ? [need.port] : []));
    if (own.length === 0) continue;
    const { ranges, caveat } = areKnown(peers) ? widenedRanges(own) : seenRanges(own);
    if (caveat !== null) caveats.push(caveat);
    if (protocol === 'sctp') caveats.push(SCTP);
    for (const { from, to } of ranges) {
      const port = { protocol: kubernetesProtocol(protocol), port: from };
      ports.push(to > from ? { ...port, endPort: to } : port);
    }
  }
  return { ports, caveats };
}

function areKnown(peers: RuleDraft['peers']): boolean {
  return (
    peers !== null &&
    peers.every(({ ipBlock }) => {
      const block = ipBlock === undefined || ipBlock === null ? null : parseCidr(ipBlock.cidr);
      return block === null || block.length >= WIDEST_PREFIX[block.family];
    })
  );
}

interface Ranges {
  readonly ranges: readonly PortRange[];
  readonly caveat: Caveat | null;
}

function widenedRanges(ports: readonly number[]): Ranges {
  const { ranges, isWidened } = portRanges(ports);
  return { ranges, caveat: isWidened ? PORT_RANGE : null };
}

function seenRanges(ports: readonly number[]): Ranges {
  const { ranges, areMany } = exactPortRanges(ports);
  return { ranges, caveat: areMany ? MANY_PORTS : null };
}
