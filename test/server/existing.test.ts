/** GET /api/v1/policies says what a draft makes of the policies in force, and of each rule whether it adds to them. */
import { expect, test } from 'vitest';
import { buildApp } from '../../src/server/app.ts';
import { API_PATHS, policiesPage } from '../../src/wire/api.ts';
import { sampleSources } from './sample-sources.ts';

test('a draft has the policies in force that select its pods, and a rule that is not compared says so with null', async () => {
  const sources = sampleSources();
  const app = buildApp(
    {
      ...sources,
      drafts: (asked) =>
        sources
          .drafts(asked)
          .map((outcome) =>
            outcome.kind === 'draft'
              ? { ...outcome, rules: outcome.rules.flatMap((rule) => [rule, { ...rule, effect: 'adds' }]) }
              : outcome,
          ),
    },
    { logger: false, version: '0' },
  );
  const answer = await app.inject({ path: API_PATHS.policies, headers: { host: 'localhost' } });
  const draft = policiesPage.parse(answer.json()).items.find((item) => item.kind === 'draft');
  expect(draft?.rules.map(({ effect }) => effect)).toEqual([null, 'adds']);
  expect(draft?.existing).toEqual({
    policies: [
      { policy: 'shop/by-hand', becomes: 'kept', pods: 'all', allows: { ingress: 'some', egress: null } },
    ],
    isolatesFirst: ['egress'],
  });
});
