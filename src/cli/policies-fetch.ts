/** Pulls drafts as one document and as manifests by name, through the API and nothing else. */
import { ProblemError } from '../domain/problem.ts';
import { API_PATHS, policiesPage } from '../wire/api.ts';
import type { ApiClient } from '../wire/client.ts';
import type { DraftJson, DraftOutcomeJson, OmissionJson } from '../wire/draft-json.ts';
import { MAX_LIMIT } from '../wire/listing.ts';
import { draftingQuery } from '../recommend/drafting-flags.ts';
import type { DraftingFlags } from '../recommend/drafting-flags.ts';
import { splitDocuments } from './yaml-documents.ts';
import type { Manifest } from './yaml-documents.ts';

export interface PolicyRequest {
  readonly namespace: string | undefined;
  readonly workload: string | undefined;
  readonly format: 'yaml' | 'json';
  readonly withEvidence: boolean;
  /** Edges that are held back and are to be taken in. */
  readonly include: readonly string[];
  /** How to draft; as the server does where nothing is given. */
  readonly drafting: DraftingFlags;
}

export interface PulledPolicies {
  /** Everything asked for, ready to print. */
  readonly document: string;
  /** One for each draft. Throws a ProblemError when the document and the drafts are not of one moment. */
  manifests(): readonly Manifest[];
  readonly drafts: readonly DraftJson[];
  readonly omitted: readonly OmissionJson[];
}

/** Throws a ProblemError as the client does. */
export async function fetchPolicies(client: ApiClient, request: PolicyRequest): Promise<PulledPolicies> {
  const outcomes = await fetchOutcomes(client, request);
  const drafts = outcomes.filter((outcome) => outcome.kind === 'draft');
  const omitted = outcomes.filter((outcome) => outcome.kind === 'omitted');
  const counts = { drafts, omitted };
  switch (request.format) {
    case 'json':
      return {
        document: printJson({ items: outcomes }),
        manifests: () => drafts.map(jsonManifest),
        ...counts,
      };
    case 'yaml':
      return { ...(await fetchYaml(client, request, { drafts, omitted })), ...counts };
    default:
      return request.format satisfies never;
  }
}

async function fetchOutcomes(client: ApiClient, request: PolicyRequest): Promise<DraftOutcomeJson[]> {
  const { namespace, workload, include } = request;
  const drafting = draftingQuery(request.drafting);
  const outcomes: DraftOutcomeJson[] = [];
  let cursor: string | undefined;
  do {
    const query = { namespace, workload, include, ...drafting, limit: String(MAX_LIMIT), cursor };
    const page = await client.json(API_PATHS.policies, query, policiesPage);
    outcomes.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return outcomes;
}

async function fetchYaml(
  client: ApiClient,
  request: PolicyRequest,
  outcomes: { readonly drafts: readonly DraftJson[]; readonly omitted: readonly OmissionJson[] },
): Promise<Pick<PulledPolicies, 'document' | 'manifests'>> {
  const { text } = await client.text(API_PATHS.policiesYaml, {
    namespace: request.namespace,
    include: request.include,
    ...draftingQuery(request.drafting),
    'with-evidence': String(request.withEvidence),
  });
  const manifests = () => manifestsOf(text, outcomes.drafts);
  if (request.workload === undefined) return { document: text, manifests };
  const comments = outcomes.omitted.map(
    ({ title, code, sentence }) => `# ${title}: no draft: ${code} ${sentence.replaceAll('\n', ' ')}\n`,
  );
  return {
    document: [...manifests().map((manifest) => manifest.text), ...comments].join('---\n'),
    manifests,
  };
}

/** The documents of `stream` that are the policies of these drafts. */
function manifestsOf(stream: string, drafts: readonly DraftJson[]): readonly Manifest[] {
  const wanted = new Set(drafts.map(({ policy }) => policyKey(policy.metadata)));
  const manifests = splitDocuments(stream).filter((manifest) => wanted.has(policyKey(manifest)));
  if (manifests.length === wanted.size) return manifests;
  throw new ProblemError('drafts-changed', 'The drafts changed while they were pulled.', {
    hint: 'Pull again.',
  });
}

function jsonManifest({ policy }: DraftJson): Manifest {
  return { namespace: policy.metadata.namespace, name: policy.metadata.name, text: printJson(policy) };
}

function policyKey(metadata: { readonly namespace: string; readonly name: string }): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function printJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
