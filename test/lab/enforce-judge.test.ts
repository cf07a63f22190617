/** The judge of enforced drafts must be able to fail: it is shown what packets would do under drafts that are too wide, too tight, or not enforced. */
import { describe, expect, it } from 'vitest';
import { policyWorld, Tally, wrongOf } from '../../e2e/lab/enforce-judge.ts';
import { Notes } from '../../e2e/lab/enforce-kernel.ts';
import type { Opening } from '../../e2e/lab/enforce-kernel.ts';
import { deniedProbe, placeOf, servedBy } from '../../e2e/lab/enforce-probe.ts';
import type { Probe } from '../../e2e/lab/enforce-probe.ts';
import { lostCalls, widened, without } from '../../e2e/lab/enforce-removal.ts';
import type { Note } from '../../e2e/lab/enforce-table.ts';
import type { PeerReply } from '../../e2e/lab/peer-protocol.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import { labCluster, podNamed } from './enforce-world.ts';

const cluster = labCluster();
const world = policyWorld(cluster);
const web = podNamed('frontend-0', cluster);
const cart = podNamed('cartservice-0', cluster);
const from = placeOf(web, '10.0.0.1');
const to = placeOf(cart, '10.0.0.1');

/** frontend may call cartservice on 7070, and says so on both sides. */
const DRAFTS: readonly NetworkPolicy[] = [
  policy('frontend', {
    policyTypes: ['Ingress', 'Egress'],
    egress: [{ to: [{ podSelector: { matchLabels: { app: 'cartservice' } } }], ports: [{ port: 7070 }] }],
  }),
  policy('cartservice', {
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'frontend' } } }], ports: [{ port: 7070 }] }],
  }),
];
const INGRESS = { policy: 'shop/cartservice', way: 'ingress', rule: 0 } as const;
const EGRESS = { policy: 'shop/frontend', way: 'egress', rule: 0 } as const;

const needed: Probe = { ...call(7070), expected: 'allowed' };
const forbidden = call(6379);

function policy(app: string, spec: NetworkPolicy['spec']): NetworkPolicy {
  const metadata = { namespace: 'shop', name: app };
  const podSelector = { matchLabels: { app } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: { ...spec, podSelector },
  };
}

function call(port: number): Probe {
  const caller = { process: web.name, place: from };
  return deniedProbe(caller, { address: to.address, port }, servedBy([to], 'tcp', port));
}

function noted(probe: Probe, ...notes: Note[]): Notes {
  const made = new Notes();
  const { protocol, port } = probe;
  const opening: Opening = { client: from.address, server: to.address, protocol, port };
  for (const note of notes) made.add(note, opening);
  return made;
}

function judge(probe: Probe, reply: PeerReply['outcome'], notes: Notes, policies = DRAFTS): string | null {
  const said: PeerReply = reply === 'failed' ? { outcome: reply, reason: 'ETIMEDOUT' } : { outcome: reply };
  return wrongOf(probe, { reply: said, notes }, compilePolicies(policies, world));
}

describe('a call that the truth has', () => {
  it('is right when it is answered, came to its server, and was dropped nowhere', () => {
    expect(judge(needed, 'answered', noted(needed, 'arrived'))).toBeNull();
  });

  it.each([
    ['is silent', 'silent', ['arrived'], 'did not get through'],
    ['is refused', 'refused', ['arrived'], 'did not get through'],
    ['never came to a server’s side', 'answered', [], 'no server’s side saw it'],
    [
      'lost a packet at its own side',
      'answered',
      ['arrived', 'dropped_egress'],
      'the client’s side dropped it',
    ],
    [
      'lost a packet at its server',
      'answered',
      ['arrived', 'dropped_ingress'],
      'the server’s side dropped it',
    ],
  ] as const)('is wrong when it %s', (_, reply, notes, words) => {
    expect(judge(needed, reply, noted(needed, ...notes))).toContain(words);
  });

  it('is wrong when the packets pass and the evaluator denies, and the policy that denies is named', () => {
    const wrong = judge(needed, 'answered', noted(needed, 'arrived'), without(DRAFTS, INGRESS));
    expect(wrong).toContain('the evaluator denies it');
    expect(wrong).toContain('isolated by shop/cartservice, and no rule allows it');
  });
});

describe('a call that the truth has not', () => {
  it('is right when it is silent, because its own side dropped it', () => {
    expect(judge(forbidden, 'silent', noted(forbidden, 'dropped_egress'))).toBeNull();
  });

  it.each([
    ['is answered', 'answered', ['dropped_egress'], 'not dropped in silence'],
    ['is refused', 'refused', ['dropped_egress'], 'not dropped in silence'],
    ['fails in another way', 'failed', ['dropped_egress'], 'not dropped in silence'],
    ['is silent, and nobody dropped it', 'silent', [], 'dropped nothing'],
    ['was dropped by its server alone', 'silent', ['arrived', 'dropped_ingress'], 'dropped nothing'],
    ['was dropped, and came to its server too', 'silent', ['arrived', 'dropped_egress'], 'dropped nothing'],
  ] as const)('is wrong when it %s', (_, reply, notes, words) => {
    expect(judge(forbidden, reply, noted(forbidden, ...notes))).toContain(words);
  });

  it('is found when rules on both sides are widened to everything, and the rules are named', () => {
    const wide = widened(widened(DRAFTS, EGRESS), INGRESS);
    const wrong = judge(forbidden, 'answered', noted(forbidden, 'arrived'), wide);
    expect(wrong).toContain(
      'expected denied, got answered: the evaluator allows it; it was not dropped in silence',
    );
    expect(wrong).toContain('rule 0 of shop/cartservice allows it');
  });
});

describe('a rule taken out', () => {
  it.each([
    ['of the client', EGRESS, 'dropped_egress', ['dropped_egress']],
    ['of the server', INGRESS, 'dropped_ingress', ['arrived', 'dropped_ingress']],
  ] as const)('%s loses the call, which must be dropped there', (_, rule, __, notes) => {
    const policies = without(DRAFTS, rule);
    const [lost, ...others] = lostCalls([needed], policies, world);
    expect(others).toEqual([]);
    expect(lost).toMatchObject({ expected: 'denied', dialled: needed.dialled, line: needed.line });
    if (lost === undefined) return;
    expect(judge(lost, 'silent', noted(lost, ...notes), policies)).toBeNull();
    expect(judge(lost, 'answered', noted(lost, 'arrived'), policies)).toContain('not dropped in silence');
  });

  it('that no call needs loses none', () => {
    const wide = policy('frontend', { policyTypes: ['Egress'], egress: [{}] });
    const doubled = [...DRAFTS, { ...wide, metadata: { ...wide.metadata, name: 'wide' } }];
    expect(lostCalls([needed], without(doubled, EGRESS), world)).toEqual([]);
  });
});

it('the sum counts nothing as ok that was wrong', () => {
  const tally = new Tally();
  tally.add('allowed', 10, []);
  tally.add('denied', 20, ['one', 'another']);
  tally.wrong.push('a rule that no call needs');
  expect(tally.toString()).toBe('10 allowed ok, 18 denied ok, 3 wrong');
});
