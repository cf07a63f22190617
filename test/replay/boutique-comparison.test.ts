/** The drafts of the recorded example against the policies written by hand for it: the same edges, and tighter both ways. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  boutiqueComparison,
  cellElsewhere,
  comparisonText,
  edgesAmong,
  handWrittenPolicies,
} from './boutique-comparison.ts';
import type { Comparison } from './boutique-comparison.ts';

/** Online Boutique's call graph. */
const SIXTEEN = [
  'frontend -> adservice',
  'frontend -> cartservice',
  'frontend -> checkoutservice',
  'frontend -> currencyservice',
  'frontend -> productcatalogservice',
  'frontend -> recommendationservice',
  'frontend -> shippingservice',
  'checkoutservice -> cartservice',
  'checkoutservice -> currencyservice',
  'checkoutservice -> emailservice',
  'checkoutservice -> paymentservice',
  'checkoutservice -> productcatalogservice',
  'checkoutservice -> shippingservice',
  'recommendationservice -> productcatalogservice',
  'cartservice -> redis-cart',
  'loadgenerator -> frontend',
];

let comparison: Comparison;

beforeAll(async () => {
  comparison = await boutiqueComparison();
});

describe('the policies written by hand', () => {
  it('are one that denies everything and one for each of the twelve workloads', () => {
    const names = handWrittenPolicies().map(({ metadata }) => metadata.name);
    expect(names).toHaveLength(13);
    expect(names).toContain('deny-all');
    expect(comparison.workloads).toHaveLength(12);
  });

  it('allow the sixteen edges, everybody to frontend on every port, and everything out', () => {
    const edges = edgesAmong(comparison.handWritten, comparison.workloads);
    const open = [...edges].filter(([, ports]) => ports === 'any port').map(([ends]) => ends);
    expect(open.every((ends) => ends.endsWith('-> frontend'))).toBe(true);
    expect([...edges.keys()].filter((ends) => !open.includes(ends)).toSorted()).toEqual(
      SIXTEEN.filter((ends) => ends !== 'loadgenerator -> frontend').toSorted(),
    );
    for (const title of comparison.workloads)
      expect(cellElsewhere(comparison.handWritten, 'egress', { ...comparison, title })).toBe(
        'everybody any port',
      );
  });
});

describe('the drafts', () => {
  it('allow exactly the sixteen edges, each on the port that the hand-written policies name, and frontend on one', () => {
    const edges = edgesAmong(comparison.drafted, comparison.workloads);
    expect([...edges.keys()].toSorted()).toEqual(SIXTEEN.toSorted());
    const byHand = edgesAmong(comparison.handWritten, comparison.workloads);
    for (const [ends, ports] of edges)
      expect(ports, ends).toBe(ends.endsWith('-> frontend') ? '8080/tcp' : byHand.get(ends));
  });

  it('let no workload out to everybody, and everybody in on one port of frontend alone', () => {
    for (const title of comparison.workloads) {
      const side = { ...comparison, title };
      expect(cellElsewhere(comparison.drafted, 'egress', side)).not.toContain('everybody');
      const from = cellElsewhere(comparison.drafted, 'ingress', side);
      if (title === 'shop/frontend') expect(from).toBe('everybody 8080/tcp');
      else expect(from).not.toContain('everybody');
    }
    expect(comparison.drafted.pairs).toBeLessThan(comparison.handWritten.pairs / 100_000);
  });
});

it('reads like this', async () => {
  await expect(comparisonText(comparison)).toMatchFileSnapshot('../golden/compare-boutique.txt');
});
