/**
 * Numbers distinct flow keys from 0 in the order of their first appearance. A hash table in typed arrays: a string and an
 * object for each key would take five times the memory, and the garbage collector's time.
 */
import type { FlowKey } from '../domain/flow.ts';
import type { IpAddress } from '../domain/ip.ts';
import { PROTOCOLS } from '../domain/protocol.ts';
import { NumberRows } from './number-rows.ts';

/** Cells of a row: what the key consists of, as numbers, and the row that follows in its bucket. */
const SHAPE = 0;
const CLIENT = 1;
const SERVER = 2;
const SERVER_PORT = 3;
const DIALLED = 4;
const DIALLED_PORT = 5;
const SEEN_AS = 6;
const CLIENT_PORT = 7;
const KEY_CELLS = 8;
const NEXT = 8;
const WIDTH = 9;

/** What stands for an absent address, port or row; all others are counted from 1. */
const NONE = 0;

const FIRST_BUCKETS = 512;

export class KeyTable {
  readonly #rows = NumberRows.ofWords(WIDTH);
  readonly #addresses: IpAddress[] = [];
  readonly #numbers = new Map<IpAddress, number>();
  /** The first row of each bucket, counted from 1; a power of two. */
  #buckets = new Uint32Array(FIRST_BUCKETS);
  /** The key looked up, as numbers; one array for all calls. */
  readonly #wanted = new Uint32Array(KEY_CELLS);

  get size(): number {
    return this.#rows.length;
  }

  /** The key's number, a new one if it was never seen. */
  numberOf(key: FlowKey): number {
    this.#read(key);
    const bucket = hashOf(this.#wanted) & (this.#buckets.length - 1);
    for (let row = this.#buckets[bucket] ?? NONE; row !== NONE; row = this.#rows.get(row - 1, NEXT))
      if (this.#isWanted(row - 1)) return row - 1;
    return this.#insert(bucket);
  }

  keyAt(row: number): FlowKey {
    const shape = this.#rows.get(row, SHAPE);
    const dialled = this.#rows.get(row, DIALLED);
    const seenAs = this.#rows.get(row, SEEN_AS);
    const clientPort = this.#rows.get(row, CLIENT_PORT);
    return {
      protocol: PROTOCOLS[shape >> 1] ?? 'tcp',
      client: this.#address(this.#rows.get(row, CLIENT)),
      server: this.#address(this.#rows.get(row, SERVER)),
      serverPort: this.#rows.get(row, SERVER_PORT),
      ...(dialled !== NONE && {
        dialled: { ip: this.#address(dialled), port: this.#rows.get(row, DIALLED_PORT) },
      }),
      ...(seenAs !== NONE && { seenAs: this.#address(seenAs) }),
      orientation: (shape & 1) === 1 ? 'guessed' : 'seen',
      ...(clientPort !== NONE && { clientPort }),
    };
  }

  /** No keys; the memory stays for the next ones. */
  clear(): void {
    this.#rows.clear();
    this.#addresses.length = 0;
    this.#numbers.clear();
    this.#buckets.fill(NONE);
  }

  #read(key: FlowKey): void {
    const wanted = this.#wanted;
    wanted[SHAPE] = PROTOCOLS.indexOf(key.protocol) * 2 + (key.orientation === 'guessed' ? 1 : 0);
    wanted[CLIENT] = this.#number(key.client);
    wanted[SERVER] = this.#number(key.server);
    wanted[SERVER_PORT] = key.serverPort;
    wanted[DIALLED] = key.dialled === undefined ? NONE : this.#number(key.dialled.ip);
    wanted[DIALLED_PORT] = key.dialled?.port ?? NONE;
    wanted[SEEN_AS] = key.seenAs === undefined ? NONE : this.#number(key.seenAs);
    wanted[CLIENT_PORT] = key.clientPort ?? NONE;
  }

  #isWanted(row: number): boolean {
    for (let cell = 0; cell < KEY_CELLS; cell++)
      if (this.#rows.get(row, cell) !== this.#wanted[cell]) return false;
    return true;
  }

  #insert(bucket: number): number {
    const row = this.#rows.addRow();
    for (let cell = 0; cell < KEY_CELLS; cell++) this.#rows.set(row, cell, this.#wanted[cell] ?? 0);
    this.#link(row, bucket);
    if (this.#rows.length > this.#buckets.length) this.#rehash();
    return row;
  }

  #link(row: number, bucket: number): void {
    this.#rows.set(row, NEXT, this.#buckets[bucket] ?? NONE);
    this.#buckets[bucket] = row + 1;
  }

  #rehash(): void {
    this.#buckets = new Uint32Array(this.#buckets.length * 2);
    const cells = new Uint32Array(KEY_CELLS);
    for (let row = 0; row < this.#rows.length; row++) {
      for (let cell = 0; cell < KEY_CELLS; cell++) cells[cell] = this.#rows.get(row, cell);
      this.#link(row, hashOf(cells) & (this.#buckets.length - 1));
    }
  }

  #number(address: IpAddress): number {
    const known = this.#numbers.get(address);
    if (known !== undefined) return known;
    this.#addresses.push(address);
    this.#numbers.set(address, this.#addresses.length);
    return this.#addresses.length;
  }

  #address(number: number): IpAddress {
    const address = this.#addresses[number - 1];
    if (address === undefined) throw new RangeError(`no address has the number ${number}`);
    return address;
  }
}

/** Mixes all cells; the multiplier is 2^32 over the golden ratio (Knuth, TAOCP volume 3, section 6.4). */
function hashOf(cells: Uint32Array): number {
  let hash = 0;
  for (let cell = 0; cell < KEY_CELLS; cell++) {
    hash = Math.imul(hash ^ (cells[cell] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
