/** A small cluster as the API's sources, written by hand: three workloads of shop, one of ops, and an empty namespace. */
import { CidrSet } from '../../src/domain/cidr-set.ts';
import { cidr } from '../../src/domain/cidr.ts';
import { edgeKeyText } from '../../src/domain/edge.ts';
import type { Edge } from '../../src/domain/edge.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { ip } from '../../src/domain/ip.ts';
import type { Lease } from '../../src/domain/lease.ts';
import { ProblemError } from '../../src/domain/problem.ts';
import type { WorkloadRef } from '../../src/domain/workload.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { WorkloadCoverage } from '../../src/recommend/coverage.ts';
import type { Draft, DraftOutcome, Omission, Readiness } from '../../src/recommend/draft.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import type { ApiSources, WorkloadRow } from '../../src/server/app.ts';
import type { EvidenceRow } from '../../src/domain/edge-evidence.ts';
import type { UnattributedSum } from '../../src/wire/unattributed-json.ts';

export const HOUR = Date.UTC(2026, 10, 3, 9);

const ref = (namespace: string, kind: string, name: string): WorkloadRef => ({ namespace, kind, name });
export const web = ref('shop', 'Deployment', 'web');
export const cart = ref('shop', 'Deployment', 'cart');
export const db = ref('shop', 'StatefulSet', 'db');
export const backup = ref('ops', 'CronJob', 'backup');

const workload = (of: WorkloadRef): Identity => ({ kind: 'workload', workload: of });

function edge(client: Identity, server: Identity, port: number): Edge {
  return {
    client,
    server,
    protocol: 'tcp',
    port,
    hours: [
      { hour: HOUR, opened: 3, present: 1, answered: 3, bytes: 0 },
      { hour: HOUR + 3_600_000, opened: 2, present: 4, answered: 1, bytes: 0 },
    ],
    firstSeen: HOUR + 1000,
    lastSeen: HOUR + 3_700_000,
    views: [{ seen: client, ownNode: false }],
    services: [{ namespace: 'shop', name: 'db' }],
    witnesses: ['node-a', 'node-b'],
    testimony: { agreed: 7, oneSided: 0, disputed: 0 },
    clientPods: { names: ['shop/web-1'], count: 1 },
    serverPods: { names: ['shop/db-0'], count: 1 },
  };
}

export const edges: readonly Edge[] = [
  edge(workload(backup), workload(db), 5432),
  edge(workload(cart), workload(db), 5432),
  edge({ kind: 'external', address: ip('203.0.113.7') }, workload(web), 8080),
  edge({ kind: 'node', name: 'node-a', address: ip('192.168.100.1') }, workload(web), 8080),
  edge(workload(web), { kind: 'apiserver', address: ip('192.168.100.1') }, 6443),
];

export function policyOf(of: WorkloadRef): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `netscribe-${of.name}`, namespace: of.namespace, labels: { app: of.name } },
    spec: {
      podSelector: { matchLabels: { app: of.name } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [{ protocol: 'TCP', port: 8080 }] }],
      egress: [],
    },
  };
}

const readiness: Readiness = {
  state: 'incomplete',
  reasons: [
    { code: 'window', sentence: 'Seen for less than a week.', completedBy: 'Wait until a week is recorded.' },
    { code: 'blind-nodes', sentence: 'Nobody watched.', completedBy: 'Watch.', names: ['node-w'] },
  ],
};

const coverage: WorkloadCoverage = {
  pods: 2,
  podHours: 5.00009,
  observedPodHours: 4.99999,
  starts: { total: 2, whole: 1 },
  terminations: { total: 1, whole: 0 },
  olderThanAgent: false,
  blindNodes: ['node-w'],
  lossyNodes: [],
};

function draft(of: WorkloadRef): Draft {
  return {
    kind: 'draft',
    workload: of,
    policy: policyOf(of),
    rules: [
      {
        direction: 'ingress',
        basis: 'observed',
        title: 'any source',
        peers: null,
        ports: [{ protocol: 'TCP', port: 8080 }],
        services: ['shop/web'],
        caveats: [{ code: 'outside-in', sentence: 'Reached from outside the cluster.' }],
        edges: edges.slice(2, 3),
      },
    ],
    caveats: [],
    sharedWith: [],
    cni: 'default',
    leftOut: [],
    readiness,
    coverage,
    unused: { ports: ['9090/tcp'], services: ['web-admin'] },
    heldBack: [
      {
        edge: 'workload:shop/Deployment/cart -> workload:shop/Deployment/web:8080/tcp',
        reason: 'one-hour',
        sentence: 'It was seen in one hour only.',
      },
    ],
    existing: {
      policies: [
        { policy: 'shop/by-hand', becomes: 'kept', pods: 'all', allows: { ingress: 'some', egress: null } },
      ],
      isolatesFirst: ['egress'],
    },
  };
}

export const omission: Omission = {
  kind: 'omitted',
  workload: backup,
  code: 'no-selector',
  sentence: 'No labels select exactly its pods.',
};

/** What shop/cart -> shop/db rests on, as if that were all. */
export const evidence: readonly EvidenceRow[] = [0, 1].map((later) => ({
  hour: HOUR + later * 3_600_000,
  clientLease: {
    id: 'pod:u2:10.0.0.7:0',
    held: {
      ip: ip('10.0.0.7'),
      holder: { kind: 'pod', namespace: 'shop', name: 'cart-1', uid: 'u2', node: 'node-a', workload: cart },
    },
  },
  serverLease: { id: 'pod:u9:10.0.0.9:0', held: null },
  witness: 'node-a',
  seen: workload(cart),
  ownNode: false,
  service: { namespace: 'shop', name: 'db' },
  opened: 3,
  present: 1,
  answered: 3,
  bytes: 0,
  first: HOUR + 1000,
  last: HOUR + 3_700_000,
}));

export const unattributed: readonly UnattributedSum[] = [
  {
    reason: 'no-holder-then',
    end: 'client',
    hours: [
      { hour: HOUR, count: 4 },
      { hour: HOUR + 3_600_000, count: 2 },
    ],
    examples: [
      { flow: 'tcp|10.0.0.9|10.0.0.7|8080|||', at: HOUR + 12_000 },
      { flow: 'tcp|10.0.0.9|10.0.0.7|8080|10.96.0.10 80|10.0.1.1|', at: null },
    ],
  },
  {
    reason: 'seen-as-ambiguous',
    end: 'client',
    hours: [{ hour: HOUR, count: 1 }],
    examples: [{ flow: 'udp|fd00::9|fd00::7|53|||', at: HOUR }],
  },
];

export const leases: readonly Lease[] = [
  {
    id: 'pod:u1:10.0.0.7:0',
    ip: ip('10.0.0.7'),
    holder: { kind: 'pod', namespace: 'shop', name: 'web-1', uid: 'u1', node: 'node-a', workload: web },
    from: HOUR - 1000,
    heldFrom: HOUR,
    heldUntil: HOUR + 5000,
    until: HOUR + 6000,
    sources: {
      from: 'created',
      heldFrom: 'sandbox-ready',
      heldUntil: 'container-finish',
      until: 'sandbox-gone',
    },
  },
  {
    id: 'pod:u2:10.0.0.7:0',
    ip: ip('10.0.0.7'),
    holder: { kind: 'pod', namespace: 'shop', name: 'cart-1', uid: 'u2', node: 'node-a', workload: cart },
    from: HOUR + 5500,
    heldFrom: HOUR + 7000,
    heldUntil: null,
    until: null,
  },
];

function row(of: WorkloadRef, outcome: WorkloadRow['draft']): WorkloadRow {
  return {
    workload: of,
    pods: 1,
    selector: outcome === 'draft' ? { matchLabels: { app: of.name } } : null,
    hostNetwork: false,
    edgesIn: 1,
    edgesOut: 1,
    draft: outcome,
    coverage: outcome === 'omitted' ? null : coverage,
    readiness,
  };
}

/** The sources; `changes` replaces some of them. */
export function sampleSources(changes: Partial<ApiSources> = {}): ApiSources {
  const outcomes: readonly DraftOutcome[] = [draft(cart), omission, draft(db), draft(web)];
  return {
    namespaces: () => [
      { name: 'ops', workloads: 1, edges: 1, drafts: 0, omitted: 1 },
      { name: 'shop', workloads: 3, edges: 5, drafts: 3, omitted: 0 },
      { name: 'silent', workloads: 0, edges: 0, drafts: 0, omitted: 0 },
    ],
    workloads: () => [row(web, 'draft'), row(backup, 'omitted'), row(cart, 'draft'), row(db, 'draft')],
    edges(filter, { limit, after }) {
      const start = after === null ? 0 : Number(after);
      if (!Number.isInteger(start)) throw new ProblemError('bad-cursor', 'That is no cursor of this list.');
      const found = edges.filter((candidate) => filter.port === undefined || candidate.port === filter.port);
      const end = start + limit;
      return { edges: found.slice(start, end), next: end < found.length ? String(end) : null };
    },
    drafts: () => outcomes,
    policiesYaml(namespace, options) {
      const wanted = outcomes.filter((outcome) => [null, outcome.workload.namespace].includes(namespace));
      return {
        yaml: printPolicies(wanted, options),
        omitted: wanted.filter((outcome) => outcome.kind === 'omitted'),
      };
    },
    evidence: (key, { limit, after }) => {
      if (!edges.some((each) => edgeKeyText(each) === key)) return null;
      const start = Number(after ?? 0);
      const end = start + limit;
      return { rows: evidence.slice(start, end), next: end < evidence.length ? String(end) : null };
    },
    leases: (address) => leases.filter((lease) => lease.ip === address),
    attribution: () => ({
      ranges: { pods: new CidrSet([cidr('10.0.0.0/24')]), services: new CidrSet([cidr('10.96.0.0/16')]) },
      frontier: () => HOUR + 60_000,
      unwatchedDuring: () => null,
    }),
    unattributed: (since) => ({
      rows: unattributed.filter(({ hours }) => since === null || since === '7d' || hours.length > 1),
      withdrawn: [
        { outcome: 'ambiguous', hours: [{ hour: HOUR, count: 1 }] },
        { outcome: 'attributed-anew', hours: [{ hour: HOUR, count: 3 }] },
      ],
    }),
    coverage: () => ({
      windowStart: HOUR,
      windowEnd: null,
      nodes: [
        {
          node: 'node-a',
          windows: [{ start: HOUR, end: HOUR + 10_000 }],
          dropped: 2,
          skipped: { protocol: 7 },
        },
      ],
      blindNodes: ['node-w'],
      unattributed: [
        { reason: 'no-holder', end: 'client', count: 4, example: '10.0.0.9 > 10.0.0.7:8080/tcp' },
      ],
      quarantined: [
        {
          edge: 'workload:shop/Deployment/cart -> workload:shop/Deployment/web:8080/tcp',
          reason: 'one-hour',
          sentence: 'It was seen in one hour only.',
        },
      ],
      watches: [
        {
          kind: 'Pod',
          required: true,
          synced: true,
          objects: 4,
          progressAgeMs: 1200,
          resourceVersion: '1017',
          refreshBy: 'initial-events',
          relists: 1,
          reconnects: { cut: 2, ended: 7 },
          handlerFailures: 0,
          malformedLists: 0,
          trouble: { code: 'throttled', detail: '429: too many requests', since: HOUR },
        },
      ],
      apiServers: [
        {
          server: 'https://10.96.0.1:443',
          clockOffsetMs: -120,
          clockUncertaintyMs: 510,
          measuredAt: HOUR,
        },
      ],
      otherPolicies: [{ group: 'cilium.io', kind: 'CiliumNetworkPolicy' }],
      batches: { accepted: 3, pending: 1 },
    }),
    verify: () => {
      throw new ProblemError('no-data-in-window', 'Nothing has been recorded yet.');
    },
    ...changes,
  };
}
