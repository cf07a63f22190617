import { describe, expect, test } from 'vitest';
import { CidrSet } from '../../src/domain/cidr-set.ts';
import { cidr } from '../../src/domain/cidr.ts';
import { ip } from '../../src/domain/ip.ts';
import type { Holder, Lease } from '../../src/domain/lease.ts';
import { leasesAround, leaseVerdict } from '../../src/server/lease-verdict.ts';
import type { AttributionScope } from '../../src/server/lease-verdict.ts';
import { printVerdict } from '../../src/wire/lease-verdict-json.ts';

const ADDRESS = ip('10.0.0.7');

const everything: AttributionScope = {
  ranges: { pods: new CidrSet([cidr('10.0.0.0/24')]), services: new CidrSet([cidr('10.96.0.0/16')]) },
  frontier: () => Number.POSITIVE_INFINITY,
  unwatchedDuring: () => null,
};

const pod = (name: string, node = 'node-a'): Holder => ({
  kind: 'pod',
  namespace: 'shop',
  name,
  uid: `uid-of-${name}`,
  node,
  workload: { namespace: 'shop', kind: 'Deployment', name },
});
const service = (name: string, port: number): Holder => ({
  kind: 'service',
  namespace: 'shop',
  name,
  ports: [{ protocol: 'tcp', port }],
});

/** Bounds in the order of time: from, heldFrom, heldUntil, until. */
type Bounds = readonly [number, number, number | null, number | null];

let count = 0;
function lease(holder: Holder, [from, heldFrom, heldUntil, until]: Bounds): Lease {
  return { id: `lease-${(count += 1)}`, ip: ADDRESS, holder, from, heldFrom, heldUntil, until };
}

const FIRST = lease(pod('web'), [100, 200, 500, 600]);
/** The same, whose end the kubelet has told. */
const TOLD: Lease = {
  ...FIRST,
  sources: {
    from: 'created',
    heldFrom: 'sandbox-ready',
    heldUntil: 'container-finish',
    until: 'sandbox-gone',
  },
};
const SECOND = lease(pod('cart'), [550, 700, null, null]);
const NODE = lease({ kind: 'node', name: 'node-a' }, [0, 0, null, null]);
const API = lease({ kind: 'apiserver', ports: [6443] }, [0, 0, null, null]);

function verdictOf(
  leases: readonly Lease[],
  at: number,
  scope: Partial<AttributionScope> = {},
  address = ADDRESS,
) {
  return leaseVerdict(leases, { ip: address, at }, { ...everything, ...scope });
}

describe('the verdict for an instant', () => {
  test.each<[string, readonly Lease[], number, string, readonly Lease[]]>([
    ['within the certain time of one pod', [FIRST, SECOND], 300, 'exact surely-held', [FIRST]],
    ['before the certain time, with nobody else', [FIRST, SECOND], 150, 'exact only-candidate', [FIRST]],
    ['after the certain time, with nobody else', [FIRST, SECOND], 520, 'exact only-candidate', [FIRST]],
    ['where two could have had it', [FIRST, SECOND], 560, 'ambiguous several-holders', [FIRST, SECOND]],
    [
      'the first instant of doubt is the first of the second',
      [FIRST, SECOND],
      549,
      'exact only-candidate',
      [FIRST],
    ],
    ['after the outer end of the first', [FIRST, SECOND], 600, 'exact only-candidate', [SECOND]],
    ['long after, with no end known', [FIRST, SECOND], 9999, 'exact surely-held', [SECOND]],
    ['before anybody', [FIRST, SECOND], 99, 'unknown no-holder-then', []],
    ['of an address of a pod range that nobody had', [], 99, 'unknown pod-never-seen', []],
    ['after an end without farewell', [lease(pod('lost'), [0, 1, 50, null])], 60, 'ambiguous open-end', []],
    [
      'of a Service, without its port',
      [lease(service('db', 5432), [0, 0, null, null])],
      9,
      'exact surely-held',
      [],
    ],
    [
      'of one address for two Services',
      [lease(service('db', 5432), [0, 0, null, null]), lease(service('web', 80), [0, 0, null, null])],
      9,
      'ambiguous shared-address',
      [],
    ],
    [
      'of one Service whose ports changed',
      [lease(service('db', 5432), [0, 0, 50, 60]), lease(service('db', 5433), [50, 60, null, null])],
      55,
      'exact only-candidate',
      [],
    ],
    ['of a node', [NODE], 9, 'exact surely-held', [NODE]],
    ['of an API endpoint alone', [API], 9, 'exact surely-held', [API]],
  ])('%s', (_, leases, at, expected, holders) => {
    const verdict = verdictOf(leases, at);
    expect(`${verdict.kind} ${verdict.reason}`).toBe(expected);
    if (holders.length > 0) expect(verdict.leases).toEqual(holders);
    expect(verdict.byPort).toEqual([]);
  });

  test.each([
    ['10.96.0.10', 'unknown service-unknown'],
    ['127.0.0.1', 'unknown loopback'],
    ['224.0.0.1', 'unknown group-address'],
    ['169.254.20.10', 'outside link-local'],
    ['93.184.215.14', 'outside outside-cluster'],
  ])('of %s, which nobody ever had, is %s', (address, expected) => {
    const verdict = verdictOf([], 9, {}, ip(address));
    expect(`${verdict.kind} ${verdict.reason}`).toBe(expected);
  });

  test('waits for the kubelet of the pod, unless the kubelet has told of a later end already', () => {
    const silent = { frontier: (node: string) => (node === 'node-a' ? 400 : 10_000) };
    expect(verdictOf([SECOND], 800, silent)).toMatchObject({
      kind: 'unknown',
      reason: 'frontier',
      leases: [SECOND],
    });
    expect(verdictOf([TOLD], 450, silent)).toMatchObject({ kind: 'exact', reason: 'surely-held' });
    expect(verdictOf([FIRST], 450, silent)).toMatchObject({ kind: 'unknown', reason: 'frontier' });
    expect(verdictOf([TOLD], 550, silent)).toMatchObject({ kind: 'unknown', reason: 'frontier' });
    expect(verdictOf([NODE], 550, silent)).toMatchObject({ kind: 'exact' });
  });

  test('is no certainty while nobody watched', () => {
    const away: Partial<AttributionScope> = { unwatchedDuring: (interval) => interval };
    expect(verdictOf([SECOND], 600, away)).toMatchObject({ kind: 'ambiguous', reason: 'unwatched' });
    expect(verdictOf([FIRST], 150, away)).toMatchObject({ kind: 'ambiguous', reason: 'unwatched' });
    expect(verdictOf([TOLD], 300, away)).toMatchObject({ kind: 'exact', reason: 'surely-held' });
  });

  test('of a control-plane node names the API server beside it', () => {
    const verdict = verdictOf([NODE, API], 9);
    expect(verdict).toMatchObject({ kind: 'exact', leases: [NODE], byPort: [API] });
    expect(printVerdict(verdict).sentence).toBe(
      'Surely held by node node-a. Connections to ports of these mean them instead: API server.',
    );
  });
});

describe('the leases around an instant', () => {
  const third = lease(pod('late'), [2000, 2100, null, null]);
  const gone = lease(pod('old'), [0, 10, 20, 30]);
  const closed = { ...SECOND, heldUntil: 900, until: 1000 };

  test.each([
    [5000, ['before cart', 'then late']],
    [1500, ['before cart', 'after late']],
    [1000, ['before cart', 'after late']],
    [999, ['before web', 'then cart', 'after late']],
    [560, ['before old', 'then web', 'then cart', 'after late']],
    [60, ['before old', 'after web']],
    [-5, ['after old']],
  ])('%d: those that could have had it, and the nearest', (at, expected) => {
    const around = leasesAround([gone, FIRST, closed, third], at);
    expect(
      around.map(({ when, lease: { holder } }) => `${String(when)} ${'name' in holder ? holder.name : ''}`),
    ).toEqual(expected);
  });
});
