/** `netscribe verify` in this process, against a real server of the replayed example on loopback. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll } from 'vitest';
import { sink } from './command-run.ts';
import { main } from '../../src/cli/verify.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { ClusterInfo } from '../../src/recommend/cluster.ts';
import { apiSources } from '../../src/server/api-sources.ts';
import { buildApp } from '../../src/server/app.ts';
import { listen } from '../../src/server/listen.ts';
import { verifyAnswerJson } from '../../src/wire/verify-json.ts';
import type { VerifyAnswerJson } from '../../src/wire/verify-json.ts';
import { replayExample } from '../replay/boutique.ts';
import type { Replayed } from '../replay/boutique.ts';

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** The example as if its cluster had also had what `changes` say. */
export function serve(replayed: Replayed, changes: Partial<ClusterInfo> = {}): Promise<Served> {
  const { analysed, store } = replayed;
  const changed = { ...analysed, cluster: { ...analysed.cluster, ...changes } };
  const app = buildApp(
    apiSources(store, () => changed),
    { logger: false, version: '0' },
  );
  return listen(app, { host: '127.0.0.1', port: 0 });
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `stdin` is what standard input holds. */
export async function runVerify(argv: readonly string[], stdin = ''): Promise<Ran> {
  const stdout = sink();
  const stderr = sink();
  const { signal } = new AbortController();
  const io = {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    signal,
  };
  const code = await main([...argv], io);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

export function answerOf(ran: Ran): VerifyAnswerJson {
  return verifyAnswerJson.parse(JSON.parse(ran.stdout));
}

/** `shop/web -> shop/db:5432/tcp server: wrong-port opened 1 present 0 answered 1`, one line a side. */
export function denialLines({ denied }: VerifyAnswerJson): string[] {
  return denied
    .filter(({ need }) => need === 'needed')
    .flatMap((edge) =>
      edge.sides.map(
        ({ side, reason }) =>
          `${edge.client.title} -> ${edge.server.title}:${edge.port}/${edge.protocol} ${side}: ${reason.code} ` +
          `opened ${edge.opened} present ${edge.present} answered ${edge.answered}`,
      ),
    );
}

export function draftsOf({ analysed }: Replayed): NetworkPolicy[] {
  return analysed.recommendation.outcomes.flatMap((outcome) =>
    outcome.kind === 'draft' ? [outcome.policy] : [],
  );
}

/** The replayed example behind a server and a folder for files, for the tests of one file; gone after them. */
export function servedExample() {
  const shared: { replayed?: Replayed; server?: Served; folder?: string } = {};
  beforeAll(async () => {
    shared.replayed = await replayExample();
    shared.server = await serve(shared.replayed);
    shared.folder = await mkdtemp(join(tmpdir(), 'netscribe-verify-'));
  });
  afterAll(async () => {
    await shared.server?.close();
    shared.replayed?.close();
    if (shared.folder !== undefined) await rm(shared.folder, { recursive: true });
  });
  const ready = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the example is there only while tests run');
    return value;
  };
  return {
    replayed: () => ready(shared.replayed),
    folder: () => ready(shared.folder),
    verify: (argv: readonly string[], stdin?: string, at = ready(shared.server)) =>
      runVerify(['--server', at.url, ...argv], stdin),
  };
}
