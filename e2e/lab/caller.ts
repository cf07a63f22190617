// Makes the calls of the world happen, and refuses to go on when one did not come out as declared: the truth file rests on that.
import { setTimeout as delay } from 'node:timers/promises';

import { dialledAddress, LONG_LIVED, probedWorkloads, questionOf, SCAN } from './calls.ts';
import type { Call } from './calls.ts';
import type { Lab, LabPod } from './lab.ts';
import { mustAnswer } from './peer-process.ts';
import type { PeerProcess } from './peer-process.ts';
import { workloadKey, workloadOf } from './workloads.ts';
import { DNS_ADDRESS, NODES } from './world.ts';

/** Between two calls, so that seconds differ and the events tool's default buffer of 166 events never fills. */
const CALL_PAUSE_MS = 100;
const SCAN_PAUSE_MS = 15;

/** Makes every call of a list, in order, from every pod of its client. */
export async function makeCalls(lab: Lab, calls: readonly Call[]): Promise<void> {
  for (const call of calls)
    for (const { name, peer } of clientsOf(lab, call.client)) {
      for (const address of await addressesOf(lab, call, peer)) {
        const reply = await peer.order({ op: 'dial', address, port: call.target.port });
        if (reply.outcome !== call.outcome)
          throw new Error(
            `${name} -> ${address}:${call.target.port}: expected ${call.outcome}, got ${JSON.stringify(reply)}`,
          );
      }
      await delay(CALL_PAUSE_MS);
    }
}

/** Each node's kubelet probes each of its pods that has a probe. */
export async function probeAll(lab: Lab): Promise<void> {
  for (const workload of probedWorkloads())
    for (const { facts } of lab.podsOf(workloadKey(workload))) {
      const address = ipv4(facts.addresses);
      const port = workload.probe ?? 0;
      await mustAnswer(lab.host(facts.node), `probe of ${facts.name}`, { op: 'probe', address, port });
      await delay(CALL_PAUSE_MS / 2);
    }
}

/** Opens the connection that lives longer than the recording. */
export async function openLongLived(lab: Lab): Promise<void> {
  const { peer } = lab.onlyPod(LONG_LIVED.client);
  const [address = ''] = await addressesOf(lab, LONG_LIVED, peer);
  await mustAnswer(peer, 'the long-lived connection', { op: 'hold', address, port: LONG_LIVED.target.port });
}

/** Says a few bytes on it; its client also asks DNS again, as clients with a pool do. */
export async function useLongLived(lab: Lab): Promise<void> {
  const { peer } = lab.onlyPod(LONG_LIVED.client);
  await addressesOf(lab, LONG_LIVED, peer);
  await mustAnswer(peer, 'the long-lived connection', { op: 'say' });
}

/** The port scan: TCP connects, most of them refused. Only the ports that the server really serves may answer. */
export async function scan(lab: Lab): Promise<void> {
  const client = lab.onlyPod(SCAN.client);
  for (const server of SCAN.servers) {
    const address = ipv4(lab.podsOf(server).at(-1)?.facts.addresses ?? []);
    for (const port of SCAN.ports) {
      const expected = workloadOf(server).listens.includes(port) ? 'answered' : 'refused';
      const reply = await client.peer.order({ op: 'dial', address, port });
      if (reply.outcome !== expected)
        throw new Error(`scan of ${server}:${port}: expected ${expected}, got ${JSON.stringify(reply)}`);
      await delay(SCAN_PAUSE_MS);
    }
  }
}

function clientsOf(lab: Lab, client: string): { name: string; peer: PeerProcess }[] {
  const [kind, rest = ''] = client.split(':');
  if (kind === 'external') return [{ name: client, peer: lab.host('ext') }];
  if (kind === 'node') return [{ name: client, peer: lab.host(rest in NODES ? rest : '') }];
  const pods = lab.podsOf(client);
  if (pods.length === 0) throw new Error(`${client} has no running pod`);
  return pods.map((pod: LabPod) => ({ name: pod.facts.name, peer: pod.peer }));
}

async function addressesOf(lab: Lab, call: Call, peer: PeerProcess): Promise<readonly string[]> {
  const expected = dialledAddress(call);
  if (expected === undefined)
    return call.target.kind === 'pods'
      ? lab.podsOf(call.target.workload).map(({ facts }) => ipv4(facts.addresses))
      : [];
  const question = questionOf(call);
  if (question === undefined || call.asks === 'nothing') return [expected];
  const command = { op: 'ask', server: DNS_ADDRESS, transport: call.asks, ...question } as const;
  return [await mustAnswer(peer, `${call.client} asks for ${question.name}`, command)];
}

function ipv4(addresses: readonly string[]): string {
  return addresses.find((one) => !one.includes(':')) ?? '';
}
