// node e2e/lab/live.ts, as root on Linux: the whole system on a real kernel, as separate processes in network namespaces, judged by the truth.
// Environment: FULL=1 adds kills and strace, KEEP=1 leaves the first run up until interrupted, CLEAN=1 only removes what earlier runs left.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Score } from '../../test/replay/truth.ts';
import type { Lab } from './lab.ts';
import { settled } from './live-answers.ts';
import { newLiveWorld, runOnce } from './live-run.ts';
import type { LiveLab } from './live-run.ts';
import { CONTROL } from './live-world.ts';
import { assertAble, NAMESPACE_STEM, removeNamespaces, takeLock } from './preflight.ts';
import { proveKills } from './prove-kills.ts';

const SCRATCH_STEM = 'netscribe-lab-';
const SETTLED_DEADLINE_MS = 30_000;
const { FULL, KEEP, CLEAN } = process.env;

try {
  assertAble(isSet(FULL) ? ['strace'] : []);
  process.exitCode = (await locked()) ? 0 : 1;
} catch (error) {
  say(`lab: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function locked(): Promise<boolean> {
  const release = takeLock();
  try {
    removeNamespaces(NAMESPACE_STEM);
    for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(SCRATCH_STEM)))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    if (isSet(CLEAN)) return true;
    say('lab: first run: nf_conntrack_acct and nf_conntrack_timestamp are 0');
    const total = new Score();
    const first = await run(false, release, total);
    if (isSet(KEEP)) return first;
    say('lab: second run: both are 1');
    const second = await run(true, release, total);
    say(`lab: ${total.toString()}`);
    return first && second;
  } finally {
    release();
  }
}

async function run(accounting: boolean, release: () => void, total: Score): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), SCRATCH_STEM));
  const lab = newLiveWorld(accounting);
  let live: LiveLab | undefined;
  const clear = (): void => {
    lab.topology.down();
    rmSync(folder, { recursive: true, force: true });
  };
  const interrupt = (): void => {
    clear();
    release();
    process.exit(130);
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const began = Date.now();
    let isExact = await runOnce(lab, folder, { total, say, running: (each) => (live = each) });
    if (isSet(FULL) && live !== undefined && !accounting)
      isExact = (await proveKills(live, folder, say)) && isExact;
    say(`lab: took ${((Date.now() - began) / 1000).toFixed(1)} s`);
    if (isSet(KEEP)) await keep(lab, folder);
    if (live !== undefined) await windDown(live);
    return isExact;
  } catch (error) {
    if (live !== undefined) say(troublesOf(live));
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    for (const agent of live?.agents ?? []) await agent.kill();
    await live?.control.close();
    await lab.down();
    clear();
  }
}

/** Agents send what they have and end well; then nothing that the server took may wait for ever. */
async function windDown({ agents, control }: LiveLab): Promise<void> {
  for (const agent of agents) await agent.stop();
  const { batches } = await settled(control, SETTLED_DEADLINE_MS);
  say(`lab: agents ended with all sent; batches accepted ${batches.accepted}, pending ${batches.pending}`);
}

/** Resolves never: the lab stays, with Leases renewed, until somebody interrupts it. */
function keep(lab: Lab, folder: string): Promise<never> {
  const enter = (name: string): string => `ip netns exec ${lab.topology.namespace(name)}`;
  say(`lab: up until Ctrl-C. Logs, database and capture: ${folder}`);
  say(`  ${enter('node-a')} conntrack -L`);
  say(`  ${enter(CONTROL.name)} curl http://127.0.0.1:${CONTROL.apiPort}/api/v1/policies.yaml`);
  for (const pod of lab.pods().filter((each) => !each.facts.workload.hostNetwork))
    say(`  ${enter(pod.facts.name)} ip address    # ${pod.facts.addresses[0]}`);
  return new Promise(() => undefined);
}

function troublesOf({ control, agents }: LiveLab): string {
  const tails = agents.map((agent) => `agent of ${agent.node}: ${agent.lastWords()}`);
  return [control.lastWords(), ...tails].join('\n');
}

function isSet(flag: string | undefined): boolean {
  return flag !== undefined && flag !== '' && flag !== '0';
}

function say(line: string): void {
  console.log(line);
}
