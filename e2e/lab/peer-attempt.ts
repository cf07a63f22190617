// One attempt to reach somebody: made only to learn whether anything comes back, be it a refusal.
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';

import type { PeerCommand, PeerReply } from './peer-protocol.ts';

type Attempt = Extract<PeerCommand, { op: 'attempt' }>;

const DATAGRAM = 'hello\n';

/** Never rejects: what the system reports instead of an answer is `failed`, with its code as the reason. */
export function attempt(command: Attempt): Promise<PeerReply> {
  return command.protocol === 'tcp' ? overTcp(command) : overUdp(command);
}

function overTcp({ address, port, from, patienceMs }: Attempt): Promise<PeerReply> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, ...(from === undefined ? {} : { localAddress: from }) });
    const timer = setTimeout(() => settle({ outcome: 'silent' }), patienceMs);
    const settle = (reply: PeerReply): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reply);
    };
    socket.once('connect', () => settle({ outcome: 'answered' }));
    socket.once('error', (error) => settle(replyTo(error)));
  });
}

/** The socket is connected, so that the kernel hands it what ICMP tells of its datagram. */
function overUdp({ address, port, from, patienceMs }: Attempt): Promise<PeerReply> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const timer = setTimeout(() => settle({ outcome: 'silent' }), patienceMs);
    const settle = (reply: PeerReply): void => {
      clearTimeout(timer);
      socket.removeAllListeners('error').on('error', () => undefined);
      socket.close();
      resolve(reply);
    };
    socket.once('message', () => settle({ outcome: 'answered' }));
    socket.once('error', (error) => settle(replyTo(error)));
    socket.once('connect', () => socket.send(DATAGRAM));
    socket.once('listening', () => socket.connect(port, address));
    socket.bind(from === undefined ? {} : { address: from });
  });
}

function replyTo(error: NodeJS.ErrnoException): PeerReply {
  return error.code === 'ECONNREFUSED'
    ? { outcome: 'refused' }
    : { outcome: 'failed', reason: error.code ?? error.message };
}
