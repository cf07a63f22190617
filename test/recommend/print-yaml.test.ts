/** What a reviewer reads: plain words for every reader of YAML, one line a comment, no anchors, and no endless lists. */
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { edge, workloadInfo } from '../world.ts';
import { drafted, draftOf } from './drafted.ts';

const web = workloadInfo('shop/web');
const db = workloadInfo('shop/db');

test('a label that is a word of YAML 1.1 stays text for readers of it', () => {
  const odd = workloadInfo('shop/web', { labels: { app: 'yes', on: 'off' } });
  const draft = draftOf(drafted([odd]), 'shop/web');
  const yaml = printPolicies([draft], { withEvidence: false });
  expect(parseDocument(yaml, { version: '1.1' }).toJS()).toEqual(draft.policy);
});

test('a peer on both sides is written twice, not as an anchor and an alias', () => {
  const edges = [edge('shop/web -> shop/db:5432/tcp'), edge('shop/db -> shop/web:8080/tcp')];
  const yaml = printPolicies(drafted([web, db], edges).outcomes, { withEvidence: false });
  expect(yaml.match(/app: db/g)?.length).toBe(3);
  expect(yaml).not.toMatch(/[&*]a\d/);
});

test('no name ends the line of its comment', () => {
  const named = { 'a\r---\u2028kind: Secret\u2029\u0085': ['172.16.0.0/12'] };
  const result = drafted([web], [edge('shop/web -> external@172.16.5.5:443/tcp')], { known: { named } });
  const yaml = printPolicies(result.outcomes, { withEvidence: true });
  expect(yaml).toContain('# observed: a --- kind: Secret ');
  expect(yaml).not.toMatch(/[\r\u0085\u2028\u2029]/);
});

test('the network plugin that a draft is for stands above it', () => {
  const plain = printPolicies(drafted([web]).outcomes, { withEvidence: false });
  const aws = printPolicies(drafted([web], [], { options: { cni: 'aws-vpc-cni' } }).outcomes, {
    withEvidence: false,
  });
  expect(aws).toContain('# network plugin: aws-vpc-cni\n');
  expect(plain).not.toContain('network plugin');
});

test('of what is held back ten are named and the others counted', () => {
  const refused = Array.from({ length: 21 }, (_, index) =>
    edge(`shop/web -> shop/db:${1000 + index}/tcp`, { answered: 0 }),
  );
  const held = (count: number): string[] => {
    const answered = Array.from({ length: count }, (_, index) =>
      edge(`shop/web -> shop/db:${2000 + index}/tcp`),
    );
    const draft = draftOf(drafted([web, db], [...refused, ...answered]), 'shop/web');
    const yaml = printPolicies([draft], { withEvidence: true });
    return yaml.split('\n').filter((line) => line.includes('held back') && !line.includes('caveat'));
  };
  expect(held(10)).toHaveLength(10);
  expect(held(12)).toHaveLength(11);
  expect(held(12).at(-1)).toContain('held back: 2 more, which JSON names');
});

describe('a string that some reader of YAML takes for something else is quoted (DESIGN section 6)', () => {
  // Numbers of any base, float or date, truth values and nothing, as YAML 1.1, 1.2 and sigs.k8s.io/yaml read them.
  const VALUES =
    '0X1F 0x1f 0B11 0b11 0O17 0o17 0777 0o_7 1_000 1e1_0 1e-0_3 1e3 1E400 1.5 1.0.0 0_7 00 7 7d4f9c6b5 2024-01-01 y N yes No ON off True FALSE null Null NaN inf'.split(
      ' ',
    );

  test.each(VALUES)('%s', (value) => {
    const odd = workloadInfo('shop/web', { labels: { app: value, [value]: 'x' } });
    const yaml = printPolicies([draftOf(drafted([odd]), 'shop/web')], { withEvidence: false });
    expect(yaml).toContain(`\n      app: "${value}"\n`);
    expect(yaml).toContain(`\n      "${value}": x\n`);
  });

  test('and a plain word, a name or a range of addresses is not', () => {
    const yaml = printPolicies(
      drafted([workloadInfo('shop/web', { labels: { app: 'web', 'a.b/c': 'e3-x_y.z' } })]).outcomes,
      { withEvidence: false },
    );
    expect(yaml).toContain('\n      app: web\n');
    expect(yaml).not.toContain('"');
  });
});

test('what goes away with more of the same traffic is not in plain YAML', () => {
  const of = (
    testimony: { agreed: number; oneSided: number; disputed: number },
    withEvidence: boolean,
  ): string =>
    printPolicies(drafted([web, db], [edge('shop/web -> shop/db:5432/tcp', { testimony })]).outcomes, {
      withEvidence,
    });
  const alone = { agreed: 0, oneSided: 1, disputed: 0 };
  expect(of(alone, false)).toBe(of({ agreed: 1, oneSided: 1, disputed: 0 }, false));
  expect(of(alone, true)).toContain('# caveat one-sided: ');
});
