/** Answers to probes in print: a table or JSON lines, and one story in words. */
import { explainVerdict } from '../netpol/explain.ts';
import type { PolicySet } from '../netpol/compile.ts';
import type { SideVerdict } from '../netpol/evaluate.ts';
import { judgeProbe } from './probe.ts';
import type { JudgedPair, Probe, ProbeAnswer } from './probe.ts';
import { textTable } from './text-table.ts';

/** One object a line, in the order of the probes. `egress` and `ingress` are those of `example`. */
export function probesJson(set: PolicySet, probes: readonly Probe[]): string {
  return probes
    .map((probe) => {
      const answer = judgeProbe(set, probe);
      const { client, server, verdict } = answer.example;
      return {
        client: probe.asked.client,
        server: probe.asked.server,
        protocol: probe.protocol,
        port: probe.port,
        ...(probe.seenAs !== null && { seenAs: probe.seenAs }),
        verdict: answer.verdict,
        pods: { judged: answer.judged, allowed: answer.allowed },
        example: { client, server },
        egress: verdict.egress,
        ingress: verdict.ingress,
      };
    })
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');
}

export function probesTable(set: PolicySet, probes: readonly Probe[]): string {
  return textTable(
    ['CLIENT', 'SERVER', 'PORT', 'VERDICT', 'EGRESS', 'INGRESS'],
    probes.map((probe) => {
      const answer = judgeProbe(set, probe);
      const { egress, ingress } = answer.example.verdict;
      const client = `${probe.asked.client}${probe.seenAs === null ? '' : ` as ${probe.seenAs}`}`;
      return [
        client,
        probe.asked.server,
        `${probe.port}/${probe.protocol}`,
        verdictText(answer),
        sideText(egress),
        sideText(ingress),
      ];
    }),
  );
}

/** The story of one connection; of two pairs of pods where only some may connect. */
export function probeStory(set: PolicySet, probe: Probe): string {
  const answer = judgeProbe(set, probe);
  const { example, counterexample } = answer;
  if (counterexample === null) {
    const titles = { client: probe.client.title, server: probe.server.title };
    return `${explainVerdict(set, example.connection, titles)}\n`;
  }
  const head = `${probe.client.title} -> ${probe.server.title}: ${answer.allowed} of ${answer.judged} pairs of pods may connect.`;
  return `${head}\n\n${pairStory(set, example)}\n\n${pairStory(set, counterexample)}\n`;
}

function pairStory(set: PolicySet, { connection, client, server }: JudgedPair): string {
  return explainVerdict(set, connection, { client, server });
}

function verdictText({ verdict, allowed, judged }: ProbeAnswer): string {
  return verdict === 'some' ? `${allowed} of ${judged} pairs` : verdict;
}

function sideText({ reason, isolatedBy, allowedBy }: SideVerdict): string {
  switch (reason) {
    case 'allowed-by-rule':
      return allowedBy.map(({ policy, rule }) => `${policy} rule ${rule}`).join(', ');
    case 'no-rule-matches':
      return `denied by ${isolatedBy.join(', ')}`;
    case 'not-isolated':
      return 'not isolated';
    case 'not-a-pod':
      return 'no pod';
    case 'host-network':
      return 'host network';
    case 'own-node':
      return 'own node';
    case 'self':
      return 'itself';
    default:
      return reason satisfies never;
  }
}
