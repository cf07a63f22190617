/**
 * The lease book: a million leases on 150,000 addresses, and questions about random ones of them, against a Map of arrays that are
 * scanned from end to end. Both answer the same.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ip } from '../../src/domain/ip.ts';
import type { IpAddress } from '../../src/domain/ip.ts';
import type { Lease } from '../../src/domain/lease.ts';
import type { PodFact } from '../../src/identity/facts.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { resolve } from '../../src/identity/resolve.ts';
import { generator } from './evaluator-cluster.ts';
import type { BenchReport } from './run.ts';

const LEASES = 1_000_000;
const ADDRESSES = 150_000;
const QUESTIONS = 500_000;
/** Each side is asked all of them so often, in turns; the fastest counts, because only what disturbs makes one slower than another. */
const TIMES = 6;
const TARGET_PER_SECOND = 1_000_000;
const TARGET_MB = 400;

/** A pod lives for this long, and its successor comes this much later; ms. */
const LIFE_MS = 600_000;
const GAP_MS = 20_000;
/** Of a connection that is counted in one second: the second, and how late it may have been read. */
const SECOND_AND_LAG_MS = 1250;
const COMPARED_EVERY = 17;
const ROUNDS = Math.ceil(LEASES / ADDRESSES);

setFlagsFromString('--expose-gc');
const sweep = runInNewContext('gc') as () => void;

export function bench(): BenchReport {
  const addresses = Array.from({ length: ADDRESSES }, (_, index) =>
    ip(`10.${(index >>> 16) & 255}.${(index >>> 8) & 255}.${index & 255}`),
  );
  const before = memoryMb();
  const book = new LeaseBook();
  const built = timed(() => fill(book, addresses));
  const memory = memoryMb() - before;

  const next = generator();
  const asked = Array.from({ length: QUESTIONS }, () => addresses[next(ADDRESSES)] ?? ip('10.0.0.0'));
  const times = Float64Array.from({ length: QUESTIONS }, () => next(ROUNDS * (LIFE_MS + GAP_MS)));
  const ranges = { pods: new Set<never>(), services: new Set<never>() };
  const answerOf = (index: number): Lease | null => {
    const start = times[index] ?? 0;
    const answer = resolve(book, ranges, {
      observer: 'node-1',
      ip: asked[index] ?? ip('10.0.0.0'),
      port: null,
      protocol: 'tcp',
      interval: { start, end: start + SECOND_AND_LAG_MS },
    });
    return answer.kind === 'exact' ? answer.lease : null;
  };
  const beforePlain = memoryMb();
  const plain = new Map<IpAddress, readonly Lease[]>(addresses.map((each) => [each, book.leasesOf(each)]));
  const plainMemory = memoryMb() - beforePlain;
  const plainAnswerOf = (index: number): Lease | null => {
    const start = times[index] ?? 0;
    const end = start + SECOND_AND_LAG_MS;
    const leases = plain.get(asked[index] ?? ip('10.0.0.0')) ?? [];
    const found = leases.filter(
      ({ from, until }) => from < end && (until ?? Number.POSITIVE_INFINITY) > start,
    );
    const [lease] = found;
    return found.length === 1 && lease !== undefined && isExact(lease, end) ? lease : null;
  };
  const runs = Array.from({ length: TIMES }, () => ({
    book: asking(answerOf),
    plain: asking(plainAnswerOf),
  }));
  const elapsed = Math.min(...runs.map(({ book: { elapsedMs } }) => elapsedMs));
  const plainElapsed = Math.min(...runs.map(({ plain: { elapsedMs } }) => elapsedMs));
  const exact = runs[0]?.book.exact ?? 0;
  const plainExact = runs[0]?.plain.exact ?? 0;
  for (let index = 0; index < QUESTIONS; index += COMPARED_EVERY)
    if (answerOf(index)?.id !== plainAnswerOf(index)?.id)
      throw new Error(`question ${index} has another answer in the baseline`);
  if (exact !== plainExact) throw new Error(`${exact} exact answers, ${plainExact} of the baseline`);

  const speed = perSecond(QUESTIONS, elapsed);
  return {
    lines: [
      `${book.size.toLocaleString('en-US')} leases on ${ADDRESSES.toLocaleString('en-US')} addresses, learnt in ${Math.round(built)} ms of CPU; ${Math.round(memory)} MB, target ${TARGET_MB} MB ${memory < TARGET_MB ? 'kept' : 'MISSED'}`,
      `${grouped(speed)} resolves/s on one core (${Math.round((100 * exact) / QUESTIONS)} % exact), target ${grouped(TARGET_PER_SECOND)} ${speed >= TARGET_PER_SECOND ? 'kept' : 'MISSED'}; ${(plainElapsed / elapsed).toFixed(2)} times the baseline: a Map of arrays scanned linearly ${grouped(perSecond(QUESTIONS, plainElapsed))} resolves/s, ${Math.round(plainMemory)} MB on top of the book's holders`,
    ],
  };
}

/** Every question once. */
function asking(answerOf: (index: number) => Lease | null): { exact: number; elapsedMs: number } {
  let exact = 0;
  const elapsedMs = timed(() => {
    for (let index = 0; index < QUESTIONS; index++) if (answerOf(index) !== null) exact += 1;
  });
  return { exact, elapsedMs };
}

/**
 * One pod after the other on each address: those that are there now as a watch tells them, those before as a database gives them back
 * at a start.
 */
function fill(book: LeaseBook, addresses: readonly IpAddress[]): void {
  book.restore(formerLeases(addresses));
  const round = ROUNDS - 1;
  const at = round * (LIFE_MS + GAP_MS);
  for (const [index, address] of addresses.slice(0, LEASES - round * ADDRESSES).entries())
    book.observePod(podFact(address, { index, round, at }), at + 3000);
  book.takeRevised();
  book.takeChanged();
}

/** One after the other, and none is kept. */
function* formerLeases(addresses: readonly IpAddress[]): Generator<Lease> {
  for (const [index, address] of addresses.entries())
    for (let round = 0; round < ROUNDS - 1; round++)
      yield endedLease(podFact(address, { index, round, at: round * (LIFE_MS + GAP_MS) }));
}

function endedLease({ ips, createdAt, uid, namespace, name, node, workload }: PodFact): Lease {
  const end = createdAt + LIFE_MS;
  const [address = ip('10.0.0.0')] = ips;
  return {
    id: `pod:${uid}:${address}:0`,
    ip: address,
    // As many strings as come out of a database.
    holder: { kind: 'pod', namespace, name, uid, node, workload: { ...workload } },
    from: createdAt,
    heldFrom: createdAt + 2000,
    heldUntil: end - 2000,
    until: end,
    sources: {
      from: 'created',
      heldFrom: 'sandbox-ready',
      heldUntil: 'container-finish',
      until: 'sandbox-gone',
    },
  };
}

function podFact(
  address: IpAddress,
  { index, round, at }: { index: number; round: number; at: number },
): PodFact {
  const name = `web-${(index % 10_000).toString(36)}`;
  const uid = flat(
    `${index.toString(16).padStart(8, '0')}-0000-4000-8000-${round.toString(16).padStart(12, '0')}`,
  );
  return {
    namespace: 'shop',
    name: flat(`${name}-${uid.slice(0, 8)}`),
    uid,
    node: `node-${index % 5000}`,
    workload: { namespace: 'shop', kind: 'Deployment', name },
    hostNetwork: false,
    ips: [address],
    phase: 'Running',
    createdAt: at,
    startedAt: at,
    sandboxReadyAt: at + 1000,
    sandboxGoneAt: null,
    firstContainerStart: at + 1000,
    lastContainerFinish: null,
    deletion: null,
  };
}

/** A string as it comes out of a parser: letters side by side, and no tree of the parts that it was made of. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function isExact({ until, heldUntil }: Lease, end: number): boolean {
  return until !== null || heldUntil === null || end <= heldUntil;
}

/** What lives on the heap and in typed arrays once all else is swept away. */
function memoryMb(): number {
  // What the first frees may have kept more alive.
  for (let times = 0; times < 2; times++) sweep();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

function perSecond(units: number, elapsedMs: number): number {
  return (units / elapsedMs) * 1000;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Milliseconds of processor time: what else runs on the machine does not count. */
function timed(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
