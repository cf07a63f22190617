/**
 * A flow key as 32-bit words: what a reader fills in and a table compares and keeps without making an object or a string.
 * Equal keys have equal words.
 */
import type { FlowKey } from '../domain/flow.ts';
import type { IpAddress } from '../domain/ip.ts';
import { PROTOCOLS } from '../domain/protocol.ts';
import type { Protocol } from '../domain/protocol.ts';
import { AddressText, AddressWords, bitsOfV4, isV6Text, MAPPED } from './address-text.ts';

/** Words of a key whose addresses are all IPv4, and of any other. */
export const V4_KEY = 6;
export const V6_KEY = 18;

/** The first word: what the key consists of, below the client's port, which is 0 when the key has none. */
export const SHAPE = 0;
export const IS_V6 = 1;
export const IS_GUESSED = 2;
export const IS_DIALLED = 4;
export const IS_SEEN_AS = 8;
/** Above those: the protocol's place in PROTOCOLS. */
export const PROTOCOL_SHIFT = 4;
const TCP = PROTOCOLS.indexOf('tcp') << PROTOCOL_SHIFT;
const UDP = PROTOCOLS.indexOf('udp') << PROTOCOL_SHIFT;
const SCTP = PROTOCOLS.indexOf('sctp') << PROTOCOL_SHIFT;
/** The second word: the server's port, and above it the dialled one, or 0. */
export const PORTS = 1;
/** Then client, server, dialled and seenAs: one word each, or four; 0 for an absent one. IPv4 beside IPv6 is IPv4-mapped. */
export const ADDRESSES = 2;
/** Their places. */
export const [CLIENT, SERVER, DIALLED, SEEN_AS] = [0, 1, 2, 3];

/** Both tuples of an entry, as a reader holds them. */
export interface Tuples {
  readonly protocol: Protocol;
  readonly origSourcePort: number;
  readonly origDestinationPort: number;
  readonly replySourcePort: number;
  /** Four words each, IPv4 as IPv4-mapped: the original source and destination, then the reply's. */
  readonly addresses: Int32Array;
}

export const ORIG_SOURCE = 0;
export const ORIG_DESTINATION = 4;
export const REPLY_SOURCE = 8;
export const REPLY_DESTINATION = 12;

/** One key; filled again and again. */
export class KeyWords {
  readonly cells = new Int32Array(V6_KEY);
  /** How many of the cells are the key. */
  length = V4_KEY;
  readonly #words = new AddressWords();

  /** Takes the key of a record that has these tuples; flow-of.ts says what they mean, and `isGuessed`. */
  setTuples(tuples: Tuples, isGuessed: boolean): void {
    const { addresses, replySourcePort, origDestinationPort } = tuples;
    const isV4 = isMappedAt(addresses, 0) && isMappedAt(addresses, 4) && isMappedAt(addresses, 8);
    if (isV4 && isMappedAt(addresses, 12)) this.#begin(V4_KEY);
    else this.#begin(V6_KEY);
    let shape = bitsOf(tuples.protocol);
    let ports = replySourcePort;
    this.#put(CLIENT, addresses, ORIG_SOURCE);
    this.#put(SERVER, addresses, REPLY_SOURCE);
    if (isTranslated(tuples)) {
      shape |= IS_DIALLED;
      ports |= origDestinationPort << 16;
      this.#put(DIALLED, addresses, ORIG_DESTINATION);
    }
    if (!isSame(addresses, REPLY_DESTINATION, ORIG_SOURCE)) {
      shape |= IS_SEEN_AS;
      this.#put(SEEN_AS, addresses, REPLY_DESTINATION);
    }
    this.#shape(isGuessed ? shape | IS_GUESSED | (tuples.origSourcePort << 16) : shape, ports);
  }

  /** Takes a key given as an object. */
  set(key: FlowKey): void {
    const { dialled, seenAs, clientPort } = key;
    const isV6 =
      isV6Text(key.client) ||
      isV6Text(key.server) ||
      (dialled !== undefined && isV6Text(dialled.ip)) ||
      (seenAs !== undefined && isV6Text(seenAs));
    this.#begin(isV6 ? V6_KEY : V4_KEY);
    let shape = bitsOf(key.protocol) | ((clientPort ?? 0) << 16);
    if (key.orientation === 'guessed') shape |= IS_GUESSED;
    if (dialled !== undefined) shape |= IS_DIALLED;
    if (seenAs !== undefined) shape |= IS_SEEN_AS;
    this.#putText(CLIENT, key.client);
    this.#putText(SERVER, key.server);
    if (dialled !== undefined) this.#putText(DIALLED, dialled.ip);
    if (seenAs !== undefined) this.#putText(SEEN_AS, seenAs);
    this.#shape(shape, key.serverPort | ((dialled?.port ?? 0) << 16));
  }

  #begin(length: number): void {
    this.length = length;
    for (let cell = ADDRESSES; cell < length; cell++) this.cells[cell] = 0;
  }

  #shape(shape: number, ports: number): void {
    this.cells[SHAPE] = this.length === V6_KEY ? shape | IS_V6 : shape;
    this.cells[PORTS] = ports;
  }

  #put(which: number, addresses: Int32Array, from: number): void {
    if (this.length === V4_KEY) {
      this.cells[ADDRESSES + which] = addresses[from + 3]!;
      return;
    }
    const to = ADDRESSES + which * 4;
    for (let word = 0; word < 4; word++) this.cells[to + word] = addresses[from + word]!;
  }

  #putText(which: number, address: IpAddress): void {
    if (this.length === V4_KEY) this.cells[ADDRESSES + which] = bitsOfV4(address);
    else this.cells.set(this.#words.of(address), ADDRESSES + which * 4);
  }
}

/** Makes objects of keys in words. */
export class KeyReader {
  readonly #text = new AddressText();

  /** The key whose words begin at `at`. */
  keyAt(cells: Int32Array, at: number): FlowKey {
    const shape = cells[at + SHAPE]!;
    const ports = cells[at + PORTS]!;
    const address = (which: number): IpAddress =>
      (shape & IS_V6) === 0
        ? this.#text.v4(cells[at + ADDRESSES + which]!)
        : this.#text.v6(cells, at + ADDRESSES + which * 4);
    const clientPort = shape >>> 16;
    return {
      protocol: PROTOCOLS[(shape >> PROTOCOL_SHIFT) & 3]!,
      client: address(CLIENT),
      server: address(SERVER),
      serverPort: ports & 0xffff,
      ...((shape & IS_DIALLED) !== 0 && { dialled: { ip: address(DIALLED), port: ports >>> 16 } }),
      ...((shape & IS_SEEN_AS) !== 0 && { seenAs: address(SEEN_AS) }),
      orientation: (shape & IS_GUESSED) === 0 ? 'seen' : 'guessed',
      ...(clientPort !== 0 && { clientPort }),
    };
  }
}

/** Whether the server is not at the address and port that were dialled. */
export function isTranslated({ addresses, origDestinationPort, replySourcePort }: Tuples): boolean {
  return origDestinationPort !== replySourcePort || !isSame(addresses, ORIG_DESTINATION, REPLY_SOURCE);
}

/** Not by a look into a table, since V8 is slow to find a field by a name that varies. */
function bitsOf(protocol: Protocol): number {
  if (protocol === 'tcp') return TCP;
  return protocol === 'udp' ? UDP : SCTP;
}

function isSame(addresses: Int32Array, a: number, b: number): boolean {
  return (
    addresses[a + 3] === addresses[b + 3] &&
    addresses[a + 2] === addresses[b + 2] &&
    addresses[a + 1] === addresses[b + 1] &&
    addresses[a] === addresses[b]
  );
}

function isMappedAt(addresses: Int32Array, at: number): boolean {
  return addresses[at + 2] === MAPPED && addresses[at + 1] === 0 && addresses[at] === 0;
}
