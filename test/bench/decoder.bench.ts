/** Decoding conntrack events over netlink, against splitting the same events as the text that `conntrack -E` prints. */
import { MessageScanner } from '../../src/conntrack/netlink/message-scan.ts';
import type { ConntrackRecord } from '../../src/conntrack/record.ts';
import { formatIp } from '../../src/domain/ip.ts';
import { buildMessage } from '../conntrack/netlink/build-message.ts';
import { listed } from '../conntrack/netlink/sample-record.ts';
import { printRecord } from '../conntrack/print-record.ts';
import type { BenchResult, Measure } from './run.ts';

/** Different events, so that addresses and ports vary as on a node: some 500 pods and their servers. */
const DISTINCT = 20_000;
const ROUNDS = 25;
const FIRST_ADDRESS = 0x0af4_0000n;

export function bench(): BenchResult {
  const records = Array.from({ length: DISTINCT }, (_, index) => opened(index));
  const messages = Buffer.concat(records.map((record) => buildMessage(record)));
  const text = Buffer.from(records.map((record) => `${printRecord(record)}\n`).join(''));
  decode(messages, 2);
  split(text, 2);
  return {
    unit: 'events',
    measured: decode(messages, ROUNDS),
    baseline: split(text, ROUNDS),
    targetMs: null,
  };
}

function opened(index: number): ConntrackRecord {
  const client = formatIp(4, FIRST_ADDRESS + BigInt(index % 500));
  const server = formatIp(4, FIRST_ADDRESS + 256n * BigInt(1 + (index % 40)));
  return listed({
    event: 'new',
    at: 1_795_295_318_024 + index,
    state: 'SYN_SENT',
    unreplied: true,
    assured: false,
    origSource: client,
    origDestination: server,
    origSourcePort: 32_768 + (index % 28_000),
    replySource: server,
    replyDestination: client,
    replyDestinationPort: 32_768 + (index % 28_000),
  });
}

function decode(messages: Buffer, rounds: number): Measure {
  let units = 0;
  const scanner = new MessageScanner({
    entry: () => units++,
    reject: (reason) => {
      throw new Error(reason);
    },
    end: () => undefined,
    interrupted: () => undefined,
  });
  const started = performance.now();
  for (let round = 0; round < rounds; round++) scanner.scan(messages, 0, messages.length);
  return { what: 'netlink decoder', units, elapsedMs: performance.now() - started };
}

/** What a script in a pipe behind the tool does: lines, words, and the values of some. */
function split(text: Buffer, rounds: number): Measure {
  let units = 0;
  let checksum = 0;
  const started = performance.now();
  for (let round = 0; round < rounds; round++)
    for (const line of text.toString('latin1').split('\n')) {
      const values: string[] = [];
      for (const word of line.split(' ')) {
        const equals = word.indexOf('=');
        if (equals !== -1) values.push(word.slice(equals + 1));
      }
      // src, dst, sport and dport of both directions.
      if (values.length < 8) continue;
      checksum += Number(values[3]) + Number(values[6]);
      units++;
    }
  if (checksum === 0) throw new Error('nothing was read');
  return { what: 'splitting text', units, elapsedMs: performance.now() - started };
}
