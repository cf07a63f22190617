/** What an attempt to reach somebody says of what came back: the lab tells a dropped packet from a refusal by it. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { attempt } from '../../e2e/lab/peer-attempt.ts';
import type { PeerReply } from '../../e2e/lab/peer-protocol.ts';

const ADDRESS = '127.0.0.1';
/** Only bounds a broken run, but for what must stay silent. */
const PATIENCE_MS = 20_000;

const opened: { close: () => unknown }[] = [];

afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

function trying(protocol: 'tcp' | 'udp', port: number, patienceMs = PATIENCE_MS): Promise<PeerReply> {
  return attempt({ op: 'attempt', protocol, address: ADDRESS, port, from: ADDRESS, patienceMs });
}

async function listening(): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => socket.destroy()));
  opened.push(server);
  server.listen(0, ADDRESS);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A port that was somebody's until just now. */
async function closedPort(): Promise<number> {
  const port = await listening();
  const server = opened.pop();
  server?.close();
  return port;
}

async function datagrams(answer: boolean): Promise<number> {
  const socket = createSocket('udp4');
  opened.push(socket);
  if (answer) socket.on('message', (_, client) => socket.send('yes', client.port, client.address));
  socket.bind(0, ADDRESS);
  await once(socket, 'listening');
  return socket.address().port;
}

it('a connection is an answer, a reset a refusal', async () => {
  expect(await trying('tcp', await listening())).toEqual({ outcome: 'answered' });
  expect(await trying('tcp', await closedPort())).toEqual({ outcome: 'refused' });
});

it('a datagram back is an answer, an unreachable port a refusal, and nothing is silence', async () => {
  expect(await trying('udp', await datagrams(true))).toEqual({ outcome: 'answered' });
  expect(await trying('udp', await datagrams(false), 100)).toEqual({ outcome: 'silent' });
  const socket = opened.pop() as unknown as { address: () => AddressInfo; close: () => void };
  const { port } = socket.address();
  socket.close();
  expect(await trying('udp', port)).toEqual({ outcome: 'refused' });
});

it('what the system cannot even send is a failure with its code', async () => {
  const reply = await attempt({
    op: 'attempt',
    protocol: 'tcp',
    address: ADDRESS,
    port: 9,
    from: '192.0.2.1',
    patienceMs: PATIENCE_MS,
  });
  expect(reply).toEqual({ outcome: 'failed', reason: 'EADDRNOTAVAIL' });
});
