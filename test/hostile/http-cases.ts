/** What is no request, and requests that try to be two things at once. */
import { ask, handshake, raw } from './attack.ts';
import type { Case } from './case.ts';
import type { HostileWorld } from './hostile-world.ts';

const BROKEN = ['400 invalid-request', 'closed'];
const NOT_FOUND = ['404 not-found'];

function rawCase(title: string, expected: readonly string[], bytes: string): Case {
  return { title, expected, send: (world) => raw(world.server.at.ingest, bytes, world.ca) };
}

function network(world: HostileWorld, path: string, headers = {}, method = 'GET'): Promise<string> {
  return ask(`${world.server.at.ingest}${path}`, { method, headers, ca: world.ca });
}

export const HTTP_CASES: readonly Case[] = [
  rawCase(
    'a path that climbs up',
    NOT_FOUND,
    'GET /api/v1/../../../../etc/passwd HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  ),
  rawCase(
    'a path that climbs up, encoded',
    NOT_FOUND,
    'GET /api/v1/%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  ),
  rawCase(
    'a path that cannot be decoded',
    ['400 invalid-request'],
    'GET /%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  ),
  rawCase(
    'a URL of another server',
    NOT_FOUND,
    'GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  ),
  rawCase('CONNECT to another server', ['closed'], 'CONNECT 10.0.0.1:443 HTTP/1.1\r\nhost: a\r\n\r\n'),
  rawCase('TRACE', NOT_FOUND, 'TRACE / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'),
  rawCase(
    'a length and chunks together',
    BROKEN,
    'POST /api/v1/batches HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ),
  rawCase(
    'two lengths',
    BROKEN,
    'POST /api/v1/batches HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcd',
  ),
  rawCase(
    'a length that is no number',
    BROKEN,
    'POST /api/v1/batches HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n',
  ),
  rawCase(
    'two hosts',
    ['400 duplicate-header'],
    'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n',
  ),
  rawCase('no host', ['403 host-refused'], 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n'),
  rawCase('a header over two lines', BROKEN, 'GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n 2\r\n\r\n'),
  rawCase(
    'a header name with a space',
    BROKEN,
    'GET / HTTP/1.1\r\nhost: a\r\nauthorization : Bearer x\r\n\r\n',
  ),
  rawCase('a header with a zero byte', BROKEN, 'GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n'),
  rawCase('lines that end in a line feed alone', BROKEN, 'GET / HTTP/1.1\nhost: a\n\n'),
  rawCase('bytes that are no HTTP', BROKEN, '\x16\x03\x01 what is this\r\n\r\n'),
  rawCase(
    'headers of 20 KB',
    ['431 invalid-request', 'closed'],
    `GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`,
  ),
  {
    title: 'a URL of 5,000 characters',
    expected: ['414 uri-too-long'],
    send: (world) => network(world, `/api/v1/edges?namespace=${'a'.repeat(5000)}`),
  },
  { title: 'GET of the batches', expected: NOT_FOUND, send: (world) => network(world, '/api/v1/batches') },
  {
    title: 'PUT of the API',
    expected: ['405 method-not-allowed'],
    send: (world) => network(world, '/api/v1/leases', {}, 'PUT'),
  },
  {
    title: "a browser's page on the network listener",
    expected: ['403 origin-refused'],
    send: (world) => network(world, '/api/v1/leases', { origin: 'https://evil.example' }),
  },
  {
    title: 'health and metrics on the network listener',
    expected: ['401 token-missing, 404 not-found, 404 not-found'],
    send: async (world) =>
      [
        await network(world, '/healthz'),
        await network(world, '/readyz'),
        await network(world, '/metrics'),
      ].join(', '),
  },
  {
    title: 'plain HTTP to the TLS port',
    expected: ['closed'],
    send: (world) => ask(`${world.server.at.ingest.replace('https:', 'http:')}/api/v1/leases`),
  },
  {
    title: 'TLS 1.0',
    expected: ['handshake refused'],
    send: (world) => handshake(world.server.at.ingest, 'TLSv1', world.ca),
  },
  {
    title: 'TLS 1.1',
    expected: ['handshake refused'],
    send: (world) => handshake(world.server.at.ingest, 'TLSv1.1', world.ca),
  },
];
