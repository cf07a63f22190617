/**
 * The few functions of the C library that a netlink socket needs, which Node does not have. The only file that calls
 * foreign code. Loads on Linux alone.
 */
import koffi from 'koffi';

// The C library that Node itself runs on, glibc or musl.
const library = koffi.load(null);

type Fd = number;
/** Bytes handed over by address; nothing of them is kept after the call. */
type Bytes = Uint8Array;

export const socket = library.func('int socket(int domain, int type, int protocol)') as (
  domain: number,
  type: number,
  protocol: number,
) => Fd;
export const bind = library.func('int bind(int fd, void *address, unsigned int length)') as (
  fd: Fd,
  address: Bytes,
  length: number,
) => number;
export const setsockopt = library.func(
  'int setsockopt(int fd, int level, int name, void *value, unsigned int length)',
) as (fd: Fd, level: number, name: number, value: Bytes, length: number) => number;
export const getsockopt = library.func(
  'int getsockopt(int fd, int level, int name, void *value, void *length)',
) as (fd: Fd, level: number, name: number, value: Bytes, length: Bytes) => number;
export const send = library.func('long send(int fd, void *bytes, size_t length, int flags)') as (
  fd: Fd,
  bytes: Bytes,
  length: number,
  flags: number,
) => number;
// The answer of both fits an int, as a count of bytes or messages or as -1.
export const recv = library.func('int recv(int fd, void *bytes, size_t length, int flags)') as (
  fd: Fd,
  bytes: Bytes,
  length: number,
  flags: number,
) => number;
export const recvmmsg = library.func(
  'int recvmmsg(int fd, void *messages, unsigned int count, int flags, void *timeout)',
) as (fd: Fd, messages: Bytes, count: number, flags: number, timeout: null) => number;

/** The error of the last call. */
export function errno(): number {
  return koffi.errno();
}

/** The name of an error number, such as `EPERM`. */
export function errnoName(number: number): string {
  const named = Object.entries(koffi.os.errno).find(([, value]) => value === number);
  return named?.[0] ?? `errno ${number}`;
}

export const { EAGAIN = 11, EINTR = 4, ENOBUFS = 105, EPERM = 1, EACCES = 13 } = koffi.os.errno;

/** Where `bytes` lie. They must stay referenced for as long as anything else holds this number. */
export function addressOf(bytes: Bytes): bigint {
  return koffi.address(bytes);
}
