/** One node's conntrack text as the batches its agent would have sent, on the capture's own clock. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Aggregate } from '../agent/aggregate.ts';
import type { ConntrackRecord } from '../conntrack/record.ts';
import { Speaker } from '../conntrack/speaker.ts';
import { TextScanner } from '../conntrack/text-scan.ts';
import { ZoneWatch } from '../conntrack/zones/zone-watch.ts';
import type { Flow } from '../domain/flow.ts';
import { compareText } from '../domain/text-order.ts';
import type { Batch, Losses } from '../wire/batch.ts';
import type { NodeFiles } from './capture-folder.ts';
import type { InputProblems } from './input-problems.ts';

/** The batch window of an agent. */
const BATCH_WINDOW_MS = 10_000;
/** Flows in one batch at most, so that no batch outgrows what a server accepts. */
const MAX_FLOWS = 5_000;
/** `conntrack -E` prints a line for each event as it reads it; a busy machine may be this late. */
const TEXT_READ_LAG_MS = 250;

/** One read of a file. */
const READ_BYTES = 1 << 18;

export interface NodeIdentity {
  readonly name: string;
  readonly uid: string;
}

interface Sink {
  /** Called in order; may be awaited between batches. */
  batch(batch: Batch): Promise<void>;
  /** Bytes read so far of this node, for progress. */
  progress(bytes: number): void;
}

/** Reads events, then dumps. The epoch is made from the content, so that replaying a capture twice counts nothing twice. */
export async function readNode(
  files: NodeFiles,
  node: NodeIdentity,
  by: { problems: InputProblems; sink: Sink; signal: AbortSignal },
): Promise<void> {
  const reader = new NodeReader(node, await epochOf(files, by.sink), by);
  if (files.events !== null) await reader.readEvents(files.events);
  for (const dump of files.dumps) await reader.readDump(dump.file, dump.at);
}

class NodeReader {
  readonly #node: NodeIdentity;
  readonly #epoch: string;
  readonly #by: { problems: InputProblems; sink: Sink; signal: AbortSignal };
  /** Where nothing lists the node's entries first, they are always looked at for pairs. */
  readonly #zones = new ZoneWatch();
  #speaker = Speaker.ofEvents(this.#heard(), this.#zones);
  #sequence = 0;
  #aggregate = new Aggregate();
  #window: { start: number; end: number } | null = null;
  #dropped = 0;
  #skipped = new Map<string, number>();
  #ready: Batch[] = [];

  constructor(
    node: NodeIdentity,
    epoch: string,
    by: { problems: InputProblems; sink: Sink; signal: AbortSignal },
  ) {
    this.#node = node;
    this.#epoch = epoch;
    this.#by = by;
  }

  async readEvents(file: string): Promise<void> {
    let isUntimed = false;
    const scanner = this.#scanner(file, (record, line) => {
      if (record.at === null) {
        if (!isUntimed)
          this.#by.problems.add(
            `${file}:${line}`,
            'has no [timestamp]; record with conntrack -E -o timestamp,id,extended',
          );
        isUntimed = true;
        return;
      }
      this.#advanceTo(record.at);
      this.#speaker.record(record, record.at);
    });
    await this.#feed(file, scanner);
    this.#close();
    await this.#send();
  }

  async readDump(file: string, at: number): Promise<void> {
    this.#window = { start: at, end: at };
    this.#speaker = Speaker.ofList(this.#heard(), this.#zones);
    const scanner = this.#scanner(file, (record) => this.#speaker.record(record, at));
    await this.#feed(file, scanner);
    this.#close();
    await this.#send();
  }

  #scanner(file: string, record: (record: ConntrackRecord, line: number) => void): TextScanner {
    return new TextScanner({
      record,
      reject: (reason, line, excerpt) => {
        if (reason === 'malformed' || reason === 'truncated')
          this.#by.problems.add(`${file}:${line}`, `${reason} line: ${excerpt}`);
        else if (reason === 'lost') this.#dropped++;
        else this.#skip(reason);
      },
    });
  }

  async #feed(file: string, scanner: TextScanner): Promise<void> {
    for await (const chunk of createReadStream(file, {
      highWaterMark: READ_BYTES,
      signal: this.#by.signal,
    })) {
      const bytes: Buffer = chunk;
      scanner.push(bytes);
      this.#by.sink.progress(bytes.length);
      await this.#send();
    }
    scanner.end();
  }

  #heard(): ConstructorParameters<typeof Speaker>[0] {
    return {
      sighting: (said) => this.#aggregate.say(said),
      skipped: (reason) => this.#skip(reason),
    };
  }

  #skip(reason: string): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
  }

  /**
   * Closes the batch window when an event of a later one arrives. Readers may be a little out of order; windows are not.
   * A node on which nothing happened was watched all the same: the idle time between two windows is one empty window.
   */
  #advanceTo(at: number): void {
    if (this.#window !== null && at < this.#window.end) return;
    const idleSince = this.#window?.end ?? null;
    this.#close();
    const start = Math.floor(at / BATCH_WINDOW_MS) * BATCH_WINDOW_MS;
    if (idleSince !== null && idleSince < start) {
      this.#window = { start: idleSince, end: start };
      this.#close();
    }
    this.#window = { start, end: start + BATCH_WINDOW_MS };
  }

  #close(): void {
    const window = this.#window;
    if (window === null) return;
    this.#speaker.settle();
    const flows = this.#aggregate.drain();
    const losses = {
      dropped: this.#dropped,
      skipped: Object.fromEntries([...this.#skipped].toSorted(([a], [b]) => compareText(a, b))),
    };
    for (let from = 0; from === 0 || from < flows.length; from += MAX_FLOWS)
      this.#ready.push(
        this.#batch(
          window,
          flows.slice(from, from + MAX_FLOWS),
          from === 0 ? losses : { dropped: 0, skipped: {} },
        ),
      );
    this.#dropped = 0;
    this.#skipped = new Map();
    this.#window = null;
  }

  #batch(window: { start: number; end: number }, flows: readonly Flow[], losses: Losses): Batch {
    this.#sequence++;
    return {
      version: 1,
      nodeUid: this.#node.uid,
      nodeName: this.#node.name,
      bootId: '',
      epoch: this.#epoch,
      sequence: this.#sequence,
      windowStart: window.start,
      windowEnd: window.end,
      sentAt: window.end,
      readLagMs: TEXT_READ_LAG_MS,
      source: { kind: 'text', accounting: null, timestamps: null },
      losses,
      flows,
    };
  }

  async #send(): Promise<void> {
    const ready = this.#ready;
    this.#ready = [];
    for (const batch of ready) await this.#by.sink.batch(batch);
  }
}

/** 128 bits over the content of all files of the node. */
async function epochOf(files: NodeFiles, sink: Pick<Sink, 'progress'>): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [files.events, ...files.dumps.map((dump) => dump.file)]) {
    if (file === null) continue;
    hash.update(`${file.split('/').at(-1) ?? ''}\n`);
    for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES })) {
      const bytes: Buffer = chunk;
      hash.update(bytes);
      sink.progress(bytes.length);
    }
  }
  return hash.digest('hex').slice(0, 32);
}
