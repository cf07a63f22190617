/**
 * Puts together who may talk to the server: the certificate, the gates and the paces that the options ask for. It listens
 * nowhere and reads no request.
 */
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { ProblemError } from '../../domain/problem.ts';
import type { ClusterEvent } from '../../kube/cluster-model.ts';
import { registerApi } from '../api-routes.ts';
import type { ApiSources } from '../api-routes.ts';
import type { IngestOptions } from '../ingest-app.ts';
import { AgentGate } from './agent-gate.ts';
import type { CertificateSource } from './certificate.ts';
import { givenCertificate } from './given-certificate.ts';
import type { AccessOptions, TlsChoice } from './options.ts';
import { ownCertificate } from './own-certificate.ts';
import { Pace } from './pace.ts';
import { PeopleGate } from './people-gate.ts';
import type { ReviewTransport } from './review-request.ts';
import { TokenReviewer } from './token-reviewer.ts';
import { ReviewSlots } from './verdicts.ts';

/** The page and a few commands of one person; a pipeline asks once. */
const REQUESTS_OF_A_PERSON_PER_MINUTE = 300;

export interface NetworkAccess {
  /** What the network listener needs of it. */
  readonly ingest: Pick<IngestOptions, 'agents' | 'pace' | 'people' | 'certificate'>;
  /** From the watch. */
  event(event: ClusterEvent): void;
  close(): void;
}

export interface AccessParts {
  readonly transport: ReviewTransport;
  readonly log: Logger;
  /** Unix ms. */
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly sources: ApiSources;
  readonly version: string;
}

/** Throws ProblemErrors for certificates that cannot be used. */
export async function networkAccess(
  options: AccessOptions & { readonly batchesPerMinute: number },
  parts: AccessParts,
): Promise<NetworkAccess> {
  const { transport, monotonicMs } = parts;
  const certificate = await certificateOf(options.tls, parts);
  const slots = new ReviewSlots();
  const reviewer = new TokenReviewer({ transport, slots, audience: options.audience, monotonicMs });
  const agents =
    options.agentAuth.kind === 'token' ? new AgentGate(reviewer, options.agentAuth.serviceAccount) : null;
  const people =
    options.peopleAuth === 'off' ? null : new PeopleGate({ reviewer, transport, slots, monotonicMs });
  return {
    ingest: {
      pace: new Pace(options.batchesPerMinute, monotonicMs),
      ...(agents !== null && { agents }),
      ...(people !== null && { people: (scope: FastifyInstance) => servePeople(scope, people, parts) }),
      ...(certificate !== null && { certificate }),
    },
    event: (event) => agents?.event(event),
    close: () => certificate?.close(),
  };
}

async function certificateOf(tls: TlsChoice, { log, now }: AccessParts): Promise<CertificateSource | null> {
  switch (tls.kind) {
    case 'none':
      return null;
    case 'given':
      return givenCertificate(tls, log);
    case 'own':
      return await ownCertificate({ ...tls, log, now });
    default:
      return tls satisfies never;
  }
}

/** The API behind the gate. Paths that nobody serves are answered before: what is asked of the API server is bounded. */
function servePeople(
  scope: FastifyInstance,
  gate: PeopleGate,
  { sources, version, monotonicMs }: AccessParts,
): void {
  const pace = new Pace(REQUESTS_OF_A_PERSON_PER_MINUTE, monotonicMs);
  scope.addHook('onRequest', async (request, reply) => {
    const path = request.routeOptions.url ?? '';
    const { method, ip: from } = request;
    const author = await gate.admit(request.headers.authorization, { method, path, from });
    const waitS = pace.wait(author.name ?? '');
    if (waitS !== null) {
      reply.header('retry-after', waitS);
      throw new ProblemError('too-many-requests', 'You ask more often than you may.');
    }
    request.author = author;
  });
  registerApi(scope, sources, version);
}
