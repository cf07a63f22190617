/** Existing policies are read; the draft says what it adds, keeps or replaces (DESIGN section 6). */
import { describe, expect, test } from 'vitest';
import type { NetworkPolicy, NetworkPolicySpec } from '../../src/netpol/policy.ts';
import type { Draft } from '../../src/recommend/draft.ts';
import { existingSummary } from '../../src/recommend/existing.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { ip } from '../../src/domain/ip.ts';
import { edge, identity, workloadInfo } from '../world.ts';
import { codesOf, drafted, draftOf } from './drafted.ts';
import type { DraftedDetail } from './drafted.ts';

const web = workloadInfo('shop/web');
const db = workloadInfo('shop/db');
const EDGES = [edge('shop/web -> shop/db:5432/tcp'), edge('pay/api -> shop/web:8080/tcp')];
const api = workloadInfo('pay/api');
const WEB = { matchLabels: { app: 'web' } };

function inForce(name: string, spec: NetworkPolicySpec, namespace = 'shop'): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec,
  };
}

function webUnder(policies: readonly NetworkPolicy[], more: Omit<DraftedDetail, 'detail'> = {}): Draft {
  return draftOf(drafted([web, db, api], EDGES, { ...more, detail: { policies } }), 'shop/web');
}

const effects = (draft: Draft): (readonly [string, string | undefined])[] =>
  draft.rules.map(({ direction, title, effect }) => [`${direction} ${title}`, effect]);
const fates = (draft: Draft): string[] =>
  (draft.existing?.policies ?? []).map(
    ({ policy, becomes, pods, allows }) =>
      `${policy} ${becomes} ${pods} ${allows.ingress ?? '-'} ${allows.egress ?? '-'}`,
  );

const ALLOW_ALL = inForce('allow-all', { ingress: [{}] });
const DENY_ALL = inForce('deny', { policyTypes: ['Ingress', 'Egress'] });
/** What stands above the policy of `web` in plain YAML. */
const headOf = (draft: Draft): string =>
  printPolicies([draft], { withEvidence: false }).split('apiVersion')[0] ?? '';

describe('a policy in force that selects the pods of a draft', () => {
  test('is kept when no draft has its name, and what it allows stays allowed: plain YAML says so', () => {
    const draft = webUnder([ALLOW_ALL]);
    expect(fates(draft)).toEqual(['shop/allow-all kept all anything -']);
    expect(headOf(draft)).toContain('# caveat kept-policies: ');
    expect(headOf(draft)).toContain('(shop/allow-all (any ingress))\n');
    // Egress is isolated by nobody today, so the draft adds nothing there: it takes away.
    expect(draft.existing?.isolatesFirst).toEqual(['egress']);
    expect(effects(draft)).toEqual([
      ['ingress pay/api', 'already-allowed'],
      ['egress DNS', undefined],
      ['egress shop/db', undefined],
    ]);
  });

  test('needs no caveat when it allows nothing', () => {
    const result = drafted([web, db, api], EDGES, { detail: { policies: [DENY_ALL] } });
    expect(fates(draftOf(result, 'shop/web'))).toEqual(['shop/deny kept all nothing nothing']);
    expect(codesOf(result, 'shop/web')).not.toContain('kept-policies');
    expect(effects(draftOf(result, 'shop/web'))).toEqual([
      ['ingress pay/api', 'adds'],
      ['egress DNS', 'not-compared'],
      ['egress shop/db', 'adds'],
    ]);
  });

  test('is replaced when the draft has its name, and what it said alone is carried over', () => {
    const name = webUnder([]).policy.metadata.name;
    const wide = inForce(name, { podSelector: WEB, policyTypes: ['Egress'], egress: [{}] });
    const draft = webUnder([wide]);
    expect(fates(draft)).toEqual([`shop/${name} replaced all - anything`]);
    expect(headOf(draft)).not.toContain('kept-policies');
    expect(effects(draft)).toContainEqual(['egress shop/db', 'carries-over']);
  });

  test('is unchanged when it is the draft itself, in whatever order and with defaults left out', () => {
    const own = webUnder([]).policy;
    const reordered = {
      ...own,
      spec: {
        ...own.spec,
        policyTypes: ['Egress' as const, 'Ingress' as const],
        egress: (own.spec.egress ?? []).toReversed().map(({ to, ports }) => ({
          ...(to && { to }),
          ports: (ports ?? [])
            .toReversed()
            .map(({ protocol, ...port }) => (protocol === 'TCP' ? port : { ...port, protocol })),
        })),
      },
    };
    expect(fates(webUnder([own]))).toEqual([expect.stringContaining(' unchanged all ') as string]);
    expect(fates(webUnder([reordered]))).toEqual([expect.stringContaining(' unchanged all ') as string]);
    const wider = { ...own, spec: { ...own.spec, ingress: [{}] } };
    expect(fates(webUnder([wider]))).toEqual([expect.stringContaining(' replaced all ') as string]);
  });

  test('is replaced by another draft of that name, and only kept ones are in the caveat', () => {
    const other = draftOf(drafted([web, db, api], EDGES), 'shop/db').policy.metadata.name;
    const draft = webUnder([inForce(other, { ingress: [{}] }), ALLOW_ALL]);
    expect(fates(draft)).toEqual([
      'shop/allow-all kept all anything -',
      `shop/${other} replaced-by-other all anything -`,
    ]);
    expect(headOf(draft)).not.toContain(other);
  });

  test('selects some pods only when it goes by labels that change, and then proves nothing', () => {
    const rollout = inForce('canary', {
      podSelector: { matchLabels: { ...WEB.matchLabels, 'pod-template-hash': '7d4f9c6b5' } },
      ingress: [{}],
    });
    const draft = webUnder([rollout]);
    expect(fates(draft)).toEqual(['shop/canary kept some anything -']);
    expect(draft.existing?.isolatesFirst).toEqual(['ingress', 'egress']);
    expect(effects(draft)[0]).toEqual(['ingress pay/api', undefined]);
    const later = { ...web, pods: web.pods.map((pod) => ({ ...pod, labels: { app: 'web' } })) };
    const after = draftOf(drafted([later, db, api], EDGES, { detail: { policies: [rollout] } }), 'shop/web');
    expect(headOf(after)).toBe(headOf(draft));
  });

  test('of another namespace, or of other pods, is not spoken of', () => {
    const other = inForce('other', { podSelector: { matchLabels: { app: 'db' } }, ingress: [{}] });
    const draft = webUnder([inForce('far', { ingress: [{}] }, 'pay'), other]);
    expect(draft.existing).toEqual({ policies: [], isolatesFirst: ['ingress', 'egress'] });
    expect(draft.caveats.map(({ code }) => code)).not.toContain('kept-policies');
  });
});

test('a rule that rests on two connections adds something if policies deny one of them', () => {
  const only = inForce('to-db', {
    podSelector: WEB,
    policyTypes: ['Egress'],
    egress: [{ to: [{ podSelector: { matchLabels: { app: 'db' } } }], ports: [{ port: 5432 }] }],
  });
  const both = [...EDGES, edge('shop/web -> shop/db:6432/tcp')];
  const one = draftOf(drafted([web, db, api], EDGES, { detail: { policies: [only] } }), 'shop/web');
  const two = draftOf(drafted([web, db, api], both, { detail: { policies: [only] } }), 'shop/web');
  expect(effects(one)).toContainEqual(['egress shop/db', 'already-allowed']);
  expect(effects(two)).toContainEqual(['egress shop/db', 'adds']);
});

test('a policy in force that allows by address is held against the addresses that pods have', () => {
  const byAddress = inForce('by-address', {
    podSelector: WEB,
    policyTypes: ['Egress'],
    egress: [{ to: [{ ipBlock: { cidr: '10.1.0.0/16' } }] }],
  });
  const at = (address: string): Draft => {
    const placed = { ...db, pods: db.pods.map((pod) => ({ ...pod, ips: [ip(address)] })) };
    return draftOf(drafted([web, placed, api], EDGES, { detail: { policies: [byAddress] } }), 'shop/web');
  };
  expect(effects(at('10.1.2.3'))).toContainEqual(['egress shop/db', 'already-allowed']);
  expect(effects(at('10.2.2.3'))).toContainEqual(['egress shop/db', 'adds']);
});

test('through its own node a client is always let in, which no policy is thanked for (NETPOL rule 23)', () => {
  const views = [{ seen: identity('node:node-a@192.168.100.1'), ownNode: true }];
  const edges = [edge('pay/api -> shop/web:8080/tcp', { views }), EDGES[1]].filter(
    (each) => each !== undefined,
  );
  const deny = inForce('deny', { podSelector: WEB });
  const draft = draftOf(drafted([web, db, api], edges, { detail: { policies: [deny] } }), 'shop/web');
  for (const rule of draft.rules.filter(({ direction }) => direction === 'ingress'))
    expect(rule.effect).toBe('adds');
});

test('a baseline keeps what no draft replaces, and the drafts beside it are no such policies', () => {
  const result = drafted([web, db], [], {
    options: { baseline: 'default-deny' },
    detail: { policies: [ALLOW_ALL, draftOf(drafted([web, db]), 'shop/web').policy] },
  });
  const baseline = result.outcomes.find(({ workload }) => workload.namespace === 'shop');
  if (baseline?.kind !== 'draft') throw new Error('no baseline');
  expect(fates(baseline)).toEqual([
    'shop/allow-all kept all anything -',
    expect.stringContaining(' replaced-by-other some ') as string,
  ]);
});

test('where nobody could list them nothing is said but that', () => {
  const draft = draftOf(drafted([web], [], { detail: { policiesUnread: true } }), 'shop/web');
  expect(draft.existing).toBeNull();
  expect(draft.caveats.map(({ code }) => code)).toContain('existing-policies-not-assessed');
  expect(headOf(draft)).not.toContain('existing');
});

test('a summary names what is replaced and what stays, each once, ten at most', () => {
  const kept = Array.from({ length: 12 }, (_, index) => inForce(`allow-${10 + index}`, { ingress: [{}] }));
  const { name } = webUnder([]).policy.metadata;
  const replaced = inForce(name, { podSelector: WEB, ingress: [{}] });
  const { outcomes } = drafted([web, db, api], EDGES, {
    detail: { policies: [...kept, replaced, DENY_ALL] },
  });
  const drafts = outcomes.filter((outcome) => outcome.kind === 'draft');
  const [ten, more] = [
    kept.slice(0, 10).map((each) => `shop/${each.metadata.name} (any ingress)`),
    ' and 2 more',
  ];
  expect(existingSummary(drafts)).toEqual([
    `policies in force that the drafts replace: shop/${name}`,
    `policies that stay in force, and what they allow with them: ${ten.join(', ')}${more}`,
  ]);
  expect(existingSummary([{ existing: null }])).toEqual([]);
});

test('with the evidence each has a line, and each rule that adds or adds nothing', () => {
  const yaml = printPolicies([webUnder([ALLOW_ALL, DENY_ALL])], { withEvidence: true });
  expect(yaml).toContain(
    '\n# existing policy shop/allow-all: kept; what it allows stays allowed (any ingress)\n',
  );
  expect(yaml).toContain('\n# existing policy shop/deny: kept; it allows nothing\n');
  expect(yaml).toContain(
    '    # adds nothing seen: policies that stay in force allow every connection behind it\n    - from:\n',
  );
  expect(yaml).toContain('    # adds: policies in force deny connections behind it\n    - to:\n');
});
