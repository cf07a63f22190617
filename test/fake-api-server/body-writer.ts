/** Writes the body of an answer as a faulty server does: in pieces, slowly, and not to its end. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { BreakingOff, BrokenList } from './faults.ts';

export interface Manner {
  readonly pieceBytes: number | null;
  readonly pauseMs: number;
  readonly broken: BrokenList | null;
}

/** Resolves when all was written that will be; never rejects. */
export async function writeBody(response: ServerResponse, body: Buffer, manner: Manner): Promise<void> {
  const { pieceBytes, pauseMs, broken } = manner;
  const bytes = body.subarray(0, broken?.afterBytes ?? body.byteLength);
  const step = pieceBytes ?? Math.max(1, bytes.byteLength);
  for (let start = 0; start < bytes.byteLength; start += step) {
    if (pauseMs > 0) await sleep(pauseMs);
    if (response.destroyed) return;
    response.write(bytes.subarray(start, start + step));
    // Written in one turn, pieces would arrive as one.
    if (pieceBytes !== null) await nextTurn();
  }
  // A list shorter than its fault is whole.
  if (broken === null || bytes.byteLength === body.byteLength) response.end();
  else breakOff(response, broken.how);
}

/** What a watch writes, in order: whole at once, or in pieces that are a turn of the event loop apart. */
export class Outbox {
  readonly #response: ServerResponse;
  readonly #waiting: (Buffer | BreakingOff)[] = [];
  #isRunning = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  write(bytes: Buffer, pieceBytes: number | null): void {
    const step = pieceBytes ?? Math.max(1, bytes.byteLength);
    for (let start = 0; start < bytes.byteLength; start += step)
      this.#waiting.push(bytes.subarray(start, start + step));
    if (pieceBytes === null && !this.#isRunning) while (this.#waiting.length > 0) this.#next();
    else if (!this.#isRunning) void this.#run();
  }

  /** After all that was written. */
  breakOff(how: BreakingOff): void {
    this.#waiting.push(how);
    if (!this.#isRunning) this.#next();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      this.#next();
      await nextTurn();
    }
    this.#isRunning = false;
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined || this.#response.destroyed) return;
    if (typeof next === 'string') breakOff(this.#response, next);
    else this.#response.write(next);
  }
}

/** After what was written has gone out. */
export function breakOff(response: ServerResponse, how: BreakingOff): void {
  const { socket } = response;
  switch (how) {
    case 'stall':
      return;
    case 'end':
      response.end();
      return;
    case 'close':
      socket?.destroySoon();
      return;
    case 'reset':
      if (socket !== null) resetWhenSent(socket);
      return;
    default:
      how satisfies never;
  }
}

/** A reset overtakes what is still in our buffers, also what HTTP writes only at the end of this turn. */
function resetWhenSent(socket: Socket): void {
  setTimeout(() => {
    if (socket.writableLength === 0 || socket.destroyed) socket.resetAndDestroy();
    else resetWhenSent(socket);
  }, 1);
}
