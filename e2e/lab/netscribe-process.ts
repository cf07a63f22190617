// One long-running program of this checkout inside a network namespace. What it says goes to a file of its own.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const LOG_TAIL_LINES = 15;

/** Where and how a program runs. `program` is a path in this checkout. */
export interface ProgramPlan {
  readonly namespace: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly log: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export class LabProgram {
  readonly #child: ChildProcess;
  readonly #plan: ProgramPlan;

  constructor(plan: ProgramPlan) {
    this.#plan = plan;
    const file = openSync(plan.log, 'a');
    const command = ['netns', 'exec', plan.namespace, process.execPath, plan.program, ...plan.args];
    this.#child = spawn('ip', command, {
      cwd: CHECKOUT,
      env: { ...process.env, ...plan.env },
      stdio: ['ignore', file, file],
    });
    closeSync(file);
  }

  /** The process id; `ip netns exec` has replaced itself by the program. */
  get id(): number {
    return this.#child.pid ?? 0;
  }

  /** How it ended, or null while it runs. */
  get ended(): string | null {
    const { exitCode, signalCode } = this.#child;
    return signalCode ?? (exitCode === null ? null : `exit code ${exitCode}`);
  }

  /** The last lines it said. */
  logTail(): string {
    return readFileSync(this.#plan.log, 'utf8').trim().split('\n').slice(-LOG_TAIL_LINES).join('\n');
  }

  /** Whether it runs, and the last lines it said. */
  lastWords(): string {
    return `${this.ended ?? 'running'}\n${this.logTail()}`;
  }

  /** Ends the process at once, without waiting. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Sends a signal and waits until the process is gone; returns how it ended. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<string> {
    if (this.ended === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill(signal);
      await gone;
    }
    return this.ended ?? '';
  }
}
