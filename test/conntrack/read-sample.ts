import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sightingOf } from '../../src/conntrack/flow-of.ts';
import type { Sighting } from '../../src/conntrack/flow-of.ts';
import { KeyReader } from '../../src/conntrack/key-words.ts';
import type { SpokenSighting } from '../../src/conntrack/source.ts';
import { TextScanner } from '../../src/conntrack/text-scan.ts';
import type { ConntrackRecord, LineReject } from '../../src/conntrack/text-scan.ts';
import type { FlowKey } from '../../src/domain/flow.ts';

/** What a scan reported, in order. */
export interface Scan {
  readonly records: readonly ConntrackRecord[];
  readonly rejects: readonly {
    readonly reason: LineReject;
    readonly line: number;
    readonly excerpt: string;
  }[];
  readonly lines: number;
}

/** Scans `text` whole, or cut into pieces of at most `pieceBytes`. */
export function scanText(text: string | Uint8Array, pieceBytes = Infinity): Scan {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  return scanPieces(pieces);
}

export function scanPieces(pieces: readonly Uint8Array[]): Scan {
  const records: ConntrackRecord[] = [];
  const rejects: Scan['rejects'][number][] = [];
  const scanner = new TextScanner({
    record: (record) => records.push(record),
    reject: (reason, line, excerpt) => rejects.push({ reason, line, excerpt }),
  });
  for (const piece of pieces) scanner.push(piece);
  scanner.end();
  return { records, rejects, lines: scanner.lines };
}

/** Only the reasons of a scan's rejects, counted. */
export function rejectCounts({ rejects }: Scan): Partial<Record<LineReject, number>> {
  const counts: Partial<Record<LineReject, number>> = {};
  for (const { reason } of rejects) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

export function scanSample(name: string): Scan {
  return scanText(readSample(name));
}

export function readSample(name: string): Uint8Array {
  return readFileSync(path.join(import.meta.dirname, 'samples', name));
}

/** What the records of one scenario of a sample say: those between its `###` line and the next. */
export function scenario(sample: string, title: string): string[] {
  const text = new TextDecoder().decode(readSample(sample));
  const section = text.split('### ').find((part) => part.startsWith(`${title}:`));
  if (section === undefined) throw new Error(`${sample} has no scenario ${JSON.stringify(title)}`);
  return sayings(scanText(section.slice(section.indexOf('\n') + 1)).records);
}

/** One line for each sighting, those that say nothing left out. */
export function sayings(records: readonly ConntrackRecord[]): string[] {
  return records
    .map((record) => sightingOf(record))
    .filter((sighting) => sighting.kind !== 'nothing')
    .map((sighting) => say(sighting));
}

/** `opened tcp 10.0.0.1 > 10.96.0.1:80 = 10.0.0.2:8080 as 10.0.0.9`; the dialled end only when it differs. */
/** A sighting told in numbers as an object. */
export function heard({ kind, key, at, bytes, packets }: SpokenSighting): Sighting {
  const words = new KeyReader().keyAt(key.cells, 0);
  switch (kind) {
    case 'opened':
    case 'answered':
      return { kind, key: words, at };
    case 'present':
      return { kind, key: words };
    case 'counters':
      return { kind, key: words, bytes, packets };
    default:
      return kind satisfies never;
  }
}

export function say(sighting: Sighting): string {
  switch (sighting.kind) {
    case 'nothing':
      return `nothing: ${sighting.reason}`;
    case 'counters':
      return `counters ${sayKey(sighting.key)} ${sighting.packets}p ${sighting.bytes}b`;
    case 'opened':
    case 'answered':
    case 'present':
      return `${sighting.kind} ${sayKey(sighting.key)}`;
    default:
      return sighting satisfies never;
  }
}

function sayKey(key: FlowKey): string {
  const dialled = key.dialled === undefined ? '' : `${key.dialled.ip}:${key.dialled.port} = `;
  const seenAs = key.seenAs === undefined ? '' : ` as ${key.seenAs}`;
  const guess = key.orientation === 'guessed' ? ` guessed from ${key.clientPort}` : '';
  return `${key.protocol} ${key.client} > ${dialled}${key.server}:${key.serverPort}${seenAs}${guess}`;
}
