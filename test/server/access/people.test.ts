/** Who may use the API on the network, and who is said to have asked (DESIGN section 7). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildApp } from '../../../src/server/app.ts';
import { claimedAuthor } from '../../../src/server/access/author.ts';
import { requireSingleHeaders } from '../../../src/server/access/single-headers.ts';
import { sampleSources } from '../sample-sources.ts';
import { accessWorld } from './access-world.ts';
import type { AccessWorld } from './access-world.ts';

let world: AccessWorld;
beforeEach(async () => {
  world = await accessWorld();
});
afterEach(() => world.close());

const PERSON = 'system:serviceaccount:ci:drift';
const READ = { method: 'GET', path: '/api/v1/edges', from: '192.0.2.1' };

function personsToken(): string {
  return `Bearer ${world.api.tokens.issue({ namespace: 'ci', serviceAccount: 'drift', audience: 'netscribe' })}`;
}

describe('a person with a token', () => {
  test('and a role is let in by name, and asked for once a minute', async () => {
    world.api.reviews.grants.push({ user: PERSON, path: '/netscribe/api/v1/edges', verb: 'get' });
    const token = personsToken();
    for (const method of ['GET', 'GET', 'HEAD'])
      expect(await world.people.admit(token, { ...READ, method })).toEqual({
        kind: 'authenticated',
        name: PERSON,
      });
    expect(world.api.reviews.seen.map(({ resource }) => resource)).toEqual([
      'tokenreviews',
      'subjectaccessreviews',
    ]);
  });

  test.each(['/api/v1/edges', '/openapi.json', '/healthz'])(
    'and no role does not get %s by what every account may get of the API server',
    async (path) => {
      const asked = world.people.admit(personsToken(), { ...READ, path });
      await expect(asked).rejects.toMatchObject({ code: 'access-denied' });
    },
  );

  test('and no role is told what is missing', async () => {
    await expect(world.people.admit(personsToken(), READ)).rejects.toMatchObject({
      code: 'access-denied',
      message: `${PERSON} may not get /api/v1/edges.`,
    });
  });

  test('loses what was granted within a minute', async () => {
    const token = personsToken();
    world.api.reviews.grants.push({ user: PERSON, path: '/netscribe/api/v1/edges', verb: 'get' });
    await world.people.admit(token, READ);
    world.api.reviews.grants.length = 0;
    world.clock.ms = 60_000;
    await expect(world.people.admit(token, READ)).rejects.toMatchObject({ code: 'access-denied' });
  });
});

describe('on loopback', () => {
  test.each([
    ['ada', 'ada'],
    [' ada ', 'ada'],
    ['', null],
    ['a'.repeat(129), null],
    ['a\u0007b', null],
    [undefined, null],
    [['a', 'b'], null],
  ])('an author who says %j is claimed as %j', (header, name) => {
    expect(claimedAuthor(header)).toEqual({ kind: 'claimed', name });
  });

  test('every request carries its author', async () => {
    const app = buildApp(sampleSources(), { logger: false, version: '0' });
    app.get('/author', (request) => request.author);
    const headers = { host: 'localhost', 'netscribe-author': 'ada' };
    expect((await app.inject({ url: '/author', headers })).json()).toEqual({ kind: 'claimed', name: 'ada' });
    await app.close();
  });
});

test('headers that decide stand once', () => {
  expect(() => requireSingleHeaders(['Host', 'a', 'Accept', 'x', 'accept', 'y'])).not.toThrow();
  expect(() => requireSingleHeaders(['Host', 'a', 'hOST', 'b'])).toThrow(/host header stands twice/);
  expect(() => requireSingleHeaders(['Accept', 'x'])).toThrow(/no Host/);
});
