// node e2e/lab/live.ts, as root on Linux: the whole system on a real kernel, as separate processes in network namespaces, judged by the truth.
// Environment: FULL=1 adds kills and strace, KEEP=1 leaves the first run up until interrupted, CLEAN=1 only removes what earlier runs left.
import { Score } from '../../test/replay/truth.ts';
import { settled } from './live-answers.ts';
import { runOnce } from './live-run.ts';
import type { LiveLab } from './live-run.ts';
import { assertAble } from './preflight.ts';
import { proveKills } from './prove-kills.ts';
import { Session } from './session.ts';
import type { LabWorld } from './session.ts';
import { CONTROL } from './world.ts';

const SETTLED_DEADLINE_MS = 120_000;
const { FULL, KEEP, CLEAN } = process.env;

try {
  assertAble(isSet(FULL) ? ['strace'] : []);
  const session = new Session();
  try {
    process.exitCode = isSet(CLEAN) || (await runs(session)) ? 0 : 1;
  } finally {
    session.close();
  }
} catch (error) {
  say(`lab: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function runs(session: Session): Promise<boolean> {
  const total = new Score();
  say('lab: first run: nf_conntrack_acct and nf_conntrack_timestamp are 0');
  const first = await session.inWorld(false, (world) => run(world, total));
  say('lab: second run: both are 1; agents by token, people on the network too, as the chart starts them');
  const second = await session.inWorld(true, (world) => run(world, total));
  say(`lab: ${total.toString()}`);
  return first && second;
}

async function run(world: LabWorld, total: Score): Promise<boolean> {
  const began = Date.now();
  const { live, isExact } = await runOnce(world, total, say);
  const holds =
    isSet(FULL) && !world.lab.topology.accounting ? await proveKills(live, world.folder, say) : true;
  say(`lab: took ${((Date.now() - began) / 1000).toFixed(1)} s`);
  if (isSet(KEEP)) await keep(world);
  await windDown(live);
  return isExact && holds;
}

/** Agents send what they have and end well; then nothing that the server took may wait for ever. */
async function windDown({ agents, control }: LiveLab): Promise<void> {
  for (const agent of agents) await agent.stop();
  const { batches } = await settled(control, SETTLED_DEADLINE_MS);
  say(`lab: agents ended with all sent; batches accepted ${batches.accepted}, pending ${batches.pending}`);
}

/** Resolves never: the lab stays, with Leases renewed, until somebody interrupts it. */
function keep({ lab, folder }: LabWorld): Promise<never> {
  const enter = (name: string): string => `ip netns exec ${lab.topology.namespace(name)}`;
  say(`lab: up until Ctrl-C. Logs, database and capture: ${folder}`);
  say(`  ${enter('node-a')} conntrack -L`);
  say(`  ${enter(CONTROL.name)} curl http://127.0.0.1:${CONTROL.apiPort}/api/v1/policies.yaml`);
  for (const pod of lab.pods().filter((each) => !each.facts.workload.hostNetwork))
    say(`  ${enter(pod.facts.name)} ip address    # ${pod.facts.addresses[0]}`);
  return new Promise(() => undefined);
}

function isSet(flag: string | undefined): boolean {
  return flag !== undefined && flag !== '' && flag !== '0';
}

function say(line: string): void {
  console.log(line);
}
