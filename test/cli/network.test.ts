/** A command that asks the server on the network: over TLS, with a token and a role of the cluster (DESIGN section 7). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../../src/cli/policies.ts';
import { main as whohad } from '../../src/cli/whohad.ts';
import { networkAccess } from '../../src/server/access/listeners.ts';
import { buildIngestApp } from '../../src/server/ingest-app.ts';
import { listenAnywhere } from '../../src/server/listen.ts';
import type { Listening } from '../../src/server/listen.ts';
import { createLogger } from '../../src/runtime/log.ts';
import { urlTransport } from '../../src/kube/watch/transport.ts';
import { FakeApiServer } from '../fake-api-server/server.ts';
import { sampleSources } from '../server/sample-sources.ts';
import { runCommand } from './command-run.ts';

let folder: string;
let api: FakeApiServer;
let served: Listening;

const file = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'netscribe-network-'));
  api = new FakeApiServer();
  const transport = await urlTransport(await api.listen(), {});
  const access = await networkAccess(
    {
      tls: { kind: 'own', directory: file('tls'), names: ['127.0.0.1'] },
      agentAuth: { kind: 'token', serviceAccount: { namespace: 'netscribe', name: 'agent' } },
      peopleAuth: 'kubernetes',
      audience: 'netscribe',
      batchesPerMinute: 600,
    },
    {
      transport,
      log: createLogger(process.stderr, 'error'),
      now: Date.now,
      monotonicMs: () => performance.now(),
      sources: sampleSources(),
      version: '0',
    },
  );
  const accepting = { generation: 'a', accept: () => Promise.resolve(), notReady: () => null };
  const app = buildIngestApp(accepting, { logger: false, ...access.ingest });
  app.addHook('onClose', () => {
    access.close();
    transport.close();
  });
  served = await listenAnywhere(app, { host: '127.0.0.1', port: 0 });
  const drift = { namespace: 'ci', serviceAccount: 'drift', audience: 'netscribe' };
  writeFileSync(file('token'), `${api.tokens.issue(drift)}\n`);
  const user = 'system:serviceaccount:ci:drift';
  for (const page of ['policies', 'policies.yaml'])
    api.reviews.grants.push({ user, path: `/netscribe/api/v1/${page}`, verb: 'get' });
});
afterAll(async () => {
  await served.close();
  await api.close();
  rmSync(folder, { recursive: true });
});

const policies = (...argv: string[]) => runCommand(main, [...argv, '--server', served.url]);

// Before the authority is trusted: from then on this process trusts it.
test('says what is wrong with a server whose authority it does not know', async () => {
  const { code, stderr } = await policies('--token-file', file('token'));
  expect([code, stderr]).toEqual([3, expect.stringContaining('certificate')]);
});

test('pulls the policies with a token, a role and the authority', async () => {
  const { code, stdout, stderr } = await policies(
    '--token-file',
    file('token'),
    '--ca-file',
    file('tls/ca.crt'),
    '--allow-omitted',
  );
  expect([code, stderr]).toEqual([0, expect.stringContaining('3 drafts')]);
  expect(stdout).toContain('kind: NetworkPolicy');
});

test('tells a role that is missing, and a token', async () => {
  const leases = ['10.0.0.7', '--server', served.url, '--token-file', file('token')];
  const denied = await runCommand(whohad, [...leases, '--ca-file', file('tls/ca.crt')]);
  expect(denied.code).toBe(2);
  expect(denied.stderr).toContain('system:serviceaccount:ci:drift may not get /api/v1/leases.');
  expect(denied.stderr).toContain('nonResourceURLs /netscribe/api/v1/leases');
  const nobody = await policies('--ca-file', file('tls/ca.crt'));
  expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('no Authorization header')]);
});

test.each<[string, string[], string]>([
  ['a token in clear', ['--token-file', 'token', '--server', 'http://10.0.0.1:8443'], 'unencrypted'],
  ['a token file that is not there', ['--token-file', 'nowhere'], 'Cannot read --token-file'],
  ['a token file that holds none', ['--token-file', 'tls/ca.crt'], 'holds no token'],
  ['an authority that is none', ['--ca-file', 'token'], 'holds no certificate'],
])('refuses %s', async (_, argv, said) => {
  const absolute = argv.map((each, index) =>
    argv[index - 1]?.endsWith('-file') === true ? file(each) : each,
  );
  const { code, stderr } = await runCommand(main, absolute);
  expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
});
