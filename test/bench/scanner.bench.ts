/**
 * How fast conntrack text becomes records: the byte scanner against splitting the same text into lines and running one
 * regular expression over each, in the same process, on lines recorded from a kernel with other addresses and ports in
 * them. Both read the same pieces of 64 KiB, and both make the same records, which is checked.
 */
import { deepStrictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { TextScanner } from '../../src/conntrack/text-scan.ts';
import type { ConntrackRecord } from '../../src/conntrack/text-scan.ts';
import { parseIp } from '../../src/domain/ip.ts';
import type { IpAddress } from '../../src/domain/ip.ts';
import { PROTOCOLS } from '../../src/domain/protocol.ts';
import type { BenchResult } from './run.ts';

const LINES = 500_000;
const PIECE_BYTES = 65_536;
const ROUNDS = 3;
const SAMPLES = path.join(import.meta.dirname, '../conntrack/samples');

type Reader = (piece: Uint8Array) => void;
type Sink = (record: ConntrackRecord) => void;

/** The median round of each, taken in turns after one round of each that does not count. */
export function bench(): BenchResult {
  const pieces = piecesOf(textOf(LINES));
  requireSameRecords(pieces.slice(0, 20));
  const times = { scanner: [] as number[], regex: [] as number[] };
  for (let round = 0; round <= ROUNDS; round++) {
    times.scanner.push(timeOf(pieces, scannerReader));
    times.regex.push(timeOf(pieces, regexReader));
  }
  return {
    unit: 'lines',
    measured: {
      what: `byte scanner, median of ${ROUNDS}`,
      units: LINES,
      elapsedMs: medianOf(times.scanner.slice(1)),
    },
    baseline: {
      what: 'split and one regular expression',
      units: LINES,
      elapsedMs: medianOf(times.regex.slice(1)),
    },
    targetMs: null,
  };
}

function scannerReader(sink: Sink): Reader {
  const reject = (reason: string, line: number, excerpt: string): never => {
    throw new Error(`line ${line} is ${reason}: ${excerpt}`);
  };
  const scanner = new TextScanner({ record: sink, reject });
  return (piece) => scanner.push(piece);
}

const LINE = new RegExp(
  [
    /^(?:\[(\d+\.\d+)\])?\s*(?:\[(NEW|UPDATE|DESTROY)\] )?(?:ipv[46] +\d+ )?(tcp|udp|sctp) +\d+ (?:(\d+) )?(?:([A-Z_0-9]+) )?/,
    /src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) (?:packets=(\d+) bytes=(\d+) )?(\[UNREPLIED\] )?/,
    /src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)(?: packets=(\d+) bytes=(\d+))?( \[ASSURED\])?(?:.* zone=(\d+))?(?:.* id=(\d+))?/,
  ]
    .map(({ source }) => source)
    .join(''),
);

/** The plain way, with what a careful hand would add: each address is parsed once. */
function regexReader(sink: Sink): Reader {
  const addresses = new Map<string, IpAddress>();
  const addressOf = (text: string | undefined): IpAddress => {
    const known = addresses.get(text ?? '');
    if (known !== undefined) return known;
    const parsed = parseIp(text ?? '');
    if (parsed === null) throw new Error(`no address: ${text}`);
    addresses.set(text ?? '', parsed);
    return parsed;
  };
  let rest = '';
  return (piece) => {
    const lines =
      `${rest}${Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1')}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const match = LINE.exec(line);
      if (match === null) throw new Error(`no record: ${line}`);
      sink(recordOf(match, addressOf));
    }
  };
}

function recordOf(
  match: RegExpExecArray,
  addressOf: (text: string | undefined) => IpAddress,
): ConntrackRecord {
  const [seconds, micros] = match[1]?.split('.') ?? [];
  return {
    event:
      match[2] === 'NEW'
        ? 'new'
        : match[2] === 'UPDATE'
          ? 'update'
          : match[2] === 'DESTROY'
            ? 'destroy'
            : 'dump',
    at: seconds === undefined ? null : Number(seconds) * 1000 + Number(micros) / 1000,
    protocol: PROTOCOLS.find((protocol) => protocol === match[3]) ?? 'tcp',
    state: match[5] ?? null,
    timeoutS: numberOf(match[4]),
    origSource: addressOf(match[6]),
    origDestination: addressOf(match[7]),
    origSourcePort: Number(match[8]),
    origDestinationPort: Number(match[9]),
    replySource: addressOf(match[13]),
    replyDestination: addressOf(match[14]),
    replySourcePort: Number(match[15]),
    replyDestinationPort: Number(match[16]),
    unreplied: match[12] !== undefined,
    assured: match[19] !== undefined,
    zone: numberOf(match[20]),
    id: numberOf(match[21]),
    packets: match[10] === undefined ? null : Number(match[10]) + Number(match[17]),
    bytes: match[11] === undefined ? null : Number(match[11]) + Number(match[18]),
  };
}

function numberOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

/** Recorded lines of tcp, udp and sctp in turn, with other pods, client ports and ids. */
function textOf(count: number): Buffer {
  const recorded = [
    'node-a-events.txt',
    'node-b-events.txt',
    'node-a-dump.txt',
    'node-a-proc.txt',
    'no-accounting.txt',
  ]
    .flatMap((name) => readFileSync(path.join(SAMPLES, name), 'utf8').split('\n'))
    .filter((line) => !line.startsWith('#') && /(tcp|udp|sctp) /.test(line));
  const random = generator();
  const lines = Array.from({ length: count }, (_, index) => {
    const pod = `.${random(8)}.${random(256)} `;
    const [port, id] = [32_768 + random(28_000), random(2 ** 24)];
    return (recorded[index % recorded.length] ?? '')
      .replaceAll(/\.1\.\d+ /g, pod)
      .replaceAll(/port=\d{5}/g, `port=${port}`)
      .replace(/id=\d+/, `id=${id}`);
  });
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Numbers below a bound, the same in each run (a linear congruential generator, Numerical Recipes). */
function generator(): (bound: number) => number {
  let state = 1;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % bound;
  };
}

function piecesOf(text: Buffer): Uint8Array[] {
  const starts = Array.from(
    { length: Math.ceil(text.length / PIECE_BYTES) },
    (_, index) => index * PIECE_BYTES,
  );
  return starts.map((start) => text.subarray(start, start + PIECE_BYTES));
}

function requireSameRecords(pieces: readonly Uint8Array[]): void {
  const [scanned, matched]: [ConntrackRecord[], ConntrackRecord[]] = [[], []];
  const readers = [
    scannerReader((record) => scanned.push(record)),
    regexReader((record) => matched.push(record)),
  ];
  for (const piece of pieces) for (const read of readers) read(piece);
  deepStrictEqual(scanned, matched);
}

function timeOf(pieces: readonly Uint8Array[], readerOf: (sink: Sink) => Reader): number {
  let ports = 0;
  let records = 0;
  const read = readerOf((record) => {
    records++;
    ports += record.replySourcePort;
  });
  const start = performance.now();
  for (const piece of pieces) read(piece);
  const elapsed = performance.now() - start;
  if (records !== LINES || ports === 0) throw new Error(`${records} records of ${LINES} lines`);
  return elapsed;
}

function medianOf(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
