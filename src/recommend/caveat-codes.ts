/**
 * Every code that a draft can carry, with its meaning for people who look it up. A code never changes its meaning;
 * docs/drafts.md has the same list, and a test compares the two.
 */
export const CAVEAT_MEANINGS = {
  'api-server-addresses':
    'The API server is allowed at the addresses it has today; managed control planes move.',
  'called-by-api-server':
    'The API server calls this port (a webhook, an aggregated API or a conversion), so it is open to any source, seen or not.',
  'called-by-label':
    'Jobs or pods without a controller come under names of their own, so the policy is called by a label that they share.',
  'dns-cache-address':
    'A DNS cache on each node does not tell where it listens, so DNS is allowed at its usual address.',
  'dns-not-drafted':
    'Who answers DNS is known in part or no rule can name it, so a rule for DNS is missing; the sentence says why.',
  'dns-of-the-node': "The pods use their node's resolver, so DNS is allowed only where it was seen.",
  'dns-unknown': 'No DNS Service or nameserver is known, so there is no rule for DNS.',
  'left-out': 'Options of this draft left connections out that were recorded; they would be denied.',
  'many-ports': 'Many ports were used by others than pods; the rule allows each of them and no other.',
  'mesh-any-port': 'Port 15008 carries connections to any port of the pod through the mesh.',
  merged: 'Several workloads carry the same labels, so they share one policy with the rules of all.',
  'namespace-baseline': 'The policy isolates every pod of the namespace, also of workloads to come.',
  'namespace-granularity': 'The policy gives every pod of the namespace the rules of all its workloads.',
  'node-addresses': 'Nodes are allowed at the addresses that were seen; nodes come and go.',
  'node-range-refused': 'A range given for nodes holds addresses of pods or Services and is not used.',
  'nodes-any-source':
    'Node addresses cannot be told from pod or Service addresses by a prefix, so the port is open to any address.',
  'open-to-any-source':
    'The port is open to the outside by a Service or hostPort, so any source may reach it.',
  'own-public-ranges':
    'The cluster has public addresses of its own; the rule for public addresses leaves out the networks around them.',
  'partly-host-network':
    "Some of its pods are on their node's network, which no policy governs; the draft is for the others.",
  'port-name-unknown':
    'A Service names a container port that nobody is known to declare, so no rule opens it to the API server or the outside.',
  'port-range': 'Many ports of one peer were used, so a range allows them all and others between.',
  'range-holds-pods':
    'A range given for the API server or by name holds addresses of pods or Services, so the rule is for those too.',
  'sctp-support': 'The rule names SCTP, which not every network plugin enforces.',
  'selector-fragile': 'The selector tells the workload from another only by labels that it lacks.',
  'selector-names-run':
    'The selector needs a label in which runs differ that are otherwise alike, so it may be for one run alone.',
  'selector-pins-version':
    "The workload's own selector names a version, so the next version needs a draft of its own.",
  'selector-unstable': 'The selector needs a label that was seen to change within other workloads.',
  'service-view':
    'For plugins that enforce before a Service is resolved: the same need, as the Service address and port.',
  'service-view-ports':
    'For such plugins several ports of a Service are named, because which of them was dialled is not known.',
  'translated-addresses':
    'IPv4 hosts were reached through a translator; only those that were seen are allowed, and they may move.',
} as const satisfies Readonly<Record<string, string>>;

export type CaveatCode = keyof typeof CAVEAT_MEANINGS;

/** Why a workload has no draft. */
export const OMISSION_MEANINGS = {
  'baseline-would-cut': 'A baseline would deny what workloads without a draft need.',
  'not-selectable': 'No selector names exactly this workload; the sentence says which label to add.',
  'peer-not-selectable': 'It talks to workloads that no selector can name.',
  unproved:
    'The draft fails its own proof: it would deny a connection that it was made from, or not select its pods alone.',
} as const satisfies Readonly<Record<string, string>>;

export type OmissionCode = keyof typeof OMISSION_MEANINGS;

/**
 * Caveats about what else governs a workload: they move with no traffic, so plain YAML has them. docs/readiness.md lists these
 * and all that follow; a test compares the two.
 */
export const SURROUNDING_MEANINGS = {
  'kept-policies':
    'NetworkPolicies in force select its pods too and stay in force: what they allow stays allowed, whatever the draft says.',
  'other-policies':
    'Objects of other policy kinds (Cilium, Calico, AdminNetworkPolicy, Istio ...) exist and may decide too; no verdict regards them.',
  'secondary-interfaces':
    'Pods have secondary interfaces (Multus), whose traffic is neither seen nor governed by a NetworkPolicy.',
  'taken-in': 'A rule rests on an edge that was held back and that a person took in.',
} as const satisfies Readonly<Record<string, string>>;

/** Caveats about how much was observed. They change as time passes, so they stand in JSON and beside the evidence, never in plain YAML. */
export const OBSERVATION_MEANINGS = {
  'short-window':
    'Less was recorded than the learning window that was asked for; what happens rarely may be missing.',
  'blind-nodes': 'Nodes that host the workload are not watched by an agent; their connections are missing.',
  losses:
    'Agents of nodes that host the workload lost events; the windows in which they did count as not observed.',
  'older-than-agent':
    'Pods of the workload ran before their node was watched; what they do at their start may be missing.',
  'cronjobs-not-run': 'CronJobs of the namespace did not run in the window; what they need is missing.',
  'ports-never-used': 'The workload declares ports that nothing used in the window; the draft shuts them.',
  'services-never-used': 'Services select the workload and were dialled by nobody in the window.',
  'outside-clients':
    'Clients from outside that reached an exposed port, and the addresses that the pods saw.',
  'held-back':
    'Edges of the workload are held back and out of the draft; each has its reason, and a person may take it in.',
  'address-of-a-pod':
    "Since it was seen, an address that is drafted as no pod's has become a pod's or a Service's, so the rule is for that too.",
  'selector-leaves-ended':
    'Pods of it that have ended carried other labels, and the selector would not select such pods again.',
  'one-sided': 'Only one of two nodes told of these connections.',
  'partly-disputed':
    'Of some of the connections behind a rule, a node that they passed says that there were none.',
  'existing-policies-not-assessed':
    'Nobody could list the NetworkPolicies in force, so what the draft adds to them or replaces is not told.',
  'other-policies-not-assessed':
    'Nobody looked whether objects of other policy kinds exist, as in a capture without them.',
  'webhooks-not-assessed':
    'Kinds of objects by which the API server calls pods were not read, so whom it calls may lack its rule.',
} as const satisfies Readonly<Record<string, string>>;

/** Why a draft is not ready, and what would complete it. */
export const READINESS_MEANINGS = {
  window: {
    sentence: 'The learning window is shorter than 7 days, or than the one that was asked for.',
    completedBy: 'Wait until so much is recorded; ask for 7 days at least.',
  },
  'new-edges': {
    sentence: 'It got a new edge within the last 48 hours.',
    completedBy: 'Wait until it has had no new edge for 48 hours.',
  },
  'no-start-seen': {
    sentence: 'No start of a pod of it was observed from first to last second.',
    completedBy: 'Restart one pod.',
  },
  'no-termination-seen': {
    sentence: 'No termination of a pod of it was observed from first to last second.',
    completedBy: 'Restart one pod.',
  },
  'blind-nodes': {
    sentence: 'Nodes that host it are not watched by an agent.',
    completedBy: 'Run the agent there, or move its pods to watched nodes.',
  },
  'cronjobs-not-run': {
    sentence: 'It is a CronJob, or in the namespace of a CronJob, that did not run in the window.',
    completedBy: 'Run each once: kubectl create job --from=cronjob/NAME NAME-once.',
  },
  'not-assessed': {
    sentence: 'Starts, terminations and blind nodes in the window are not assessed.',
    completedBy: 'Draft on a server or from a capture, which know who watched what.',
  },
} as const satisfies Readonly<Record<string, { readonly sentence: string; readonly completedBy: string }>>;

export type SurroundingCode = keyof typeof SURROUNDING_MEANINGS;
export type ObservationCode = keyof typeof OBSERVATION_MEANINGS;
export type ReadinessCode = keyof typeof READINESS_MEANINGS;

/** Whether a caveat changes as time passes or traffic grows, so that plain YAML must not have it. */
export function isObservation(code: string): code is ObservationCode {
  return Object.hasOwn(OBSERVATION_MEANINGS, code);
}
