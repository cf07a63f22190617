/**
 * `netscribe replay DIR`: policies from a recorded capture, on any operating system and without a cluster.
 * Drafts go to standard output, all else to standard error. It never drafts from broken input in silence.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { aborted } from '../runtime/aborted.ts';
import { wallClock } from '../runtime/clock.ts';
import { createLogger } from '../runtime/log.ts';
import { readNamedRanges } from '../runtime/named-ranges-file.ts';
import { writeText } from '../runtime/write-text.ts';
import { analyse, apiSources, requireNamespace } from '../server/api-sources.ts';
import { buildApp } from '../server/app.ts';
import { PLAIN_DRAFTS } from '../server/routes/asked-drafts.ts';
import type { ApiSources } from '../server/app.ts';
import { listen } from '../server/listen.ts';
import { openStore } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { packageVersion } from '../runtime/version.ts';
import { openCapture } from './capture-folder.ts';
import { InputProblems } from './input-problems.ts';
import { parseReplayOptions } from './options.ts';
import type { ReplayOptions } from './options.ts';
import { replay } from './pipeline.ts';
import { progressTo } from './progress.ts';
import { signpost, summaryOf } from './summary.ts';

interface CommandIo {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** Exit codes: 0 fine; 1 a workload got no draft; 2 usage. Input problems are thrown as ProblemErrors. */
export async function main(argv: string[], io: CommandIo): Promise<number> {
  let options: ReplayOptions;
  try {
    options = parseReplayOptions(argv, io);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const scratch = options.db === undefined ? await mkdtemp(join(tmpdir(), 'netscribe-')) : null;
  try {
    const store = openStore(options.db ?? join(scratch ?? '', 'replay.db'));
    try {
      return await run(options, store, io);
    } finally {
      store.close();
    }
  } finally {
    if (scratch !== null) await rm(scratch, { recursive: true, force: true });
  }
}

async function run(options: ReplayOptions, store: Store, io: CommandIo): Promise<number> {
  const named = options.namedRanges === undefined ? {} : await readNamedRanges(options.namedRanges);
  const capture = await openCapture(options.directory);
  const problems = new InputProblems();
  const progress = progressTo(io.stderr, capture.totalBytes, wallClock);
  const result = await replay(capture, {
    store,
    problems,
    onBytes: (bytes) => progress.add(bytes),
    signal: io.signal,
    strict: !options.skipBadInput,
  });
  if (problems.count > 0)
    await writeText(
      io.stderr,
      `replay: skipped ${problems.count} broken records:\n  ${problems.lines().join('\n  ')}\n`,
    );
  const { nodeCidrs, controlPlaneCidrs, drafting, include } = options;
  const known = { nodeCidrs, controlPlaneCidrs, named };
  const analysed = analyse(store, result.cluster, known, { include, options: drafting });
  if (options.namespace !== undefined) requireNamespace(result.cluster, options.namespace);
  const sources = apiSources(store, () => analysed);
  const document = await documentOf(sources, options);
  // A port that is taken is told before anything is printed.
  const server =
    options.listen === undefined
      ? null
      : await listen(
          buildApp(sources, { logger: createLogger(io.stderr, 'warn'), version: packageVersion() }),
          options.listen,
        );
  try {
    await writeText(io.stderr, summaryOf(result, analysed, sources.coverage()));
    await writeText(io.stdout, document.text);
    if (server !== null) {
      await writeText(io.stderr, signpost(server.url, analysed));
      await aborted(io.signal);
    }
  } finally {
    await server?.close();
  }
  return document.omitted === 0 || options.allowOmitted ? 0 : 1;
}

async function documentOf(
  sources: ApiSources,
  options: ReplayOptions,
): Promise<{ text: string; omitted: number }> {
  const namespace = options.namespace ?? null;
  const printed = sources.policiesYaml(namespace, {
    withEvidence: options.withEvidence,
    asked: PLAIN_DRAFTS,
  });
  if (options.output === 'yaml') return { text: printed.yaml, omitted: printed.omitted.length };
  return {
    text: `${JSON.stringify({ items: await draftsAsJson(sources, namespace) }, null, 2)}\n`,
    omitted: printed.omitted.length,
  };
}

/** The same JSON as the API serves, asked of the app itself, without a socket. */
async function draftsAsJson(sources: ApiSources, namespace: string | null): Promise<unknown[]> {
  const app = buildApp(sources, { logger: false, version: packageVersion() });
  const items: unknown[] = [];
  let cursor: string | null = null;
  try {
    do {
      const query: Record<string, string> = { limit: '1000' };
      if (namespace !== null) query['namespace'] = namespace;
      if (cursor !== null) query['cursor'] = cursor;
      const response = await app.inject({ path: '/api/v1/policies', query, headers: { host: 'localhost' } });
      const page: { items: unknown[]; next: string | null } = response.json();
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return items;
  } finally {
    await app.close();
  }
}
