import type { ConntrackRecord, RecordEvent } from '../../../src/conntrack/record.ts';
import { ip } from '../../../src/domain/ip.ts';
import type { IpAddress } from '../../../src/domain/ip.ts';
import type { Protocol } from '../../../src/domain/protocol.ts';

export interface Step {
  readonly translates: 'nothing' | 'server' | 'client' | 'both';
  /** The server's port from there on, and where the client's new port begins. */
  readonly port: number;
  readonly clientPort: number;
}

export interface Described {
  readonly event: RecordEvent;
  readonly protocol: Protocol;
  readonly family: 'v4' | 'v6';
  readonly clientPort: number;
  readonly port: number;
  readonly steps: readonly Step[];
  /** One for each step at least. */
  readonly zones: readonly number[];
  readonly at: number;
}

/** A packet's addresses and ports on its way to the server. */
interface Tuple {
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
}

/** What a kernel shows of one connection: in a single zone, and in a zone for each step. `index` makes its tuples its own. */
export function connectionOf(
  { event, protocol, family, clientPort, port, steps, zones, at }: Described,
  index: number,
): { readonly whole: ConntrackRecord; readonly parts: readonly ConntrackRecord[] } {
  const address = (net: number, host: number): IpAddress =>
    ip(family === 'v4' ? `10.${net}.0.${host}` : `fd00:${net}::${host}`);
  const way: Tuple[] = [
    {
      source: address(1, 1),
      sourcePort: clientPort + index,
      destination: address(2, 1),
      destinationPort: port,
    },
  ];
  for (const [number, step] of steps.entries()) {
    const before = way.at(-1)!;
    way.push({
      ...before,
      ...((step.translates === 'server' || step.translates === 'both') && {
        destination: address(3 + number, 1),
        destinationPort: step.port,
      }),
      ...((step.translates === 'client' || step.translates === 'both') && {
        source: address(20 + number, 1),
        sourcePort: step.clientPort + index,
      }),
    });
  }
  const entry = (from: Tuple, to: Tuple, zone: number, late: number): ConntrackRecord => ({
    ...factsOf(event, protocol),
    at: event === 'dump' ? null : at + late,
    origSource: from.source,
    origSourcePort: from.sourcePort,
    origDestination: from.destination,
    origDestinationPort: from.destinationPort,
    replySource: to.destination,
    replySourcePort: to.destinationPort,
    replyDestination: to.source,
    replyDestinationPort: to.sourcePort,
    // The kernel names the default zone in /proc alone.
    zone: zone === 0 ? null : zone,
  });
  return {
    whole: entry(way[0]!, way.at(-1)!, 0, 0),
    parts: steps.map((_, number) => entry(way[number]!, way[number + 1]!, zones[number]!, number)),
  };
}

/** An entry that says something. */
function factsOf(
  event: RecordEvent,
  protocol: Protocol,
): Omit<ConntrackRecord, 'at' | 'zone' | `${'orig' | 'reply'}${'Source' | 'Destination'}${'' | 'Port'}`> {
  const first = { tcp: 'SYN_SENT', sctp: 'CLOSED', udp: null }[protocol];
  const open = protocol === 'udp' ? null : 'ESTABLISHED';
  const isNew = event === 'new';
  return {
    event,
    protocol,
    state: event === 'destroy' ? null : isNew ? first : open,
    timeoutS: event === 'destroy' ? null : 30,
    unreplied: isNew,
    assured: event === 'dump',
    id: null,
    packets: event === 'destroy' ? 12 : null,
    bytes: event === 'destroy' ? 3400 : null,
  };
}
