/**
 * All routes of the API for people, in one list. They read from their sources and print; who may ask is decided by the
 * listener that they are registered on.
 */
import fastifySwagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { coverageRoute } from './routes/coverage.ts';
import type { CoverageSource } from './routes/coverage.ts';
import { edgeEvidenceRoute } from './routes/edge-evidence.ts';
import type { EdgeEvidenceSource } from './routes/edge-evidence.ts';
import { edgesRoute } from './routes/edges.ts';
import type { EdgesSource } from './routes/edges.ts';
import { healthRoute } from './routes/health.ts';
import { leasesRoute } from './routes/leases.ts';
import type { LeasesSource } from './routes/leases.ts';
import { namespacesRoute } from './routes/namespaces.ts';
import type { NamespacesSource } from './routes/namespaces.ts';
import { openApiOptions, openApiRoute } from './routes/openapi.ts';
import { policiesRoute } from './routes/policies.ts';
import type { PoliciesSource } from './routes/policies.ts';
import { policiesYamlRoute } from './routes/policies-yaml.ts';
import type { PoliciesYamlSource } from './routes/policies-yaml.ts';
import { unattributedRoute } from './routes/unattributed.ts';
import type { UnattributedSource } from './routes/unattributed.ts';
import { verifyRoute } from './routes/verify.ts';
import type { VerifySource } from './routes/verify.ts';
import { workloadsRoute } from './routes/workloads.ts';
import type { WorkloadsSource } from './routes/workloads.ts';

export type { CoverageReport, NodeCoverage } from './routes/coverage.ts';
export type { NamespaceRow } from './routes/namespaces.ts';
export type { WorkloadRow } from './routes/workloads.ts';

/** Everything the API reads. Each route declares the part it needs. */
export interface ApiSources
  extends
    NamespacesSource,
    WorkloadsSource,
    EdgesSource,
    EdgeEvidenceSource,
    PoliciesSource,
    PoliciesYamlSource,
    LeasesSource,
    CoverageSource,
    UnattributedSource,
    VerifySource {}

/** Registers everything under `app`, with the ways in which the API reads bodies and prints answers. */
export function registerApi(app: FastifyInstance, sources: ApiSources, version: string): void {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  // Routes take no body, but verify: whatever comes is left unread, so that an unknown route is a 404 whatever it was sent.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.register(fastifySwagger, openApiOptions(version));
  // In a plugin of its own, so that the OpenAPI collector is in place before the first route.
  app.register(async (scope) => {
    const api = scope.withTypeProvider<ZodTypeProvider>();
    healthRoute(api, version);
    openApiRoute(api);
    namespacesRoute(api, sources);
    workloadsRoute(api, sources);
    edgesRoute(api, sources);
    edgeEvidenceRoute(api, sources);
    policiesRoute(api, sources);
    policiesYamlRoute(api, sources);
    leasesRoute(api, sources);
    coverageRoute(api, sources);
    unattributedRoute(api, sources);
    scope.register(async (ownBody) => verifyRoute(ownBody.withTypeProvider<ZodTypeProvider>(), sources));
  });
}
