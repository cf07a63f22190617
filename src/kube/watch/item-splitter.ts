/**
 * Cuts the JSON of a list into its items as the bytes arrive, so that memory follows the largest item and never the list.
 * It finds where values begin and end and parses only what stands beside the items; what an item holds is its reader's.
 */

/** etcd takes no request above some megabytes; an object with all its fields repeated in JSON stays far below this. */
const MAX_ITEM_BYTES = 64 * 1024 * 1024;

/** Kind, version and cursor of a list take some hundred bytes. */
const MAX_HEAD_BYTES = 1024 * 1024;

/** The schemas in CustomResourceDefinitions, the deepest objects there are, nest some hundred levels. */
const MAX_NESTING = 1_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What stands beside the items, by name: `kind`, `apiVersion`, `metadata`, and `items` where it is no list. */
export type ListHead = Readonly<Record<string, unknown>>;

type Place =
  'start' | 'before-name' | 'name' | 'before-colon' | 'before-value' | 'value' | 'in-items' | 'end';

/** The first methods throw a SyntaxError or a RangeError for bytes that are no list or exceed a bound. */
export class ItemSplitter {
  #place: Place = 'start';
  #name = '';
  #isInItems = false;
  readonly #head: Record<string, unknown> = {};
  /** Of the value or name being read: earlier pieces, levels of nesting, and whether a text is open. */
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #level = 0;
  #isInText = false;
  #isEscaped = false;

  /** The items that this piece completes, each as the bytes of one JSON value. */
  push(chunk: Uint8Array): Uint8Array[] {
    const items: Uint8Array[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#place === 'value' || this.#place === 'name') {
        const end = this.#endOfValue(chunk, at);
        if (end === -1) {
          this.#keep(chunk.subarray(at));
          break;
        }
        this.#complete(this.#taken(chunk.subarray(at, end)), items);
        at = end;
      } else {
        if (!isSpace(chunk[at] ?? 0)) this.#punctuation(chunk[at] ?? 0);
        // The byte that begins a value is a part of it.
        if (!this.#isReading()) at++;
      }
    }
    return items;
  }

  /** To be called when the bytes have ended. */
  end(): ListHead {
    if (this.#place !== 'end') throw new SyntaxError('the list ended before its last bracket');
    return this.#head;
  }

  #isReading(): boolean {
    return this.#place === 'value' || this.#place === 'name';
  }

  #punctuation(byte: number): void {
    const place = this.#place;
    switch (place) {
      case 'start':
        return this.#expect(byte === OPEN_OBJECT, 'before-name');
      case 'before-name':
        if (byte === COMMA) return;
        if (byte === QUOTE) return this.#begin('name');
        return this.#expect(byte === CLOSE_OBJECT, 'end');
      case 'before-colon':
        return this.#expect(byte === COLON, 'before-value');
      case 'before-value':
        if (this.#name !== 'items' || byte !== OPEN_LIST) return this.#begin('value');
        this.#isInItems = true;
        this.#place = 'in-items';
        return;
      case 'in-items':
        if (byte === COMMA) return;
        if (byte !== CLOSE_LIST) return this.#begin('value');
        this.#isInItems = false;
        this.#place = 'before-name';
        return;
      case 'end':
      case 'name':
      case 'value':
        // Nothing may follow the end; names and values are read by `#endOfValue`.
        return this.#expect(false, place);
      default:
        return place satisfies never;
    }
  }

  #expect(isIt: boolean, next: Place): void {
    if (!isIt) throw new SyntaxError('the answer is no JSON of a list');
    this.#place = next;
  }

  #begin(place: 'name' | 'value'): void {
    this.#place = place;
    this.#level = 0;
    this.#isInText = false;
    this.#isEscaped = false;
  }

  /** Just behind the last byte of the value, or -1 when it goes on in the next piece. One turn a byte: kept to comparisons. */
  #endOfValue(chunk: Uint8Array, from: number): number {
    let level = this.#level;
    let isInText = this.#isInText;
    let at = from;
    if (this.#isEscaped) {
      this.#isEscaped = false;
      at++;
    }
    for (; at < chunk.length; at++) {
      const byte = chunk[at];
      if (isInText) {
        if (byte === BACKSLASH) at++;
        else if (byte === QUOTE) {
          isInText = false;
          if (level === 0) return at + 1;
        }
      } else if (byte === QUOTE) isInText = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        level++;
        if (level > MAX_NESTING) throw new RangeError(`a list nests more than ${MAX_NESTING} levels`);
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        // At level 0 a number or a word ends before the bracket of what holds it.
        if (level === 0) return at;
        level--;
        if (level === 0) return at + 1;
      } else if (level === 0 && (byte === COMMA || isSpace(byte ?? 0))) return at;
    }
    this.#isEscaped = at > chunk.length;
    this.#level = level;
    this.#isInText = isInText;
    return -1;
  }

  #keep(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const most = this.#isInItems ? MAX_ITEM_BYTES : MAX_HEAD_BYTES;
    if (this.#bytes > most) throw new RangeError(`a value of the list is longer than ${most} bytes`);
  }

  #taken(last: Uint8Array): Uint8Array {
    if (this.#pieces.length === 0) return last;
    const whole = Buffer.concat([...this.#pieces, last]);
    this.#pieces = [];
    this.#bytes = 0;
    return whole;
  }

  #complete(value: Uint8Array, items: Uint8Array[]): void {
    if (this.#isInItems) {
      if (value.length === 0) throw new SyntaxError('the answer is no JSON of a list');
      items.push(value);
      this.#place = 'in-items';
      return;
    }
    if (value.length > MAX_HEAD_BYTES)
      throw new RangeError(`a value of the list is longer than ${MAX_HEAD_BYTES} bytes`);
    const parsed: unknown = JSON.parse(textOf(value));
    if (this.#place === 'name') {
      this.#name = String(parsed);
      this.#place = 'before-colon';
    } else {
      // A plain assignment to this name would set the prototype.
      if (this.#name !== '__proto__') this.#head[this.#name] = parsed;
      this.#place = 'before-name';
    }
  }
}

/** Bytes as text without a copy of them. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
