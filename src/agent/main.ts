/**
 * `netscribe agent`: the process that runs on every node. It loads Node's own modules, koffi, pino and pure code, and
 * nothing of the server; it has no rights in Kubernetes and changes nothing on its node.
 */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import v8 from 'node:v8';
import { systemClock, warnOfOffset } from '../runtime/clock.ts';
import { createLogger } from '../runtime/log.ts';
import { writeText } from '../runtime/write-text.ts';
import { Agent } from './agent.ts';
import type { AgentTiming } from './agent.ts';
import { readBounded } from './durable-file.ts';
import { agentHelp } from './option-table.ts';
import { parseAgentOptions } from './options.ts';
import type { AgentOptions } from './options.ts';
import type { OpenSource } from './source-keeper.ts';
import { openStateFolder } from './state-folder.ts';

interface CommandIo {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** What a test brings instead of the kernel and of waiting. */
export interface AgentOverrides {
  readonly openSource?: OpenSource;
  readonly timing?: Partial<AgentTiming>;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const TIMING: AgentTiming = {
  sendBackoff: { leastMs: 500, mostMs: 30_000 },
  sourceBackoff: { leastMs: 500, mostMs: 30_000 },
  // A server under load commits within a second; past this it is gone.
  exchangeMs: 30_000,
  // Kubernetes kills 30 s after it asked, and the last batch must be out well before.
  stopMs: 10_000,
  dumpGapMs: 10_000,
  // Of an old server's work it is nothing, and after an upgrade the CPU that gzip costs is over within the hour.
  refusedCompressionMs: 3_600_000,
};

/** Made anew by the kernel at each boot (Documentation/admin-guide/sysctl/kernel.rst). */
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';

/** Exit codes: 0 stopped by the signal; 1 fenced; 2 usage. Throws ProblemErrors for what else a person must mend. */
export async function main(argv: string[], io: CommandIo, overrides: AgentOverrides = {}): Promise<number> {
  const parsed = parseAgentOptions(argv, overrides.env ?? process.env);
  switch (parsed.kind) {
    case 'help':
      await writeText(io.stdout, agentHelp());
      return 0;
    case 'problems':
      await writeText(
        io.stderr,
        `netscribe agent: ${parsed.problems.join('\n                 ')}\nnetscribe agent --help tells the options.\n`,
      );
      return 2;
    case 'options':
      return run(parsed.options, io, overrides);
    default:
      return parsed satisfies never;
  }
}

async function run(options: AgentOptions, io: CommandIo, overrides: AgentOverrides): Promise<number> {
  // A young generation that never grows: almost all of the agent's objects die at once, and each node pays for its memory.
  v8.setFlagsFromString('--semi-space-growth-factor=1');
  const log = createLogger(io.stderr, options.logLevel);
  const bootId = bootIdOf(readBounded(BOOT_ID_FILE, 64));
  const state = openStateFolder(options.stateDir, () => randomBytes(16).toString('hex'), log);
  try {
    log.info({ ...options, server: options.server.href, bootId, epoch: state.epoch }, 'the agent starts');
    warnOfOffset(log);
    if (options.tokenFile !== null && options.server.protocol === 'http:')
      log.warn({ server: options.server.origin }, 'the token is sent unencrypted: use an https server');
    const agent = new Agent(options, {
      openSource: overrides.openSource ?? openKernelSource,
      state,
      bootId,
      clock: systemClock,
      random: Math.random,
      timing: { ...TIMING, ...overrides.timing },
      log,
    });
    return await agent.run(io.signal);
  } finally {
    state.close();
  }
}

/** Loaded only here, so that what it needs of the system is missed only when it is used. */
const openKernelSource: OpenSource = async (wanted, sink, log) => {
  const { openSource } = await import('../conntrack/open-source.ts');
  return openSource(wanted, sink, log);
};

/** Empty for anything that is no uuid, such as on another system. */
function bootIdOf(text: string | null): string {
  const id = text?.trim() ?? '';
  return /^[0-9a-f-]{36}$/.test(id) ? id : '';
}
