/**
 * A netfilter netlink socket that is never waited on. It never asks the kernel to keep what could not be delivered
 * (NETLINK_BROADCAST_ERROR): entries would then pile up behind a slow reader until the node refuses new connections.
 */
import { closeSync, fstatSync } from 'node:fs';
import { ProblemError } from '../../domain/problem.ts';
import type { Instruction } from './event-filter.ts';
import * as libc from './libc.ts';

const AF_NETLINK = 16;
const NETLINK_NETFILTER = 12;
/** SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC; the same on x64 and arm64. */
const SOCKET_TYPE = 3 | 0o4000 | 0o2_000_000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const SO_RCVBUFFORCE = 33;

/** Opens a socket bound to no group, for requests. Throws a ProblemError. */
export function openRequestSocket(): NetlinkSocket {
  const opened = new NetlinkSocket();
  opened.bind(0);
  return opened;
}

export class NetlinkSocket {
  readonly fd: number;
  #isOpen = true;

  constructor() {
    this.fd = libc.socket(AF_NETLINK, SOCKET_TYPE, NETLINK_NETFILTER);
    if (this.fd < 0) throw problemOf(libc.errno(), 'no netfilter netlink socket can be opened');
  }

  /** The socket's inode, by which /proc/net/netlink names it. */
  get inode(): number {
    return fstatSync(this.fd).ino;
  }

  /** Receives from now on what is sent to the groups, given as bits. Throws a ProblemError and closes the socket. */
  bind(groups: number): void {
    const address = new DataView(new ArrayBuffer(12)); // struct sockaddr_nl: family, padding, port, groups
    address.setUint16(0, AF_NETLINK, true);
    address.setUint32(8, groups, true);
    if (libc.bind(this.fd, new Uint8Array(address.buffer), address.byteLength) === 0) return;
    const error = libc.errno();
    this.close();
    throw problemOf(error, 'the kernel refuses to report conntrack events');
  }

  /** Asks for a receive buffer beyond the machine's limit, and answers what there is now, in bytes, twice what was asked. */
  growBuffer(bytes: number): number {
    const wanted = new Uint8Array(new Int32Array([bytes]).buffer);
    if (libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, wanted, 4) !== 0)
      libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVBUF, wanted, 4);
    const value = new Int32Array(1);
    const length = new Uint8Array(new Int32Array([4]).buffer);
    libc.getsockopt(this.fd, SOL_SOCKET, SO_RCVBUF, new Uint8Array(value.buffer), length);
    return value[0] ?? 0;
  }

  /** Lets only those messages in that the program passes. Throws a ProblemError and closes the socket. */
  attachFilter(program: readonly Instruction[]): void {
    const code = Buffer.alloc(program.length * 8); // struct sock_filter
    for (const [index, { code: operation, onTrue, onFalse, k }] of program.entries()) {
      code.writeUInt16LE(operation, index * 8);
      code.writeUInt8(onTrue, index * 8 + 2);
      code.writeUInt8(onFalse, index * 8 + 3);
      code.writeUInt32LE(k, index * 8 + 4);
    }
    const fprog = Buffer.alloc(16); // struct sock_fprog
    fprog.writeUInt16LE(program.length, 0);
    fprog.writeBigUInt64LE(libc.addressOf(code), 8);
    const answer = libc.setsockopt(this.fd, SOL_SOCKET, SO_ATTACH_FILTER, fprog, fprog.length);
    const error = libc.errno();
    // The kernel copied the program; until here its address was only a number, which keeps nothing alive.
    code.fill(0);
    if (answer === 0) return;
    this.close();
    throw problemOf(error, 'the kernel refuses the socket filter');
  }

  /** Sends one request to the kernel. Throws a ProblemError. */
  send(message: Uint8Array): void {
    if (libc.send(this.fd, message, message.length, 0) < 0)
      throw problemOf(libc.errno(), 'the kernel takes no conntrack request');
  }

  /** The next datagram into `bytes`: its length, or the error. */
  receive(bytes: Uint8Array): { length: number } | { errno: number } {
    const length = libc.recv(this.fd, bytes, bytes.length, 0);
    return length < 0 ? { errno: libc.errno() } : { length };
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.fd);
  }
}

/** What an error number of a netlink call means to a person. */
export function problemOf(errno: number, message: string): ProblemError {
  const name = libc.errnoName(errno);
  if (errno === libc.EPERM || errno === libc.EACCES)
    return new ProblemError('conntrack-not-permitted', `${message}: ${name}`, {
      hint: 'run as root with the capability NET_ADMIN, in the network namespace of the node',
    });
  return new ProblemError('conntrack-netlink', `${message}: ${name}`, {
    hint: 'check that the kernel has nf_conntrack_netlink (modprobe nf_conntrack_netlink), or use --source procfs',
  });
}
