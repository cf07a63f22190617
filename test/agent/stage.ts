/** A played server and the agents that send to it, for one test at a time: what a test opens ends with it. */
import { afterAll, afterEach, beforeEach } from 'vitest';
import { PlayedServer } from './played-server.ts';
import { removeFolders, startAgent } from './running-agent.ts';
import type { AgentSetup, RunningAgent } from './running-agent.ts';

export class Stage {
  #server = new PlayedServer();
  #agents: RunningAgent[] = [];

  /** The server of the test that runs. */
  get server(): PlayedServer {
    return this.#server;
  }

  /** An agent that sends to the server. */
  start(setup: Partial<AgentSetup> = {}): RunningAgent {
    const agent = startAgent({ server: this.#server, ...setup });
    this.#agents.push(agent);
    return agent;
  }

  /** The same, once its source is open. */
  async started(setup: Partial<AgentSetup> = {}): Promise<RunningAgent> {
    const agent = this.start(setup);
    await agent.source.until(() => agent.source.isOpen);
    return agent;
  }

  async open(): Promise<void> {
    this.#agents = [];
    this.#server = await new PlayedServer().start();
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#agents.map((agent) => agent.stop()));
    await this.#server.close();
  }
}

/** Opens a stage before each test of the file, and closes it after. */
export function stageOfEachTest(): Stage {
  const stage = new Stage();
  beforeEach(() => stage.open());
  afterEach(() => stage.close());
  afterAll(removeFolders);
  return stage;
}
