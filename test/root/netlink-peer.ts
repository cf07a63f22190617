/** An end of connections: listens and dials as it is told on standard input, and answers `done` when it is so. */
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

interface Order {
  readonly is: string;
  readonly host: string;
  readonly port: number;
  readonly count: number;
}

const held: Socket[] = [];
const accepted: Socket[] = [];

createInterface(process.stdin).on('line', (line) => {
  void obey(JSON.parse(line) as Order).then((outcome) => say({ is: 'done', outcome }));
});
say({ is: 'ready' });

async function obey({ is, host, port, count }: Order): Promise<unknown> {
  switch (is) {
    case 'listen':
      return listen(port);
    case 'serve-udp':
      return serveUdp(port, { answers: true });
    case 'ignore-udp':
      return serveUdp(port, { answers: false });
    case 'dial':
      return dial(host, port);
    case 'hold': {
      const socket = connect(port, host);
      await once(socket, 'data');
      held.push(socket);
      return 'held';
    }
    case 'let-go':
      for (const socket of held.splice(0)) {
        socket.resume().end();
        if (!socket.closed) await once(socket, 'close');
      }
      return 'gone';
    case 'speak':
      // The server speaks first on whatever is still open.
      for (const socket of accepted) if (!socket.destroyed) socket.write('again');
      return 'spoken';
    case 'ask-udp':
      return askUdp(host, port);
    case 'send-udp':
      return sendUdp(host, port, count);
    case 'burst-udp':
      return burst(host, port, count);
    default:
      throw new Error(`no such order: ${is}`);
  }
}

/** Greets whoever comes, and closes when the other end does. */
async function listen(port: number): Promise<string> {
  const server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => socket.destroy());
    socket.write('hello');
    socket.resume();
  });
  server.listen(port, '::');
  await once(server, 'listening');
  return 'listening';
}

async function dial(host: string, port: number): Promise<string> {
  const socket = connect(port, host);
  try {
    await once(socket, 'data');
  } catch {
    return 'refused';
  }
  socket.end();
  await once(socket, 'close');
  return 'answered';
}

async function serveUdp(port: number, { answers }: { answers: boolean }): Promise<string> {
  const socket = createSocket({ type: 'udp6', recvBufferSize: 1 << 20 });
  if (answers) socket.on('message', (_, from) => socket.send('pong', from.port, from.address));
  socket.bind(port);
  await once(socket, 'listening');
  return 'listening';
}

async function askUdp(host: string, port: number): Promise<string> {
  const socket = udpTo(host);
  socket.send('ping', port, host);
  await once(socket, 'message');
  socket.close();
  return 'answered';
}

async function sendUdp(host: string, port: number, count: number): Promise<string> {
  for (let i = 0; i < count; i++) {
    const socket = udpTo(host);
    await new Promise((resolve) => socket.send('ping', port, host, resolve));
    socket.close();
  }
  return 'sent';
}

/** One packet to each of `count` ports from `port` on, by way of few sockets: as many flows. */
async function burst(host: string, port: number, count: number): Promise<string> {
  const ports = 10_000;
  for (let sent = 0; sent < count;) {
    const socket = udpTo(host);
    for (let i = 0; i < ports && sent < count; i++, sent++)
      await new Promise((resolve) => socket.send('ping', port + i, host, resolve));
    socket.close();
  }
  return 'sent';
}

function udpTo(host: string): UdpSocket {
  return createSocket(host.includes(':') ? 'udp6' : 'udp4');
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
