// One process inside one network namespace: it is the servers and the clients of a pod, a node or the outside, and does what it is told on stdin.
// It never acts by itself, and it ends when stdin ends, so that it cannot outlive the recorder.
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

import { decodeAnswer, decodeQuestion, encodeAnswer, encodeQuery } from './dns-message.ts';
import type { DnsQuestion, RecordType } from './dns-message.ts';
import { attempt } from './peer-attempt.ts';
import type { PeerCommand, PeerReply, PeerRequest, PeerResponse } from './peer-protocol.ts';

/** Nothing in the lab is further away than a few milliseconds; this only bounds a broken run. */
const TIMEOUT_MS = 5000;

const REQUEST = 'hello\n';
const ANSWER = 'well met\n';
const DNS_PORT = 53;

const held: Socket[] = [];
const accepted = new Map<number, Set<Socket>>();
let nextQueryId = 1;

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void answer(JSON.parse(line) as PeerRequest));
lines.on('close', () => process.exit(0));

async function answer({ id, command }: PeerRequest): Promise<void> {
  const reply = await obey(command).catch(failure);
  const response: PeerResponse = { id, reply };
  process.stdout.write(`${JSON.stringify(response)}\n`);
}

function obey(command: PeerCommand): Promise<PeerReply> {
  switch (command.op) {
    case 'listen':
      return listen(command.host, command.port);
    case 'serveDns':
      return serveDns(command);
    case 'dial':
      return withConnection(command.address, command.port, converse);
    case 'probe':
      return withConnection(command.address, command.port, async () => {});
    case 'hold':
      return hold(command.address, command.port);
    case 'say':
      return everyHeld(converse);
    case 'ask':
      return ask(command);
    case 'swallow':
      return swallow(command.host, command.port);
    case 'push':
      return push(command.port);
    case 'hear':
      return everyHeld(hear);
    case 'knock':
      return knock(command);
    case 'attempt':
      return attempt(command);
    case 'send':
      return send(command);
    case 'http':
      return http(command);
    default:
      return command satisfies never;
  }
}

async function listen(host: string, port: number): Promise<PeerReply> {
  const connections = new Set<Socket>();
  accepted.set(port, connections);
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => connections.delete(socket));
    socket.on('data', () => socket.write(ANSWER));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  return { outcome: 'answered' };
}

async function withConnection(
  address: string,
  port: number,
  use: (socket: Socket) => Promise<void>,
): Promise<PeerReply> {
  const socket = await open(address, port);
  await use(socket);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.end();
  await closed;
  return { outcome: 'answered' };
}

function open(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('timeout')));
    socket.on('error', reject);
    socket.once('connect', () => resolve(socket.resume()));
  });
}

async function converse(socket: Socket): Promise<void> {
  const heard = hear(socket);
  socket.write(REQUEST);
  await heard;
}

function hear(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const broken = (): void => reject(new Error('closed before an answer'));
    socket.once('close', broken);
    socket.once('data', () => {
      socket.off('close', broken);
      resolve();
    });
  });
}

async function hold(address: string, port: number): Promise<PeerReply> {
  const socket = await open(address, port);
  socket.setTimeout(0);
  await converse(socket);
  held.push(socket);
  return { outcome: 'answered' };
}

async function everyHeld(use: (socket: Socket) => Promise<void>): Promise<PeerReply> {
  if (held.length === 0) throw new Error('no connection is held');
  await Promise.all(held.map(use));
  return { outcome: 'answered' };
}

async function push(port: number): Promise<PeerReply> {
  const connections = accepted.get(port);
  if (connections === undefined || connections.size === 0) throw new Error(`nobody is connected to ${port}`);
  for (const socket of connections) socket.write(ANSWER);
  return { outcome: 'answered' };
}

async function swallow(host: string, port: number): Promise<PeerReply> {
  const socket = createSocket('udp6');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, resolve);
  });
  return { outcome: 'answered' };
}

async function send({ address, port, from }: Extract<PeerCommand, { op: 'send' }>): Promise<PeerReply> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    if (from !== undefined) socket.bind(from);
    socket.send(REQUEST, port, address, (error) => (error === null ? resolve() : reject(error)));
  });
  socket.close();
  return { outcome: 'answered' };
}

async function knock(command: Extract<PeerCommand, { op: 'knock' }>): Promise<PeerReply> {
  const heard = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: command.address, port: command.port });
    socket.setTimeout(command.patienceMs, () => resolve(false));
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(true));
    socket.once('timeout', () => socket.destroy());
  });
  if (heard) throw new Error('something answered');
  return { outcome: 'answered' };
}

async function http(command: Extract<PeerCommand, { op: 'http' }>): Promise<PeerReply> {
  // A connection that is kept would be one of the node's in every dump.
  const headers = { connection: 'close', 'content-type': 'application/json' };
  const { method, body } = command;
  const response = await fetch(command.url, { method, headers, ...(body === undefined ? {} : { body }) });
  return { outcome: 'answered', status: response.status, body: await response.text() };
}

async function serveDns(command: Extract<PeerCommand, { op: 'serveDns' }>): Promise<PeerReply> {
  const resolveQuery = async (message: Buffer): Promise<Buffer> => {
    const question = decodeQuestion(message);
    const known = command.zone[`${question.name}/${question.type}`];
    if (known !== undefined || command.upstream === undefined) return encodeAnswer(question, known);
    const over = command.upstreamTransport === 'tcp' ? askOverTcp : askOverUdp;
    return encodeAnswer(question, await over(command.upstream, question.name, question.type));
  };
  const udp = createSocket('udp4');
  udp.on('message', (message, client) => {
    void resolveQuery(message).then((reply) => udp.send(reply, client.port, client.address));
  });
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(DNS_PORT, command.host, resolve);
  });
  const tcp = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    // Queries of the lab fit one segment, so that a framing buffer is not needed. The length prefix is RFC 1035 section 4.2.2.
    socket.on('data', (data) => {
      void resolveQuery(data.subarray(2)).then((reply) => socket.write(framed(reply)));
    });
  });
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen({ host: command.host, port: DNS_PORT }, resolve);
  });
  return { outcome: 'answered' };
}

async function ask(command: Extract<PeerCommand, { op: 'ask' }>): Promise<PeerReply> {
  const over = command.transport === 'udp' ? askOverUdp : askOverTcp;
  const address = await over(command.server, command.name, command.type);
  if (address === undefined) throw new Error(`no ${command.type} record for ${command.name}`);
  return { outcome: 'answered', address };
}

function askOverUdp(server: string, name: string, type: RecordType): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const timer = setTimeout(() => {
      socket.close();
      reject(new Error('DNS timeout'));
    }, TIMEOUT_MS);
    socket.once('message', (message) => {
      clearTimeout(timer);
      socket.close();
      resolve(decodeAnswer(message));
    });
    socket.send(encodeQuery(nextQuestion(name, type)), DNS_PORT, server);
  });
}

async function askOverTcp(server: string, name: string, type: RecordType): Promise<string | undefined> {
  let address: string | undefined;
  await withConnection(server, DNS_PORT, async (socket) => {
    socket.write(framed(encodeQuery(nextQuestion(name, type))));
    const message = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    address = decodeAnswer(message.subarray(2));
  });
  return address;
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

function nextQuestion(name: string, type: RecordType): DnsQuestion {
  nextQueryId += 1;
  return { id: nextQueryId % 65_536, name, type };
}

function failure(error: unknown): PeerReply {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return { outcome: 'refused' };
  return { outcome: 'failed', reason: String(error) };
}
