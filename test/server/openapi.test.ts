import { beforeAll, describe, expect, test } from 'vitest';
import { compareText } from '../../src/domain/text-order.ts';
import { buildApp } from '../../src/server/app.ts';
import { API_PATHS } from '../../src/wire/api.ts';
import { sampleSources } from './sample-sources.ts';

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly description?: string;
    readonly in: string;
  }[];
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content: Readonly<Record<string, unknown>> }>
  >;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

let document: Document;
beforeAll(async () => {
  const app = buildApp(sampleSources(), { logger: false, version: '0.0.0' });
  document = (await app.inject('/openapi.json')).json<Document>();
  await app.close();
});

/** Every operation with its path: one method a path. */
function operations(): (readonly [string, Operation])[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => [path, operation] as const),
  );
}

describe('the OpenAPI document', () => {
  test('has not drifted from the one that was reviewed (npm run test:update writes it anew)', async () => {
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../golden/openapi.json');
  });

  test('is OpenAPI 3.1 and lists every path but itself', () => {
    expect(document.openapi).toBe('3.1.0');
    const paths = Object.values(API_PATHS).filter((path) => path !== API_PATHS.openapi);
    expect(Object.keys(document.paths).toSorted()).toEqual(paths.toSorted());
  });

  test('says of every operation what it is, what each parameter means and how it fails', () => {
    for (const [path, operation] of operations()) {
      expect(operation.operationId, path).toBeTruthy();
      expect(operation.summary, path).toBeTruthy();
      for (const parameter of operation.parameters ?? []) {
        expect(parameter.description, `${path} ${parameter.name}`).toBeTruthy();
      }
      expect(operation.responses['200']?.description, path).not.toBe('Default Response');
      const failures = Object.entries(operation.responses).filter(([status]) => status !== '200');
      expect(failures.map(([status]) => status)).toEqual(expect.arrayContaining(['400', '403', '500']));
      for (const [status, { content }] of failures) {
        expect(content, `${path} ${status}`).toEqual({
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        });
      }
    }
  });

  test('refers to schemas that it holds, and holds none that nothing refers to', () => {
    const referred = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
    const names = [...new Set([...referred].map((match) => match[1] ?? ''))];
    expect(names.toSorted(compareText)).toEqual(
      Object.keys(document.components.schemas).toSorted(compareText),
    );
  });
});
