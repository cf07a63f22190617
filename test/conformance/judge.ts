/** Asks the evaluator what the upstream tests asked real clusters, and says where it answers otherwise and why. */
import { ip } from '../../src/domain/ip.ts';
import { parseProtocol } from '../../src/domain/protocol.ts';
import type { Protocol } from '../../src/domain/protocol.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { evaluate } from '../../src/netpol/evaluate.ts';
import type { SideVerdict, Verdict } from '../../src/netpol/evaluate.ts';
import { parsePolicy } from '../../src/netpol/parse/parse-policy.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { End, PolicyPod } from '../../src/netpol/world.ts';
import type { TruthCase } from './truth.ts';

export interface CaseOutcome {
  readonly probes: number;
  /** Probes answered as a real cluster did; none when a policy of the case could not be read. */
  readonly met: number;
  /** One text of several lines for each probe that was not, or for each policy that could not be read. */
  readonly mismatches: readonly string[];
}

export function judgeCase(each: TruthCase): CaseOutcome {
  const probes = Object.entries(each.expect);
  const { policies, refusals } = readPolicies(each);
  if (refusals.length > 0) return { probes: probes.length, met: 0, mismatches: refusals };
  const pods = podsOf(each);
  const set = compilePolicies(policies, { namespaces: namespacesOf(each, pods), nodes: [] });
  const { port } = each.probe;
  const protocol = protocolOf(each.probe.protocol);
  const mismatches = probes.flatMap(([pair, expected]) => {
    const [client = '', server = ''] = pair.split('->');
    const ends = { client: endOf(pods, client), server: endOf(pods, server) };
    const verdict = evaluate(set, { ...ends, protocol, port });
    if (verdict.allowed === expected) return [];
    return [storyOf(`${each.name}: ${client} -> ${server}:${port}/${protocol}`, verdict, policies)];
  });
  return { probes: probes.length, met: probes.length - mismatches.length, mismatches };
}

function readPolicies(each: TruthCase): { policies: NetworkPolicy[]; refusals: string[] } {
  const policies: NetworkPolicy[] = [];
  const refusals: string[] = [];
  for (const [index, value] of each.policies.entries()) {
    const parsed = parsePolicy(value, { defaultNamespace: null });
    if (parsed.kind === 'policy') policies.push(parsed.policy);
    else {
      const problems = parsed.problems.map(({ field, message }) => `  ${field}: ${message}\n`);
      refusals.push(`${each.name}: policy ${index + 1} is refused\n${problems.join('')}`);
    }
  }
  return { policies, refusals };
}

function podsOf(each: TruthCase): ReadonlyMap<string, PolicyPod> {
  const ports = each.ports.flatMap((port) =>
    each.protocols.map((text) => {
      const protocol = protocolOf(text);
      return { name: `serve-${port}-${protocol}`, protocol, port };
    }),
  );
  return new Map(
    each.pods.map((key) => {
      const [namespace = '', name = ''] = key.split('/');
      const labels = { pod: name, ...each.extraPodLabels[key] };
      const ips = [ip(each.podIPs[key] ?? '')];
      return [key, { namespace, name, labels, ips, node: null, hostNetwork: false, ports }];
    }),
  );
}

function namespacesOf(
  each: TruthCase,
  pods: ReadonlyMap<string, PolicyPod>,
): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const names = [...pods.values()].map(({ namespace }) => namespace);
  return new Map(names.map((name) => [name, each.extraNamespaceLabels[name] ?? {}]));
}

function endOf(pods: ReadonlyMap<string, PolicyPod>, key: string): End {
  const pod = pods.get(key);
  if (pod === undefined) throw new RangeError(`the case has no pod ${JSON.stringify(key)}`);
  return { kind: 'pod', pod };
}

function protocolOf(text: string): Protocol {
  const protocol = parseProtocol(text);
  if (protocol === null) throw new RangeError(`not a protocol: ${text}`);
  return protocol;
}

/** What was answered, why at each side, and the policies that decided it. */
function storyOf(title: string, verdict: Verdict, policies: readonly NetworkPolicy[]): string {
  const { allowed, egress, ingress } = verdict;
  const answer = allowed
    ? 'is allowed; in a real cluster it was not'
    : 'is denied; in a real cluster it was allowed';
  const deciding = new Set([...egress.isolatedBy, ...ingress.isolatedBy]);
  const decided = policies.filter(({ metadata }) => deciding.has(`${metadata.namespace}/${metadata.name}`));
  return [
    `${title} ${answer}`,
    `  egress: ${sideText(egress)}`,
    `  ingress: ${sideText(ingress)}`,
    ...decided.map((policy) => `  ${JSON.stringify(policy)}`),
    '',
  ].join('\n');
}

function sideText({ reason, isolatedBy, allowedBy }: SideVerdict): string {
  const rules = allowedBy.map(({ policy, rule }) => `${policy} rule ${rule}`);
  const isolators = isolatedBy.length === 0 ? '' : `, isolated by ${isolatedBy.join(', ')}`;
  return `${reason}${isolators}${rules.length === 0 ? '' : `, allowed by ${rules.join(', ')}`}`;
}
