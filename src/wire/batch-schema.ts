/**
 * Checks a batch on arrival: the shape that `batch.ts` promises, every string and count within bounds, and what the
 * fields mean together. Unknown fields are ignored, so that a server reads agents one version newer and older.
 */
import { z } from 'zod';
import { parseIp } from '../domain/ip.ts';
import { PROTOCOLS } from '../domain/protocol.ts';
import type { Flow } from '../domain/flow.ts';
import type { Batch } from './batch.ts';

/** Flows of one batch; an agent with more sends more batches. At some 300 bytes each, a body of 30 MB. */
export const MAX_FLOWS = 100_000;
/** Seconds of one flow in one batch: a day, which is a hundred times the longest batch window in use. */
const MAX_SECONDS = 86_400;
/** Dumps of one batch: one every second for a quarter of an hour. */
const MAX_PRESENCES = 1000;
/** Reasons for which an agent left entries out. */
const MAX_REASONS = 64;
/** Last instant of the year 9999, unix ms: what RFC 3339 can print. */
const MAX_UNIX_MS = 253_402_300_799_999;
/** What a malformed batch is told at most, so that a log line stays short. */
const MAX_COMPLAINTS = 5;

const count = z.int().min(0);
const unixMs = z.int().min(0).max(MAX_UNIX_MS);
const port = z.int().min(1).max(65535);

const address = z
  .string()
  .max(45)
  .transform((text, context) => {
    const parsed = parseIp(text);
    if (parsed !== null) return parsed;
    context.addIssue({ code: 'custom', message: 'not an IP address' });
    return z.NEVER;
  });

const secondCount = z.object({
  second: z
    .int()
    .min(0)
    .max(Math.floor(MAX_UNIX_MS / 1000)),
  opened: count,
  answered: count,
});

const flow: z.ZodType<Flow> = z
  .object({
    protocol: z.enum(PROTOCOLS),
    client: address,
    server: address,
    serverPort: port,
    dialled: z.object({ ip: address, port }).exactOptional(),
    seenAs: address.exactOptional(),
    orientation: z.enum(['seen', 'guessed']),
    clientPort: port.exactOptional(),
    seconds: z
      .array(secondCount)
      .max(MAX_SECONDS)
      .refine((seconds) => isAscending(seconds.map(({ second }) => second)), 'seconds must ascend'),
    presences: z
      .array(z.object({ at: unixMs, count, idleMs: count.exactOptional() }))
      .max(MAX_PRESENCES)
      .exactOptional(),
    bytes: count.exactOptional(),
    packets: count.exactOptional(),
  })
  .refine(
    (checked) => (checked.orientation === 'guessed') === (checked.clientPort !== undefined),
    'guessed flows keep the client port, seen flows do not',
  );

const batch: z.ZodType<Batch> = z
  .object({
    version: z.literal(1),
    nodeUid: z.string().max(128),
    nodeName: z.string().min(1).max(253),
    epoch: z.string().regex(/^[0-9a-f]{32}$/, 'must be 128 bits in hex'),
    sequence: z.int().min(1),
    bootId: z.string().max(64),
    windowStart: unixMs,
    windowEnd: unixMs,
    sentAt: unixMs,
    readLagMs: z.number().min(0).max(MAX_UNIX_MS),
    source: z.object({
      kind: z.enum(['netlink', 'conntrack', 'procfs', 'text']),
      accounting: z.boolean().nullable(),
      timestamps: z.boolean().nullable(),
    }),
    losses: z.object({
      dropped: count,
      skipped: z
        .record(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'reasons are short kebab-case words'), count)
        .refine((reasons) => Object.keys(reasons).length <= MAX_REASONS, 'too many reasons'),
    }),
    flows: z.array(flow).max(MAX_FLOWS),
  })
  .refine((checked) => checked.windowStart <= checked.windowEnd, 'the window ends before it starts');

export type BatchResult =
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'malformed'; readonly complaints: readonly string[] };

/** Parsed JSON as a batch, or what is wrong with it: at most five complaints, each with its place. Never throws. */
export function parseBatch(value: unknown): BatchResult {
  const result = batch.safeParse(value);
  if (result.success) return { kind: 'batch', batch: result.data };
  const complaints = result.error.issues
    .slice(0, MAX_COMPLAINTS)
    .map((issue) => `${issue.path.join('.') || 'batch'}: ${issue.message}`);
  return { kind: 'malformed', complaints };
}

function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? value));
}
