/**
 * How batches are to be compressed for the server that there is (docs/adr/0012). What a server refused is taken as refused
 * for a while, and then tried again: it may have been upgraded without a connection that failed. It compresses nothing.
 */
import type { Compression } from './packed-batch.ts';

/** Half the CPU of the other, which every server takes. */
export const FAVOURITE = 'zstd' satisfies Compression;
const KNOWN_TO_ALL = 'gzip' satisfies Compression;

export interface CompressionChoiceOptions {
  /** Unix ms by a clock that may step. */
  readonly now: () => number;
  /** For how long a compression that was refused is not tried again, ms. */
  readonly refusedMs: number;
}

export class CompressionChoice {
  readonly #options: CompressionChoiceOptions;
  #refusedAt: number | null = null;

  constructor(options: CompressionChoiceOptions) {
    this.#options = options;
  }

  get current(): Compression {
    if (this.#refusedAt === null) return FAVOURITE;
    const { now, refusedMs } = this.#options;
    const elapsedMs = now() - this.#refusedAt;
    // After a clock that stepped back nobody knows how long ago it was: to ask early costs one refusal.
    return elapsedMs >= 0 && elapsedMs < refusedMs ? KNOWN_TO_ALL : FAVOURITE;
  }

  /** The server does not read the favourite. Returns what it does read. */
  refused(): Compression {
    this.#refusedAt = this.#options.now();
    return KNOWN_TO_ALL;
  }

  /** What answers from now on may be another version. */
  forget(): void {
    this.#refusedAt = null;
  }
}
