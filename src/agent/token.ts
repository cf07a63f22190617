/** The bearer token in its file, which the kubelet replaces under the agent's feet. The token itself is never logged. */
import { readBounded } from './durable-file.ts';

/** Tokens of Kubernetes are some 1 to 2 KB. */
const MAX_TOKEN_BYTES = 16_384;
/** A projected token is renewed at 80 % of its life, which is 10 minutes at least. */
const FRESH_MS = 60_000;

export class TokenFile {
  readonly #file: string;
  readonly #monotonicMs: () => number;
  #token = '';
  #readAt = -Infinity;

  /** `monotonicMs` is any clock that never steps. */
  constructor(file: string, monotonicMs: () => number) {
    this.#file = file;
    this.#monotonicMs = monotonicMs;
  }

  /** At most a minute old. Throws the file system's error, or an Error for a file that holds no token. */
  read(): string {
    if (this.#monotonicMs() - this.#readAt < FRESH_MS) return this.#token;
    const text = readBounded(this.#file, MAX_TOKEN_BYTES)?.trim() ?? null;
    if (text === null) throw new Error(`the token file ${this.#file} is not there`);
    if (!/^[\x21-\x7e]+$/.test(text)) throw new Error(`the token file ${this.#file} holds no token`);
    this.#token = text;
    this.#readAt = this.#monotonicMs();
    return text;
  }

  /** The server refused the token: the next `read` looks at the file again. */
  expire(): void {
    this.#readAt = -Infinity;
  }
}
