/** GET /api/v1/policies: the drafts as JSON, each rule with its basis and evidence, and the workloads that got none. */
import { z } from 'zod';
import { workloadKey, workloadTitle } from '../../domain/workload.ts';
import type { DraftOutcome, DraftRule } from '../../recommend/draft.ts';
import { ruleEvidence } from '../../recommend/rule-evidence.ts';
import { API_PATHS, policiesPage } from '../../wire/api.ts';
import type { DraftJson, DraftOutcomeJson } from '../../wire/draft-json.ts';
import { printEdgeKey } from '../../wire/edge-json.ts';
import { printWorkloadCoverage } from './workload-coverage.ts';
import { rfc3339 } from '../../wire/listing.ts';
import { problemResponses } from '../problem-json.ts';
import { askedDrafts, askedDraftsQuery } from './asked-drafts.ts';
import type { AskedDrafts } from './asked-drafts.ts';
import { namespaceQuery, requireKnown, workloadQuery } from './filters.ts';
import type { KnownNames } from './filters.ts';
import { pageOfRows, pageQuery } from './page.ts';
import { okJson } from './route.ts';
import type { ApiScope } from './route.ts';

export interface PoliciesSource {
  /** Throws a ProblemError `unknown-edge` for an edge to include that nobody has seen. */
  drafts(asked: AskedDrafts): readonly DraftOutcome[];
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
        querystring: z.strictObject({
          namespace: namespaceQuery,
          workload: workloadQuery,
          ...askedDraftsQuery,
          ...pageQuery,
        }),
        response: {
          200: okJson('One page of drafts and omissions.', policiesPage),
          ...problemResponses(400, 403, 404, 414, 500),
        },
      },
    },
    async (request) => {
      const { namespace, workload, limit, cursor } = request.query;
      requireKnown(source, { namespace });
      const inNamespace = source
        .drafts(askedDrafts(request.query))
        .filter((outcome) => namespace === undefined || outcome.workload.namespace === namespace);
      const matching = inNamespace.filter(
        (outcome) => workload === undefined || namesOf(outcome).includes(workload),
      );
      // Jobs and pods that share a policy are called by a label there, which is no workload's name.
      if (matching.length === 0) requireKnown(source, { namespace, workload });
      const { rows, next } = pageOfRows(matching, (outcome) => workloadKey(outcome.workload), {
        limit,
        cursor,
      });
      return { items: rows.map(printOutcome), next };
    },
  );
}

/** A policy that several workloads share is found by the name of each. */
function namesOf(outcome: DraftOutcome): string[] {
  const others = outcome.sharedWith ?? [];
  return [outcome.workload, ...others].map(({ name }) => name);
}

function printOutcome(outcome: DraftOutcome): DraftOutcomeJson {
  const title = workloadTitle(outcome.workload);
  switch (outcome.kind) {
    case 'draft':
      return {
        ...outcome,
        title,
        rules: outcome.rules.map(printRule),
        coverage: outcome.coverage === null ? null : printWorkloadCoverage(outcome.coverage),
      };
    case 'omitted':
      return { ...outcome, title };
    default:
      return outcome satisfies never;
  }
}

function printRule({ edges, effect, ...rule }: DraftRule): DraftJson['rules'][number] {
  return { ...rule, evidence: printEvidence(edges), effect: effect ?? null };
}

function printEvidence(edges: DraftRule['edges']): DraftJson['rules'][number]['evidence'] {
  const evidence = ruleEvidence(edges);
  return evidence === null
    ? null
    : {
        ...evidence,
        firstSeen: rfc3339(evidence.firstSeen),
        lastSeen: rfc3339(evidence.lastSeen),
        edges: edges.map(printEdgeKey),
      };
}
