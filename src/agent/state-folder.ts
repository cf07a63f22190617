/**
 * What must outlive the agent's process: the epoch and the next sequence of its batches. A sequence is never given out
 * twice within an epoch, whenever the process or the machine ends, because they are reserved on disk in blocks first.
 */
import { join } from 'node:path';
import { ProblemError } from '../domain/problem.ts';
import { makeFolder } from '../runtime/make-folder.ts';
import { readBounded, writeDurably } from './durable-file.ts';
import { lockFolder } from './folder-lock.ts';
import type { FolderLock } from './folder-lock.ts';

/**
 * Sequences reserved by one write. After a crash the rest of a block stays unused, which the server sees as missing
 * batches: a small block keeps that near to what was really lost, and still is one fsync in many minutes.
 */
const BLOCK = 64;
/** A state is below 100 bytes; more is not ours. */
const MAX_STATE_BYTES = 4096;
const FORMAT = 'netscribe-agent-state-1';

export interface StateLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Everything about the state on disk; `next` is the first sequence not yet reserved. */
interface Stored {
  readonly epoch: string;
  readonly next: number;
}

export class StateFolder {
  readonly epoch: string;
  readonly #file: string;
  readonly #lock: FolderLock;
  #next: number;
  #reserved: number;

  constructor(file: string, lock: FolderLock, stored: Stored) {
    this.#file = file;
    this.#lock = lock;
    this.epoch = stored.epoch;
    this.#next = stored.next;
    this.#reserved = stored.next;
    this.#reserve();
  }

  /**
   * The next sequence, 1 and up. There is always one more reserved than was given out, so that a crash leaves a number
   * missing and the server sees that there was one. Throws a ProblemError `state-not-writable`.
   */
  takeSequence(): number {
    if (this.#next + 1 >= this.#reserved) this.#reserve();
    return this.#next++;
  }

  /** Gives back what was reserved and not used, and lets the next agent in. */
  close(): void {
    try {
      this.#write(this.#next);
    } finally {
      this.#lock.release();
    }
  }

  #reserve(): void {
    this.#write(this.#next + BLOCK);
    this.#reserved = this.#next + BLOCK;
  }

  #write(next: number): void {
    try {
      writeDurably(this.#file, `${JSON.stringify({ format: FORMAT, epoch: this.epoch, next })}\n`);
    } catch (error) {
      throw notWritable(this.#file, error);
    }
  }
}

/**
 * Opens `folder`, making it if need be. Content that is not ours, or is damaged, begins a new epoch and is told loudly,
 * since a sequence of the old one could otherwise be used twice. `newEpoch` gives 128 random bits in hex. Throws a
 * ProblemError: `state-in-use`, `state-not-writable`, `state-not-lockable`.
 */
export function openStateFolder(folder: string, newEpoch: () => string, log: StateLog): StateFolder {
  const lock = lockIn(folder);
  try {
    const file = join(folder, 'epoch');
    const found = readState(file);
    if (found.kind === 'none')
      log.info({ stateDir: folder }, 'a new epoch begins: the state directory is new');
    if (found.kind === 'damaged')
      log.warn(
        { stateDir: folder, code: 'state-damaged', reason: found.reason },
        'the state is damaged or foreign: a new epoch begins, and batches that were not acknowledged are a gap',
      );
    return new StateFolder(
      file,
      lock,
      found.kind === 'state' ? found.stored : { epoch: newEpoch(), next: 1 },
    );
  } catch (error) {
    lock.release();
    throw error;
  }
}

function lockIn(folder: string): FolderLock {
  try {
    makeFolder(folder, 0o700);
    return lockFolder(folder);
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw notWritable(folder, error);
  }
}

type Found =
  | { readonly kind: 'none' }
  | { readonly kind: 'damaged'; readonly reason: string }
  | { readonly kind: 'state'; readonly stored: Stored };

function readState(file: string): Found {
  let text: string | null;
  try {
    text = readBounded(file, MAX_STATE_BYTES);
  } catch (error) {
    throw notWritable(file, error);
  }
  if (text === null) return { kind: 'none' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'damaged', reason: 'not JSON' };
  }
  return storedOf(value);
}

function storedOf(value: unknown): Found {
  if (typeof value !== 'object' || value === null) return { kind: 'damaged', reason: 'not an object' };
  const { format, epoch, next }: { format?: unknown; epoch?: unknown; next?: unknown } = value;
  if (format !== FORMAT) return { kind: 'damaged', reason: 'another format' };
  if (typeof epoch !== 'string' || !/^[0-9a-f]{32}$/.test(epoch))
    return { kind: 'damaged', reason: 'no epoch' };
  if (typeof next !== 'number' || !Number.isSafeInteger(next) || next < 1)
    return { kind: 'damaged', reason: 'no sequence' };
  return { kind: 'state', stored: { epoch, next } };
}

function notWritable(path: string, cause: unknown): ProblemError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ProblemError('state-not-writable', `The agent's state at ${path} cannot be used: ${reason}.`, {
    hint: 'Give --state-dir a directory that this user may write to, on a disk with space left.',
    cause,
  });
}
