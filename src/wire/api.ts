/**
 * The API's answers as schemas, shared by the server that prints them and the clients that read them.
 * They describe JSON and never reach into the pipeline; the paths stand here once, for both sides.
 */
import { z } from 'zod';
import { draftOutcomeJson } from './draft-json.ts';
import { edgeJson } from './edge-json.ts';
import { workloadRefJson } from './identity-json.ts';
import { evidenceRowJson } from './evidence-json.ts';
import { pageOf } from './listing.ts';
import { labelSelectorJson } from './network-policy-json.ts';
import { readinessJson, workloadCoverageJson } from './workload-coverage-json.ts';

export const API_PATHS = {
  health: '/healthz',
  openapi: '/openapi.json',
  namespaces: '/api/v1/namespaces',
  workloads: '/api/v1/workloads',
  edges: '/api/v1/edges',
  edgeEvidence: '/api/v1/edges/evidence',
  policies: '/api/v1/policies',
  policiesYaml: '/api/v1/policies.yaml',
  leases: '/api/v1/leases',
  coverage: '/api/v1/coverage',
  unattributed: '/api/v1/unattributed',
  verify: '/api/v1/verify',
} as const;

/** Response header of policies.yaml: how many workloads got no draft. Absent when every one got its draft. */
export const OMITTED_HEADER = 'netscribe-omitted';

export const healthJson = z
  .object({ status: z.literal('ok'), version: z.string() })
  .meta({ id: 'Health', examples: [{ status: 'ok', version: '0.1.0' }] });

export const namespaceJson = z
  .object({
    name: z.string(),
    workloads: z.number().describe('Controllers and bare pods known in it, those whose pods ended included.'),
    edges: z.number().describe('Edges with at least one end in it.'),
    drafts: z.number().describe('Workloads, or groups of them, that got a draft.'),
    omitted: z.number().describe('Workloads that got no draft, and say why.'),
  })
  .meta({
    id: 'Namespace',
    examples: [{ name: 'shop', workloads: 12, edges: 21, drafts: 11, omitted: 1 }],
  });

export const workloadJson = z
  .object({
    workload: workloadRefJson,
    title: z.string().describe('For people: `shop/web`.'),
    pods: z.number().describe('Pods that the cluster lists and that have not ended.'),
    selector: labelSelectorJson
      .nullable()
      .describe('Labels that select exactly its pods; null when there are none.'),
    hostNetwork: z.boolean().describe('On the host network no NetworkPolicy selects its pods.'),
    edgesIn: z.number().describe('Edges recorded of which it is the server, held back or not.'),
    edgesOut: z.number().describe('Edges recorded of which it is the client, held back or not.'),
    draft: z.enum(['draft', 'omitted', 'none']),
    coverage: workloadCoverageJson
      .nullable()
      .describe('How much of it was observed; null when nobody knows who watched what.'),
    readiness: readinessJson.describe('Whether what is drafted for it can be signed.'),
  })
  .meta({ id: 'Workload' });

export const namespacesPage = pageOf(namespaceJson, 'NamespacesPage');
export const workloadsPage = pageOf(workloadJson, 'WorkloadsPage');
export const edgesPage = pageOf(edgeJson, 'EdgesPage');
export const policiesPage = pageOf(draftOutcomeJson, 'PoliciesPage');
export const evidencePage = pageOf(evidenceRowJson, 'EvidencePage');

export type NamespaceJson = z.output<typeof namespaceJson>;
export type WorkloadJson = z.output<typeof workloadJson>;
