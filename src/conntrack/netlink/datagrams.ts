/** Receives many datagrams of a socket with one call. */
import * as libc from './libc.ts';

/** Datagrams of one call; more would save little, since a call costs about as much as ten of them. */
const COUNT = 128;
/**
 * Room for each: an event has 160 to 250 bytes, one with everything the kernel can add under 1 KiB. Twice that, since a
 * security context has no fixed length, and a line of the processor's cache more: slots a power of two apart would share
 * few of its places, and drive each other out of it between the kernel's writing and our reading.
 */
const SLOT_BYTES = 2048 + 64;

/** struct mmsghdr, with the fields used: msg_iov, msg_iovlen, msg_flags, msg_len. The same on every 64-bit Linux. */
const MESSAGE = { bytes: 64, iov: 16, iovLength: 24, flags: 48, length: 56 } as const;
const MESSAGE_WORDS = MESSAGE.bytes / 4;
/** struct iovec. */
const IOV_BYTES = 16;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

export class Datagrams {
  /** What was received, each datagram in a slot of its own. Overwritten by the next `receive`. */
  readonly bytes = Buffer.alloc(COUNT * SLOT_BYTES);
  /** The same bytes as words. */
  readonly words = new Int32Array(this.bytes.buffer, this.bytes.byteOffset, (COUNT * SLOT_BYTES) / 4);
  // The kernel finds the slots through addresses in these two, so all three live exactly as long as this object.
  readonly #iovs = Buffer.alloc(COUNT * IOV_BYTES);
  readonly #messages = Buffer.alloc(COUNT * MESSAGE.bytes);
  readonly #fields = new Int32Array(this.#messages.buffer, this.#messages.byteOffset, COUNT * MESSAGE_WORDS);

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

  /** How many datagrams were there, or minus the error, which is EAGAIN when there was none. */
  receive(fd: number): number {
    const count = libc.recvmmsg(fd, this.#messages, COUNT, MSG_DONTWAIT, null);
    return count < 0 ? -libc.errno() : count;
  }

  /** Where in `bytes` the datagram of that index begins. */
  startOf(index: number): number {
    return index * SLOT_BYTES;
  }

  /** How many bytes it has; null when it was cut, having no room in its slot. */
  lengthOf(index: number): number | null {
    const at = index * MESSAGE_WORDS;
    if ((this.#fields[at + MESSAGE.flags / 4]! & MSG_TRUNC) !== 0) return null;
    return this.#fields[at + MESSAGE.length / 4]!;
  }
}
