import { describe, expect, test } from 'vitest';
import { edgeKeyText } from '../../src/domain/edge.ts';
import { needsOf } from '../../src/recommend/need.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import { cluster, edge, workloadInfo } from '../world.ts';

const disputed = { agreed: 0, oneSided: 0, disputed: 3 };
const oneSided = { agreed: 0, oneSided: 2, disputed: 1 };

const keys = (edges: readonly ReturnType<typeof edge>[]): string[] => edges.map(edgeKeyText);

describe('edges of which nodes tell different things', () => {
  test('are held back when all of them is disputed', () => {
    const lie = edge('shop/web -> shop/db:1/tcp', { testimony: disputed });
    const oneWay = edge('shop/web -> shop/db:2/udp', { testimony: disputed, answered: 0 });
    const needed = [
      edge('shop/web -> shop/db:3/tcp', { testimony: oneSided }),
      edge('shop/web -> shop/db:4/tcp', { testimony: { ...disputed, agreed: 1 } }),
      edge('shop/web -> shop/db:5/tcp', { testimony: { agreed: 0, oneSided: 0, disputed: 0 } }),
    ];
    const needs = needsOf([lie, oneWay, ...needed]);
    expect(needs.quarantined).toEqual([
      { edge: lie, reason: 'disputed' },
      { edge: oneWay, reason: 'disputed' },
    ]);
    expect(keys(needs.needed)).toEqual(keys(needed));
  });

  test('are noise as ever when nobody answered: a packet that was dropped on its way', () => {
    const dropped = edge('shop/web -> shop/db:1/tcp', { testimony: disputed, answered: 0 });
    expect(needsOf([dropped])).toEqual({
      needed: [],
      quarantined: [],
      takenIn: [],
      unanswered: [dropped],
    });
  });

  test('and whose client scans are disputed first', () => {
    const scanned = Array.from({ length: 21 }, (_, port) =>
      edge(`shop/web -> shop/db:${port + 1}/tcp`, { answered: 0 }),
    );
    const { quarantined } = needsOf([
      ...scanned,
      edge('shop/web -> shop/db:80/tcp'),
      edge('shop/web -> shop/db:81/tcp', { testimony: disputed }),
    ]);
    expect(quarantined.map(({ reason }) => reason)).toEqual(['scan', 'disputed']);
  });
});

test('a rule that rests on an edge of which one node alone could tell says so', () => {
  const { outcomes } = recommend({
    cluster: cluster([workloadInfo('shop/web'), workloadInfo('shop/db')]),
    edges: [
      edge('shop/web -> shop/db:1/tcp', { testimony: oneSided }),
      edge('shop/web -> shop/db:2/tcp', { testimony: disputed }),
    ],
    window: { start: 0, end: 1 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
  });
  const rules = outcomes.flatMap((each) => (each.kind === 'draft' ? each.rules : []));
  const observed = rules.filter(({ basis }) => basis === 'observed');
  expect(observed.map(({ ports, caveats }) => [ports, caveats.map(({ code }) => code)])).toEqual([
    [[{ protocol: 'TCP', port: 1 }], ['one-sided', 'partly-disputed']],
    [[{ protocol: 'TCP', port: 1 }], ['one-sided', 'partly-disputed']],
  ]);
});
