/** A verification as the API prints it, with every figure's way of measurement beside it. */
import { edgeKeyText, edgeTotals } from '../domain/edge.ts';
import type { Edge } from '../domain/edge.ts';
import { formatAddressRange } from '../domain/address-range.ts';
import type { ReachEnd } from '../netpol/reach.ts';
import type { Reachable } from '../netpol/verify-reach.ts';
import type { DeniedEdge, EdgeNeed, UnjudgedEdge, Verification } from '../netpol/verify.ts';
import { policyKey } from '../netpol/verify-change.ts';
import { printEdgeKey } from '../wire/edge-json.ts';
import { printIdentity } from '../wire/identity-json.ts';
import { rfc3339 } from '../wire/listing.ts';
import { MAX_VERIFY_ROWS } from '../wire/verify-json.ts';
import type { DeniedEdgeJson, NewlyAllowedJson, VerifyAnswerJson } from '../wire/verify-json.ts';
import type { VerifyAnswer } from './verification.ts';

export function printVerification(answer: VerifyAnswer): VerifyAnswerJson {
  const { verification, window } = answer;
  const { denied, unjudged, reach } = verification;
  const { newlyAllowed } = reach;
  return {
    window: {
      start: rfc3339(window.start),
      end: rfc3339(window.end),
      measured: 'whole hours of what the agents recorded',
    },
    policies: printPolicies(answer),
    summary: printSummary(answer.edges, verification),
    denied: denied.slice(0, MAX_VERIFY_ROWS).map(printDenied),
    unjudged: unjudged.slice(0, MAX_VERIFY_ROWS).map(printUnjudged),
    newlyAllowed: newlyAllowed.slice(0, MAX_VERIFY_ROWS).map(printNewlyAllowed),
    leftOut: {
      denied: beyond(denied.length),
      unjudged: beyond(unjudged.length),
      newlyAllowed: beyond(newlyAllowed.length),
    },
    reachable: printReachable(reach.reachable),
    otherPolicyKinds: answer.otherPolicyKinds,
    caveats: answer.caveats,
    explanation: answer.explanation,
  };
}

function printReachable({ within, ...figures }: Reachable): VerifyAnswerJson['reachable'] {
  const pods = `the ${figures.pods} pods ${within === 'touched' ? 'of the touched namespaces' : 'of the cluster'} that are not on the host network`;
  const measured =
    within === 'none'
      ? `not counted among ${pods}: too many; verify one namespace at a time`
      : `ordered pairs of ${pods}, times ports 1-65535 of TCP, UDP and SCTP`;
  return { ...figures, measured };
}

function printPolicies({ policies, verification }: VerifyAnswer): VerifyAnswerJson['policies'] {
  const { judged, before, after } = policies;
  const fresh = new Map(after.map((policy) => [policyKey(policy), policy]));
  const keysOf = (wanted: (key: string, policy: unknown) => boolean): string[] =>
    before.filter((policy) => wanted(policyKey(policy), policy)).map(policyKey);
  return {
    judged,
    before: before.length,
    after: after.length,
    replaced: keysOf((key, policy) => fresh.has(key) && fresh.get(key) !== policy),
    removed: keysOf((key) => !fresh.has(key)),
    touchedNamespaces: verification.reach.touched,
  };
}

function printSummary(edges: number, verification: Verification): VerifyAnswerJson['summary'] {
  const { denied, unjudged, admitted, allowed } = verification;
  const needed = denied.filter(({ need }) => need === 'needed');
  return {
    edges,
    allowed,
    wouldBreak: denied.filter(({ breaks }) => breaks).length,
    deniedBefore: needed.filter(({ deniedBefore }) => deniedBefore).length,
    noise: denied.length - needed.length,
    unjudged: unjudged.length,
    admitted: admitted.length,
    measured:
      'edges (client, server, protocol, port) recorded in the window, each judged at both sides over one pod of every kind of pod that the policies tell apart, with the labels of now',
  };
}

function printDenied({ edge, need, breaks, deniedBefore, ways, sides }: DeniedEdge): DeniedEdgeJson {
  return {
    ...printRecorded(edge, need),
    breaks,
    deniedBefore,
    ways,
    sides: sides.map((side) => ({
      ...side,
      seenAs: side.seenAs === null ? null : printIdentity(side.seenAs),
    })),
  };
}

function printUnjudged({ edge, need, reason, gone }: UnjudgedEdge): VerifyAnswerJson['unjudged'][number] {
  return { ...printRecorded(edge, need), reason, gone: gone.map(printIdentity) };
}

function printRecorded(edge: Edge, need: EdgeNeed) {
  const { opened, present, answered } = edgeTotals(edge);
  return {
    key: edgeKeyText(edge),
    ...printEdgeKey(edge),
    need,
    opened,
    present,
    answered,
    firstSeen: rfc3339(edge.firstSeen),
    lastSeen: rfc3339(edge.lastSeen),
  };
}

function printNewlyAllowed(change: Verification['reach']['newlyAllowed'][number]): NewlyAllowedJson {
  const { client, server, protocol, allowedOnlyAfter, pods } = change;
  return { client: printEnd(client), server: printEnd(server), protocol, ports: allowedOnlyAfter, pods };
}

function printEnd(end: ReachEnd): NewlyAllowedJson['client'] {
  switch (end.kind) {
    case 'group':
      return { kind: 'group', title: end.title };
    case 'outside':
      return { kind: 'outside', ranges: end.ranges.map(formatAddressRange) };
    default:
      return end satisfies never;
  }
}

function beyond(count: number): number {
  return Math.max(0, count - MAX_VERIFY_ROWS);
}
