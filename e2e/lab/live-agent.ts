// One netscribe agent in one node's namespace.
import { join } from 'node:path';

import type { Lab } from './lab.ts';
import { CONTROL } from './world.ts';
import { LabProgram } from './netscribe-process.ts';
import { waitUntil } from './wait-until.ts';
import type { NodeName } from './world.ts';

const LISTEN = '127.0.0.1:9464';
/** Shorter than in a cluster, where batches are sent every 10 s: nobody waits for the last one of a story. */
const BATCH_WINDOW_MS = 2000;
const START_DEADLINE_MS = 90_000;

/** What one lab wants of its agents that others do not. */
interface AgentExtras {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export class LiveAgent {
  readonly node: NodeName;
  readonly #lab: Lab;
  readonly #folder: string;
  readonly #more: AgentExtras;
  #program: LabProgram | undefined;

  /** `folder` takes the state directory and the log. */
  constructor(lab: Lab, node: NodeName, { folder, ...more }: { folder: string } & AgentExtras) {
    this.#lab = lab;
    this.node = node;
    this.#folder = folder;
    this.#more = more;
  }

  /** Starts it on its state directory, and waits until it reads the kernel and its reports are taken. */
  async start(more: readonly string[] = []): Promise<void> {
    const program = new LabProgram({
      namespace: this.#lab.topology.namespace(this.node),
      program: 'src/main.ts',
      log: join(this.#folder, `agent-${this.node}.log`),
      args: [
        'agent',
        `--server=https://${CONTROL.address}:${CONTROL.ingestPort}`,
        '--pin-ca',
        `--node-name=${this.node}`,
        `--state-dir=${join(this.#folder, `state-${this.node}`)}`,
        `--batch-window-ms=${BATCH_WINDOW_MS}`,
        `--listen=${LISTEN}`,
        ...(this.#more.args ?? []),
        ...more,
      ],
      ...(this.#more.env === undefined ? {} : { env: this.#more.env }),
    });
    this.#program = program;
    await waitUntil(`the agent of ${this.node}`, START_DEADLINE_MS, async (note) => {
      if (program.ended !== null) throw new Error(`it ended (${program.ended}): ${program.logTail()}`);
      const url = `http://${LISTEN}/readyz`;
      const reply = await this.#lab.host(this.node).order({ op: 'http', method: 'GET', url });
      if (reply.outcome === 'answered' && reply.status === 200) return true;
      note(JSON.stringify(reply));
      return null;
    });
  }

  get program(): LabProgram {
    if (this.#program === undefined) throw new Error(`the agent of ${this.node} was not started`);
    return this.#program;
  }

  lastWords(): string {
    return this.#program?.lastWords() ?? 'not started';
  }

  /** Ends it at once, without waiting. */
  kill(): void {
    this.#program?.kill();
  }

  /** Asks it to end; throws when it did not send all it had. */
  async stop(): Promise<void> {
    const ended = await this.program.stop('SIGTERM');
    if (ended !== 'exit code 0')
      throw new Error(`the agent of ${this.node} ended with ${ended}: ${this.program.logTail()}`);
  }
}
