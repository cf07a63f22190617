/** GET /openapi.json: the API's own description, made from the schemas that check and print it. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { API_PATHS } from '../../wire/api.ts';
import type { ApiScope } from './route.ts';

export function openApiRoute(app: ApiScope): void {
  app.get(API_PATHS.openapi, { schema: { hide: true } }, async () => app.swagger());
}

/** Options of the collector that turns the routes' schemas into the document. */
export function openApiOptions(version: string): FastifyDynamicSwaggerOptions {
  const zodToJsonConfig = { override: describeOpenly };
  const transformObject = createJsonSchemaTransformObject({ zodToJsonConfig });
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'netscribe',
        version,
        description: "What a cluster's workloads say to each other, and the NetworkPolicies drafted from it.",
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig }),
    transformObject: (document) => withoutUnusedSchemas(transformObject(document)),
  };
}

/**
 * Objects may gain fields, and clients ignore those that they do not know; `format` says what zod's pattern of an
 * instant says in 200 characters.
 */
function describeOpenly({ jsonSchema }: { readonly jsonSchema: Record<string, unknown> }): void {
  if (jsonSchema['additionalProperties'] === false) delete jsonSchema['additionalProperties'];
  if (jsonSchema['format'] === 'date-time') delete jsonSchema['pattern'];
}

/** The document without component schemas that nothing refers to (the collector adds an input twin of every one). */
function withoutUnusedSchemas<T extends object>(document: T): T {
  const { components, ...rest } = document as T & { components?: { schemas?: Record<string, unknown> } };
  const schemas = components?.schemas ?? {};
  const used = new Set<string>();
  const pending: unknown[] = [rest];
  while (pending.length > 0) {
    for (const name of referredIn(pending.pop())) {
      if (used.has(name)) continue;
      used.add(name);
      pending.push(schemas[name]);
    }
  }
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...components, schemas: kept } };
}

function referredIn(part: unknown): string[] {
  const text = JSON.stringify(part) ?? '';
  return [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? '');
}
