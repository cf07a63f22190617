/** GET /api/v1/policies: the drafts as JSON, each rule with its basis and evidence, and the workloads that got none. */
import { z } from 'zod';
import { workloadKey, workloadTitle } from '../../domain/workload.ts';
import type { DraftOutcome, DraftRule, RuleEvidence } from '../../recommend/draft.ts';
import { API_PATHS, policiesPage } from '../../wire/api.ts';
import type { DraftJson, DraftOutcomeJson } from '../../wire/draft-json.ts';
import { printEdgeKey } from '../../wire/edge-json.ts';
import { rfc3339 } from '../../wire/listing.ts';
import { problemResponses } from '../problem-json.ts';
import { namespaceQuery, requireKnown, workloadQuery } from './filters.ts';
import type { KnownNames } from './filters.ts';
import { pageOfRows, pageQuery } from './page.ts';
import { okJson } from './route.ts';
import type { ApiScope } from './route.ts';

export interface PoliciesSource {
  drafts(): readonly DraftOutcome[];
}

export function policiesRoute(app: ApiScope, source: PoliciesSource & KnownNames): void {
  app.get(
    API_PATHS.policies,
    {
      schema: {
        operationId: 'listPolicies',
        summary: 'Drafted policies with their evidence, by workload',
        description: 'A workload without a draft is an item of kind `omitted` that says why.',
        tags: ['policies'],
        querystring: z.strictObject({ namespace: namespaceQuery, workload: workloadQuery, ...pageQuery }),
        response: {
          200: okJson('One page of drafts and omissions.', policiesPage),
          ...problemResponses(400, 403, 404, 414, 500),
        },
      },
    },
    async (request) => {
      const { namespace, workload, ...page } = request.query;
      requireKnown(source, { namespace, workload });
      const matching = source
        .drafts()
        .filter((outcome) => namespace === undefined || outcome.workload.namespace === namespace)
        .filter((outcome) => workload === undefined || outcome.workload.name === workload);
      const { rows, next } = pageOfRows(matching, (outcome) => workloadKey(outcome.workload), page);
      return { items: rows.map(printOutcome), next };
    },
  );
}

function printOutcome(outcome: DraftOutcome): DraftOutcomeJson {
  const title = workloadTitle(outcome.workload);
  switch (outcome.kind) {
    case 'draft':
      return { ...outcome, title, rules: outcome.rules.map(printRule) };
    case 'omitted':
      return { ...outcome, title };
    default:
      return outcome satisfies never;
  }
}

function printRule(rule: DraftRule): DraftJson['rules'][number] {
  return { ...rule, evidence: rule.evidence === null ? null : printEvidence(rule.evidence) };
}

function printEvidence(evidence: RuleEvidence): NonNullable<DraftJson['rules'][number]['evidence']> {
  return {
    ...evidence,
    firstSeen: rfc3339(evidence.firstSeen),
    lastSeen: rfc3339(evidence.lastSeen),
    edges: evidence.edges.map(printEdgeKey),
  };
}
