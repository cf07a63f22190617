import type { ConntrackRecord } from '../../../src/conntrack/record.ts';
import { ip } from '../../../src/domain/ip.ts';

/** A TCP connection from 10.0.0.1:40000 to 10.0.0.2:80, answered and listed, with what is given in place of that. */
export function listed(changes: Partial<ConntrackRecord> = {}): ConntrackRecord {
  return {
    event: 'dump',
    at: null,
    protocol: 'tcp',
    state: 'ESTABLISHED',
    timeoutS: 432_000,
    origSource: ip('10.0.0.1'),
    origDestination: ip('10.0.0.2'),
    origSourcePort: 40_000,
    origDestinationPort: 80,
    replySource: ip('10.0.0.2'),
    replyDestination: ip('10.0.0.1'),
    replySourcePort: 80,
    replyDestinationPort: 40_000,
    unreplied: false,
    assured: true,
    zone: null,
    id: 7,
    packets: null,
    bytes: null,
    ...changes,
  };
}
