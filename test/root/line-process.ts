/** A process that takes commands and gives answers as lines of JSON. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** One line: what it is, and anything else. */
export interface Line {
  readonly is: string;
  readonly [field: string]: unknown;
}

export class LineProcess {
  /** Every line so far. */
  readonly lines: Line[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #complaint = '';
  #taken = 0;
  #wake: (() => void)[] = [];
  #hasEnded = false;

  constructor(command: readonly string[]) {
    const [file = '', ...args] = command;
    this.#child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    createInterface(this.#child.stdout).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#awake();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#complaint += text));
    this.#child.on('close', () => {
      this.#hasEnded = true;
      this.#awake();
    });
  }

  /** Of the program itself: what started it, such as `ip netns exec`, has replaced itself by it. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  tell(command: Line): void {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** Waits until a condition over all lines holds; throws when the process ends before. */
  async until(holds: (lines: readonly Line[]) => boolean): Promise<void> {
    while (!holds(this.lines)) {
      if (this.#hasEnded) throw new Error(`the process ended: ${this.#complaint}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** The next line of that kind that was not taken yet. */
  async next(is: string): Promise<Line> {
    let found = -1;
    await this.until((lines) => {
      found = lines.findIndex((line, index) => index >= this.#taken && line.is === is);
      return found !== -1;
    });
    this.#taken = found + 1;
    return this.lines[found]!;
  }

  /** Tells a command and waits for its answer. */
  ask(command: Line): Promise<Line> {
    this.#taken = this.lines.length;
    this.tell(command);
    return this.next('done');
  }

  async end(): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.stdin.end();
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }

  #awake(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const resolve of waiting) resolve();
  }
}
