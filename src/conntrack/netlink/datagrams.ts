/** Receives many datagrams of a socket with one call. */
import * as libc from './libc.ts';

/** Datagrams of one call; more would save little, since a call costs about as much as ten of them. */
const COUNT = 128;
/**
 * Room for each: an event has 160 to 250 bytes, one with everything the kernel can add under 1 KiB. Twice that, since a
 * security context has no fixed length.
 */
const SLOT_BYTES = 2048;

/** struct mmsghdr, with the fields used: msg_iov, msg_iovlen, msg_flags, msg_len. The same on every 64-bit Linux. */
const MESSAGE = { bytes: 64, iov: 16, iovLength: 24, flags: 48, length: 56 } as const;
/** struct iovec. */
const IOV_BYTES = 16;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

export class Datagrams {
  /** What was received, each datagram in a slot of its own. Overwritten by the next `receive`. */
  readonly bytes = Buffer.alloc(COUNT * SLOT_BYTES);
  // The kernel finds the slots through addresses in these two, so all three live exactly as long as this object.
  readonly #iovs = Buffer.alloc(COUNT * IOV_BYTES);
  readonly #messages = Buffer.alloc(COUNT * MESSAGE.bytes);

  constructor() {
    const slots = libc.addressOf(this.bytes);
    const iovs = libc.addressOf(this.#iovs);
    for (let i = 0; i < COUNT; i++) {
      this.#iovs.writeBigUInt64LE(slots + BigInt(i * SLOT_BYTES), i * IOV_BYTES);
      this.#iovs.writeBigUInt64LE(BigInt(SLOT_BYTES), i * IOV_BYTES + 8);
      this.#messages.writeBigUInt64LE(iovs + BigInt(i * IOV_BYTES), i * MESSAGE.bytes + MESSAGE.iov);
      this.#messages.writeBigUInt64LE(1n, i * MESSAGE.bytes + MESSAGE.iovLength);
    }
  }

  /** How many datagrams were there, at least one, or the error, which is EAGAIN when there was none. */
  receive(fd: number): { count: number } | { errno: number } {
    const count = libc.recvmmsg(fd, this.#messages, COUNT, MSG_DONTWAIT, null);
    return count < 0 ? { errno: libc.errno() } : { count };
  }

  /** Where the datagram of that index lies in `bytes`; null when it was cut, having no room in its slot. */
  span(index: number): { start: number; end: number } | null {
    const at = index * MESSAGE.bytes;
    if ((this.#messages.readUInt32LE(at + MESSAGE.flags) & MSG_TRUNC) !== 0) return null;
    const start = index * SLOT_BYTES;
    return { start, end: start + this.#messages.readUInt32LE(at + MESSAGE.length) };
  }
}
