/** What a person should know before believing an answer about manifests: what is odd, and what they leave open. */
import { parseProtocol } from '../domain/protocol.ts';
import type { ManifestObject } from '../netpol/parse/manifest-text.ts';
import type { NetworkPolicyPeer, NetworkPolicyPort } from '../netpol/policy.ts';
import { selectorMatches } from '../netpol/selector.ts';
import type { PolicyPod, PolicyWorld } from '../netpol/world.ts';
import { countKinds, describePlace, isNetworkPolicy } from './manifests.ts';
import type { PlacedPolicy } from './manifests.ts';

/** The one label that every namespace has (NETPOL rule 14). */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/** Kinds of other network policy engines, which may allow or deny what is judged here. */
const OTHER_POLICIES = /(NetworkPolicy|NetworkPolicies|AuthorizationPolicy|EgressFirewall)$/;

/** Sentences about objects that are not judged. */
export function notesOfOthers(others: readonly ManifestObject[]): string[] {
  const unknown = others.filter((object) => !isNetworkPolicy(object));
  const engines = unknown.filter(({ kind }) => OTHER_POLICIES.test(kind));
  const rest = unknown.filter(({ kind }) => !OTHER_POLICIES.test(kind));
  return [
    ...(engines.length === 0
      ? []
      : [`these decide about traffic too and are not judged: ${countKinds(engines)}`]),
    ...(rest.length === 0 ? [] : [`passed over, for they say nothing here: ${countKinds(rest)}`]),
  ];
}

/** Sentences about policies that do less than they seem to, and about what these pods and namespaces leave open. */
export function notesOfPolicies(
  policies: readonly PlacedPolicy[],
  { pods, world }: { readonly pods: readonly PolicyPod[]; readonly world: PolicyWorld },
): string[] {
  const byNamespace = Map.groupBy(pods, ({ namespace }) => namespace);
  const perPolicy = policies.flatMap((placed) => {
    const { namespace } = placed.policy.metadata;
    const selected = (byNamespace.get(namespace) ?? []).filter(
      (pod) => !pod.hostNetwork && selectorMatches(placed.policy.spec.podSelector, pod.labels),
    );
    if (selected.length === 0) return [`${titleOf(placed)} selects no pod`];
    return namedPortNotes(placed, { selected, pods });
  });
  return [...perPolicy, ...blockNotes(policies, pods), ...namespaceNotes(policies, { pods, world })];
}

function namedPortNotes(
  placed: PlacedPolicy,
  { selected, pods }: { readonly selected: readonly PolicyPod[]; readonly pods: readonly PolicyPod[] },
): string[] {
  const { ingress, egress } = placed.policy.spec;
  const note = (servers: readonly PolicyPod[], who: string) => (list: readonly NetworkPolicyPort[]) =>
    list.flatMap(({ port, protocol }) => {
      if (typeof port !== 'string' || servers.some((pod) => hasPort(pod, { port, protocol }))) return [];
      return [`${titleOf(placed)}: ${who} has a ${protocol ?? 'TCP'} port named ${JSON.stringify(port)}`];
    });
  const found = [
    ...(ingress ?? []).map(({ ports }) => ports ?? []).flatMap(note(selected, 'no pod that it selects')),
    ...(egress ?? []).map(({ ports }) => ports ?? []).flatMap(note(pods, 'no pod here')),
  ];
  return [...new Set(found)];
}

function hasPort(
  pod: PolicyPod,
  { port, protocol }: { port: string; protocol: NetworkPolicyPort['protocol'] },
): boolean {
  const wanted = parseProtocol(protocol ?? 'TCP');
  return pod.ports.some((each) => each.name === port && each.protocol === wanted);
}

function blockNotes(policies: readonly PlacedPolicy[], pods: readonly PolicyPod[]): string[] {
  const homeless = pods.filter((pod) => pod.ips.length === 0 && !pod.hostNetwork).length;
  const hasBlocks = policies.some((placed) =>
    peersOf(placed).some(({ ipBlock }) => ipBlock !== null && ipBlock !== undefined),
  );
  if (homeless === 0 || !hasBlocks) return [];
  return [`ipBlocks match no pod whose address is not known: ${homeless} of ${pods.length} pods have none`];
}

/** A namespace without an object has no labels but its name, as far as these manifests tell. */
function namespaceNotes(
  policies: readonly PlacedPolicy[],
  { pods, world }: { readonly pods: readonly PolicyPod[]; readonly world: PolicyWorld },
): string[] {
  const keys = policies
    .flatMap(peersOf)
    .flatMap(({ namespaceSelector }) => [
      ...Object.keys(namespaceSelector?.matchLabels ?? {}),
      ...(namespaceSelector?.matchExpressions ?? []).map(({ key }) => key),
    ]);
  if (keys.every((key) => key === NAMESPACE_NAME)) return [];
  const used = new Set([
    ...pods.map(({ namespace }) => namespace),
    ...policies.map(({ policy }) => policy.metadata.namespace),
  ]);
  const missing = [...used].filter((name) => !world.namespaces.has(name)).toSorted();
  if (missing.length === 0) return [];
  return [
    `namespaces without an object are taken to have no label but ${NAMESPACE_NAME}: ${missing.join(', ')}`,
  ];
}

function peersOf({ policy: { spec } }: PlacedPolicy): NetworkPolicyPeer[] {
  return [
    ...(spec.ingress ?? []).flatMap(({ from }) => from ?? []),
    ...(spec.egress ?? []).flatMap(({ to }) => to ?? []),
  ];
}

function titleOf({ place }: PlacedPolicy): string {
  return describePlace(place);
}
