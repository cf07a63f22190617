/**
 * The load of the agent's bench: one-packet UDP flows, no two of one tuple, many with one system call. Runs in the client's
 * namespace, takes commands as lines of JSON and says what it sent and how fast.
 */
import { createInterface } from 'node:readline';
import koffi from 'koffi';
import { addressOf, bind, errno, errnoName, setsockopt, socket } from '../../src/conntrack/netlink/libc.ts';
import { CLIENTS, clientAddress } from './agent-lab.ts';

export interface Load {
  /** Flows a second; null for as many as the machine makes. */
  readonly rate: number | null;
  readonly seconds: number;
  /** Rounds of source ports already used: a tuple used twice would not be a new flow. */
  readonly firstRound: number;
  /** Whether 65,535 flows in the middle go to every port of one server. */
  readonly withScan: boolean;
}

/** Every client has so many (server, port) pairs: 50,000 keys in all. */
const PAIRS_A_CLIENT = 2_500;
const PORTS_A_SERVER = 100;
const FIRST_PORT = 8_000;
/** 10.8.0.1 and on, and 10.9.0.1: the node sends them to where nobody is. */
const FIRST_SERVER = 0x0a08_0001;
const SCANNED = 0x0a09_0001;
const SCANNED_PORTS = 65_535;
/** Ephemeral ports, so that nothing looks like an answer. */
const FIRST_SOURCE_PORT = 33_000;
const MESSAGES = 64;
const PAUSE_MS = 2;

const library = koffi.load(null);
const sendmmsg = library.func('int sendmmsg(int fd, void *messages, unsigned int count, int flags)') as (
  fd: number,
  messages: Uint8Array,
  count: number,
  flags: number,
) => number;
const closeFd = library.func('int close(int fd)') as (fd: number) => number;

// What the kernel finds by address: a byte to send, its struct iovec, and for each message an address and a mmsghdr.
const payload = Buffer.alloc(1);
const iov = Buffer.alloc(16);
const names = Buffer.alloc(MESSAGES * 16);
const messages = Buffer.alloc(MESSAGES * 64);
prepare();

const sleeping = new Int32Array(new SharedArrayBuffer(4));
let round = 0;
let client = 0;
let pair = 0;
let fd = -1;

tell({ is: 'ready' });
createInterface(process.stdin).on('line', (line) => {
  const load = JSON.parse(line) as Load;
  const start = performance.now();
  const sent = generate(load);
  tell({ is: 'done', sent, elapsedMs: performance.now() - start, rounds: round - load.firstRound + 2 });
});

/** How many were sent. */
function generate({ rate, seconds, firstRound, withScan }: Load): number {
  [round, client, pair] = [firstRound, 0, 0];
  fd = open();
  const deadline = performance.now() + seconds * 1000;
  const flows = rate === null ? Infinity : Math.round(rate * seconds);
  const scanned = withScan ? SCANNED_PORTS : 0;
  const half = Math.floor((flows - scanned) / 2);
  let sent = paced({ rate, flows: half, until: deadline - seconds * 500 }, sendUsual);
  if (withScan) sent += paced({ rate, flows: SCANNED_PORTS, until: Infinity }, scanner());
  sent += paced({ rate, flows: flows - scanned - half, until: deadline }, sendUsual);
  closeFd(fd);
  return sent;
}

/**
 * Sends in small bursts, each as large as the clock says that it must be, until so many are sent. Without a rate it is
 * also over at the time `until`; with one, the number is the same in every run.
 */
function paced(
  { rate, flows, until }: { rate: number | null; flows: number; until: number },
  send: (count: number) => number,
): number {
  const start = performance.now();
  let sent = 0;
  for (;;) {
    const now = performance.now();
    if (sent >= flows || (rate === null && now >= until)) return sent;
    const due = rate === null ? sent + MESSAGES : Math.floor((rate * (now - start)) / 1000);
    while (sent < Math.min(due, flows)) sent += send(Math.min(MESSAGES, due - sent, flows - sent));
    if (rate !== null) Atomics.wait(sleeping, 0, 0, PAUSE_MS);
  }
}

function sendUsual(wanted: number): number {
  if (pair === PAIRS_A_CLIENT) {
    pair = 0;
    client = (client + 1) % CLIENTS;
    if (client === 0) round++;
    closeFd(fd);
    fd = open();
  }
  const count = Math.min(wanted, PAIRS_A_CLIENT - pair);
  for (let index = 0; index < count; index++, pair++) {
    const server = Math.floor(pair / PORTS_A_SERVER);
    aim(index, { server: FIRST_SERVER + server, port: FIRST_PORT + (pair % PORTS_A_SERVER) });
  }
  return flush(count);
}

function scanner(): (wanted: number) => number {
  let port = 1;
  return (wanted) => {
    for (let index = 0; index < wanted; index++) aim(index, { server: SCANNED, port: port++ });
    return flush(wanted);
  };
}

function flush(count: number): number {
  const sent = sendmmsg(fd, messages, count, 0);
  if (sent !== count) throw new Error(`sent ${sent} of ${count}: ${errnoName(errno())}`);
  return sent;
}

function aim(index: number, { server, port }: { server: number; port: number }): void {
  names.writeUInt16BE(port, index * 16 + 2);
  names.writeUInt32BE(server, index * 16 + 4);
}

/** A UDP socket bound to the client's address and the round's port. */
function open(): number {
  const opened = socket(2, 2, 0);
  const name = Buffer.alloc(16); // struct sockaddr_in: family, port, address
  name.writeUInt16LE(2, 0);
  name.writeUInt16BE(FIRST_SOURCE_PORT + round, 2);
  name.set(clientAddress(client).split('.').map(Number), 4);
  // SO_SNDBUF
  setsockopt(opened, 1, 7, new Uint8Array(new Int32Array([1 << 22]).buffer), 4);
  if (opened < 0 || bind(opened, name, name.length) !== 0)
    throw new Error(`no socket: ${errnoName(errno())}`);
  return opened;
}

function prepare(): void {
  iov.writeBigUInt64LE(addressOf(payload), 0);
  iov.writeBigUInt64LE(1n, 8);
  const [nameStart, iovStart] = [addressOf(names), addressOf(iov)];
  for (let index = 0; index < MESSAGES; index++) {
    names.writeUInt16LE(2, index * 16);
    messages.writeBigUInt64LE(nameStart + BigInt(index * 16), index * 64);
    messages.writeUInt32LE(16, index * 64 + 8);
    messages.writeBigUInt64LE(iovStart, index * 64 + 16);
    messages.writeBigUInt64LE(1n, index * 64 + 24);
  }
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
