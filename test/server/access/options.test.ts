/** What the command line of the server lets be open to others, and what it asks for by name. */
import { describe, expect, test } from 'vitest';
import { ProblemError } from '../../../src/domain/problem.ts';
import { parseServerOptions } from '../../../src/server/options.ts';
import type { ServerOptions } from '../../../src/server/options.ts';

const ON_NETWORK = ['--db=x', '--ingest=0.0.0.0:8443', '--tls-dir=tls', '--tls-name=netscribe.svc'];
const AGENT = '--agent-service-account=netscribe/agent';

const parse = (...argv: string[]): ServerOptions => parseServerOptions(argv, process);

function problemsOf(...argv: string[]): string {
  try {
    parse(...argv);
    return '';
  } catch (error) {
    if (error instanceof ProblemError) return error.message;
    throw error;
  }
}

describe('by default', () => {
  test('nothing is open to the network, and agents on loopback need no token', () => {
    expect(parse('--db=x')).toMatchObject({
      listen: { host: '127.0.0.1', port: 8080 },
      ingest: { host: '127.0.0.1', port: 8081 },
      probes: null,
      tls: { kind: 'none' },
      agentAuth: { kind: 'none' },
      peopleAuth: 'off',
      audience: 'netscribe',
      batchesPerMinute: 600,
      learningWindowMs: null,
    });
    expect(parse('--db=x', '--learning-window=2w').learningWindowMs).toBe(14 * 86_400_000);
  });

  test('agents on the network need a token, and people do not get in', () => {
    expect(parse(...ON_NETWORK, AGENT, '--tls-name=10.0.0.1')).toMatchObject({
      agentAuth: { kind: 'token', serviceAccount: { namespace: 'netscribe', name: 'agent' } },
      peopleAuth: 'off',
      tls: { kind: 'own', directory: 'tls', names: ['netscribe.svc', '10.0.0.1'] },
    });
  });
});

test('agents without a token on the network are asked for by name', () => {
  expect(parse(...ON_NETWORK, '--agent-auth=none').agentAuth).toEqual({ kind: 'none' });
});

test.each<[string, string[]]>([
  ['--ingest is no loopback address: give --tls-cert', ['--db=x', '--ingest=0.0.0.0:1', AGENT]],
  ['needs --agent-service-account', ON_NETWORK],
  ['agent is not NAMESPACE/NAME', [...ON_NETWORK, '--agent-service-account=agent']],
  ['a/b/c is not NAMESPACE/NAME', [...ON_NETWORK, '--agent-service-account=a/b/c']],
  ['--agent-auth maybe', ['--db=x', '--agent-auth=maybe']],
  ['--people-auth on is', ['--db=x', '--people-auth=on']],
  ['belong together', ['--db=x', '--tls-cert=a']],
  ['exclude each other', ['--db=x', '--tls-cert=a', '--tls-key=b', '--tls-dir=c']],
  ['a given certificate has its names', ['--db=x', '--tls-cert=a', '--tls-key=b', '--tls-name=c']],
  ['--tls-dir needs --tls-name', ['--db=x', '--ingest=0.0.0.0:1', '--tls-dir=c', AGENT]],
  ['neither a DNS name nor an address', ['--db=x', '--tls-dir=c', '--tls-name=a b']],
  ['--listen 0.0.0.0:1 is not loopback', ['--db=x', '--listen=0.0.0.0:1']],
  ['--probes 99999 is not', ['--db=x', '--probes=99999']],
  ['--batches-per-minute 0', ['--db=x', '--batches-per-minute=0']],
  ['--learning-window "60m" is no learning window', ['--db=x', '--learning-window=60m']],
  ['--agent-audience', ['--db=x', '--agent-audience=a b']],
])('%s', (said, argv) => {
  const problems = problemsOf(...argv);
  expect(problems).toContain(said);
  expect(problems.split('\n')).toHaveLength(1);
});

test('all problems are told at once', () => {
  const problems = problemsOf('--ingest=0.0.0.0:1', '--tls-cert=a', '--people-auth=x', '--listen=1.2.3.4:5');
  expect(problems.split('\n')).toHaveLength(6);
});
