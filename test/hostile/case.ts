/** One bad request, or one kind of them: what must come of it, and how it is made. */
import type { Batch } from '../../src/wire/batch.ts';
import { ask } from './attack.ts';
import { goodBatch } from './good-batch.ts';
import type { HostileWorld } from './hostile-world.ts';

export interface Case {
  readonly title: string;
  /** What may come back, in the words of `attack.ts`. */
  readonly expected: readonly string[];
  readonly send: (world: HostileWorld) => Promise<string>;
  /** It puts the API server wrong: meanwhile the good agent says nothing, for it would suffer from that too. */
  readonly isAlone?: true;
}

export interface Sent {
  /** Null sends no Authorization header. */
  readonly token?: string | null;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly batch?: Partial<Batch>;
}

/** Posts a batch, with a good token of node-a and a good body unless told otherwise. */
export function post(world: HostileWorld, sent: Sent = {}): Promise<string> {
  const token = sent.token === undefined ? world.token() : sent.token;
  return ask(`${world.server.at.ingest}/api/v1/batches`, {
    method: 'POST',
    ca: world.ca,
    body: sent.body ?? JSON.stringify(goodBatch({ sequence: sequence++, ...sent.batch })),
    headers: {
      'content-type': 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...sent.headers,
    },
  });
}

/** Far from the good agent's own numbers. */
let sequence = 1_000_000;
