/** Who does not get at the API: on loopback pages of other origins, on the network whoever has no token or no role. */
import { ask } from './attack.ts';
import type { Case } from './case.ts';
import type { HostileWorld } from './hostile-world.ts';

const PERSON = { namespace: 'ci', serviceAccount: 'drift' } as const;
const PERSON_NAME = 'system:serviceaccount:ci:drift';

function loopback(
  world: HostileWorld,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<string> {
  return ask(`${world.server.at.api}${path}`, { method, headers });
}

function network(world: HostileWorld, path: string, token: string | null): Promise<string> {
  return ask(`${world.server.at.ingest}${path}`, {
    ca: world.ca,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  });
}

/** Bound to no pod: a person's or a pipeline's. */
function personsToken(world: HostileWorld, audience = 'netscribe'): string {
  const token = world.api.tokens.issue({ ...PERSON, audience });
  world.secrets.add(token);
  return token;
}

export const PEOPLE_CASES: readonly Case[] = [
  {
    title: 'a rebound DNS name on loopback',
    expected: ['403 host-refused'],
    send: (world) => loopback(world, '/api/v1/leases', { host: 'evil.example:8080' }),
  },
  {
    title: 'a name that begins like loopback',
    expected: ['403 host-refused'],
    send: (world) => loopback(world, '/api/v1/leases', { host: '127.0.0.1.evil.example' }),
  },
  {
    title: 'a page of another origin reads',
    expected: ['403 origin-refused'],
    send: (world) => loopback(world, '/api/v1/leases', { origin: 'https://evil.example' }),
  },
  {
    title: 'a page of another origin posts',
    expected: ['403 origin-refused'],
    send: (world) =>
      loopback(
        world,
        '/api/v1/verify',
        { origin: 'https://evil.example', 'content-type': 'application/json' },
        'POST',
      ),
  },
  {
    title: 'a page of no origin posts a form',
    expected: ['403 origin-refused'],
    send: (world) =>
      loopback(world, '/api/v1/verify', { origin: 'null', 'content-type': 'text/plain' }, 'POST'),
  },
  {
    title: 'DELETE on loopback',
    expected: ['405 method-not-allowed'],
    send: (world) => loopback(world, '/api/v1/leases', {}, 'DELETE'),
  },
  {
    title: 'a batch on loopback',
    expected: ['404 not-found'],
    send: (world) => loopback(world, '/api/v1/batches', {}, 'POST'),
  },
  {
    title: 'the API on the probes listener',
    expected: ['404 not-found'],
    send: (world) => ask(`${world.server.at.probes}/api/v1/leases`),
  },
  {
    title: 'the API on the network without a token',
    expected: ['401 token-missing'],
    send: (world) => network(world, '/api/v1/policies.yaml', null),
  },
  {
    title: "the API on the network with an agent's token",
    expected: ['403 access-denied'],
    send: (world) => network(world, '/api/v1/policies.yaml', world.token()),
  },
  {
    title: 'the API on the network with a token for the API server',
    expected: ['401 token-refused'],
    send: (world) =>
      network(world, '/api/v1/policies.yaml', personsToken(world, 'https://kubernetes.default.svc')),
  },
  {
    title: 'a role for one path, asked for another',
    expected: ['403 access-denied'],
    send: (world) => {
      world.api.reviews.grants.push({ user: PERSON_NAME, path: '/netscribe/api/v1/leases', verb: 'get' });
      return network(world, '/api/v1/policies.yaml', personsToken(world));
    },
  },
  {
    title: 'a role to read, asked to post',
    expected: ['403 access-denied'],
    send: (world) => {
      world.api.reviews.grants.push({ user: PERSON_NAME, path: '/netscribe/api/v1/verify', verb: 'get' });
      return ask(`${world.server.at.ingest}/api/v1/verify`, {
        method: 'POST',
        ca: world.ca,
        body: '{}',
        headers: { authorization: `Bearer ${personsToken(world)}`, 'content-type': 'application/json' },
      });
    },
  },
];
