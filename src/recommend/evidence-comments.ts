/** What `--with-evidence` adds to a draft's YAML as comments: figures and what is missing. All of it moves with time and traffic. */
import { isObservation } from './caveat-codes.ts';
import type { WorkloadCoverage } from './coverage.ts';
import type { Caveat, Draft, Readiness, RuleEvidence } from './draft.ts';
import { existingLines } from './existing.ts';

/** A scan has thousands of edges. */
const MAX_HELD_BACK = 10;

/** Lines above a draft; `coverage` of it is told in hours, and `readiness` with what would complete it. */
export function draftComments({ coverage, readiness, heldBack, caveats, existing }: Draft): string[] {
  return [
    ...readinessLines(readiness),
    ...(coverage === null ? [] : coverageLines(coverage)),
    ...(existing === null ? [] : existingLines(existing)),
    ...caveats.filter(({ code }) => isObservation(code)).map(caveatLine),
    ...heldBackLines(heldBack),
  ];
}

/** Lines above a rule. */
export function evidenceComments(evidence: RuleEvidence): string[] {
  const { opened, answered, present, daysSeen, clientPods, serverPods, witnesses, testimony } = evidence;
  const { agreed, oneSided, disputed } = testimony;
  const days = daysSeen === 1 ? '1 day' : `${daysSeen} days`;
  return [
    `opened ${opened}, answered ${answered}, present ${present}; ${clientPods} client and ${serverPods} server pods; seen by ${witnesses.join(', ')}`,
    `seen on ${days}, first ${iso(evidence.firstSeen)}, last ${iso(evidence.lastSeen)}; agreed ${agreed}, one-sided ${oneSided}, disputed ${disputed}`,
  ];
}

/** `caveat blind-nodes: Nodes ... (node-a, node-b)` */
export function caveatLine({ code, sentence, names }: Caveat): string {
  return `caveat ${code}: ${sentence}${names === undefined ? '' : ` (${names.join(', ')})`}`;
}

function readinessLines(readiness: Readiness): string[] {
  switch (readiness.state) {
    case 'ready':
      return ['readiness: ready'];
    case 'incomplete':
      return readiness.reasons.map(
        ({ code, sentence, completedBy, names }) =>
          `readiness: incomplete: ${code}: ${sentence}${names === undefined ? '' : ` (${names.join(', ')})`} ${completedBy}`,
      );
    default:
      return readiness satisfies never;
  }
}

function coverageLines({
  pods,
  podHours,
  observedPodHours,
  starts,
  terminations,
}: WorkloadCoverage): string[] {
  return [
    `observed ${cut(observedPodHours)} of ${cut(podHours)} pod-hours of ${pods === 1 ? `1 pod` : `${pods} pods`}; whole: ${starts.whole} of ${starts.total} starts, ${terminations.whole} of ${terminations.total} terminations`,
  ];
}

/** Never rounded up: what was not observed must not look observed. */
function cut(hours: number): string {
  return (Math.floor(hours * 1000) / 1000).toFixed(3);
}

function heldBackLines(heldBack: Draft['heldBack']): string[] {
  const lines = heldBack.map(({ edge, reason, sentence }) => `held back (${reason}): ${edge}: ${sentence}`);
  const more = lines.length - MAX_HELD_BACK;
  return more > 0 ? [...lines.slice(0, MAX_HELD_BACK), `held back: ${more} more, which JSON names`] : lines;
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
