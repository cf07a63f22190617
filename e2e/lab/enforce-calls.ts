// Makes probes happen, many at once, and says what is wrong with them.
import type { PolicySet } from '../../src/netpol/compile.ts';
import { wrongOf } from './enforce-judge.ts';
import type { Enforcement } from './enforce-kernel.ts';
import type { Probe } from './enforce-probe.ts';
import type { Lab } from './lab.ts';
import type { PeerProcess } from './peer-process.ts';
import type { PeerReply } from './peer-protocol.ts';

/** Enough to be done in seconds, few enough that one machine answers all of them in time. */
const AT_ONCE = 48;
/** A second try waits so long: whoever is only slow has answered by then, and a SYN was sent again. */
const SECOND_PATIENCE_MS = 2500;

/** Where probes are made and judged. */
export interface Field {
  readonly lab: Lab;
  readonly enforcement: Enforcement;
  readonly set: PolicySet;
}

/**
 * Makes every probe and returns what is wrong, one text for each. What is wrong is tried once more, alone and with more
 * patience, so that a busy machine is not taken for a dropped packet; what was noted of the first try still counts.
 */
export async function judgeAll(probes: readonly Probe[], field: Field): Promise<string[]> {
  const first = await judgeOnce(probes, field, AT_ONCE);
  const again = first.filter(({ wrong }) => wrong !== null).map(({ probe }) => patient(probe));
  if (again.length === 0) return [];
  const second = await judgeOnce(again, field, 8);
  return second.flatMap(({ wrong }) => (wrong === null ? [] : [wrong]));
}

async function judgeOnce(
  probes: readonly Probe[],
  { lab, enforcement, set }: Field,
  atOnce: number,
): Promise<{ probe: Probe; wrong: string | null }[]> {
  const replies = await inTurns(probes, atOnce, (probe) => processOf(lab, probe.process).order(probe.order));
  const notes = enforcement.notes();
  return replies.map(({ item, result }) => ({
    probe: item,
    wrong: wrongOf(item, { reply: result, notes }, set),
  }));
}

function patient(probe: Probe): Probe {
  return probe.order.op === 'attempt'
    ? { ...probe, order: { ...probe.order, patienceMs: SECOND_PATIENCE_MS } }
    : probe;
}

/** A process of the lab by the name of its pod or host. */
function processOf(lab: Lab, name: string): PeerProcess {
  const pod = lab.pods().find(({ facts }) => facts.name === name && !facts.workload.hostNetwork);
  return pod?.peer ?? lab.host(name);
}

async function inTurns<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<PeerReply>,
): Promise<{ item: T; result: PeerReply }[]> {
  const done: { item: T; result: PeerReply }[] = [];
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) done.push({ item, result: await work(item) });
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return done;
}
