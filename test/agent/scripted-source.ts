/** A source that says what the test tells it to, by the contract of src/conntrack/source.ts. */
import type { OpenSource } from '../../src/agent/source-keeper.ts';
import type { Sighting } from '../../src/conntrack/flow-of.ts';
import { Speaker } from '../../src/conntrack/speaker.ts';
import type { SourceSink } from '../../src/conntrack/source.ts';
import { ip } from '../../src/domain/ip.ts';

export class ScriptedSource {
  opens = 0;
  dumps = 0;
  closes = 0;
  /** Thrown by the next openings, first to last; an opening with none left succeeds. */
  readonly refusals: Error[] = [];
  /** Said at the end of each source, while it closes. */
  lastWords: (sink: SourceSink) => void = () => {};
  onStart: (sink: SourceSink) => Promise<void> | void = () => {};
  /** Said when the agent ends a window. */
  onSettle: (sink: SourceSink) => void = () => {};
  onDump: (sink: SourceSink) => Promise<void> | void = () => {};
  #sink: SourceSink | null = null;
  #changed = new Set<() => void>();

  readonly open: OpenSource = async (_wanted, sink) => {
    this.opens++;
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    return {
      kind: 'netlink',
      readLagMs: 50,
      accounting: false,
      timestamps: null,
      start: async () => {
        await this.onStart(sink);
        // Only once whoever awaits the start has seen it.
        setImmediate(() => {
          this.#sink = sink;
          this.#tell();
        });
      },
      dump: async () => {
        this.dumps++;
        await this.onDump(sink);
        this.#tell();
      },
      settle: () => this.onSettle(sink),
      close: async () => {
        this.closes++;
        this.lastWords(sink);
        this.#sink = null;
        this.#tell();
      },
    };
  };

  get isOpen(): boolean {
    return this.#sink !== null;
  }

  get sink(): SourceSink {
    if (this.#sink === null) throw new Error('the source is not open');
    return this.#sink;
  }

  /** Resolves once the condition holds; it is looked at after each start, dump and close. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#changed.delete(look);
        resolve();
      };
      this.#changed.add(look);
      look();
    });
  }

  say(sighting: Sighting, at: number): void {
    new Speaker(this.sink).sighting(sighting, at);
  }

  /** `count` connections of one flow, opened now. */
  opened(count: number, flow = 0): void {
    for (let i = 0; i < count; i++) this.say(openedAt(flow, Date.now()), 0);
  }

  #tell(): void {
    for (const look of this.#changed) look();
  }
}

/** A connection of the flow with this number, 0-65535, which differ in their client. */
export function openedAt(flow: number, at: number): Sighting {
  return { kind: 'opened', at, key: keyOf(flow) };
}

export function keyOf(flow: number) {
  return {
    protocol: 'tcp',
    client: ip(`10.1.${flow >> 8}.${flow & 255}`),
    server: ip('10.2.0.1'),
    serverPort: 80,
    orientation: 'seen',
  } as const;
}
