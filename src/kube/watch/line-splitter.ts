/** Cuts a stream of bytes into lines. Each line is decoded once and whole, so a chunk may end inside a UTF-8 character. */

const NEWLINE = 10;

/** etcd takes no request above 1.5 MB; an object with all its fields repeated in JSON stays far below this. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

export class LineSplitter {
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  /** The lines that this chunk completes, without their line ends; empty lines are left out. Throws a RangeError for a line without end. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end === -1) break;
      const line = this.#complete(chunk.subarray(start, end));
      if (line !== '') lines.push(line);
      start = end + 1;
    }
    if (start < chunk.byteLength) this.#keep(chunk.subarray(start));
    return lines;
  }

  #complete(last: Uint8Array): string {
    const bytes = this.#pendingBytes === 0 ? last : Buffer.concat([...this.#pending, last]);
    this.#pending = [];
    this.#pendingBytes = 0;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').trimEnd();
  }

  #keep(rest: Uint8Array): void {
    this.#pending.push(rest);
    this.#pendingBytes += rest.byteLength;
    if (this.#pendingBytes > MAX_LINE_BYTES)
      throw new RangeError(`a line is longer than ${MAX_LINE_BYTES} bytes`);
  }
}
