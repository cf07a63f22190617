/**
 * `netscribe policies`: pulls the drafted policies of a running server, for a pull request. Standard output carries
 * the document and nothing else. It never talks to a cluster and never applies a policy.
 */
import { Option } from 'commander';
import { DRAFTING_FLAGS } from '../recommend/drafting-flags.ts';
import type { DraftingFlags } from '../recommend/drafting-flags.ts';
import { addFlags } from '../runtime/flags.ts';
import { writeText } from '../runtime/write-text.ts';
import { createCommand, plural, report } from './command.ts';
import type { CommandIo } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { caFileOption, connectTo, serverOption, tokenFileOption } from './server-options.ts';
import type { ServerOptions } from './server-options.ts';
import { fetchPolicies } from './policies-fetch.ts';
import { writeManifests } from './policies-files.ts';
import { notesOf } from './policies-notes.ts';

interface PoliciesOptions extends DraftingFlags, ServerOptions {
  readonly namespace?: string;
  readonly workload?: string;
  readonly output: 'yaml' | 'json';
  readonly withEvidence?: true;
  readonly allowOmitted?: true;
  readonly out?: string;
  readonly include?: readonly string[];
}

/** Long enough for a server that computes every draft of a large cluster for the first time. */
const TIMEOUT_MS = 60_000;

const EXAMPLES = `
Examples:
  netscribe policies -n shop                      the drafts of one namespace, to read or to save
  netscribe policies -n shop -w web -o json       one workload, with the evidence for each rule
  netscribe policies --out policies/              one file per policy, for a pull request
  netscribe policies --exclude peer=shop/debug    without what one peer did

Exit codes: 0 fine; 1 a workload got no draft (see --allow-omitted); 2 usage or input; 3 server unreachable.`;

/** Runs the command with the arguments that follow its name and returns the exit code. Rejects when the signal ends it, and for a defect of its own. */
export async function main(argv: string[], io: CommandIo): Promise<number> {
  try {
    const options = parseOptions(argv, io);
    return await pull(options, io);
  } catch (error) {
    return await report(error, io);
  }
}

function parseOptions(argv: string[], io: CommandIo): PoliciesOptions {
  const policies = createCommand('policies', io)
    .description('Pull the drafted NetworkPolicies of a running netscribe server.')
    .option('-n, --namespace <name>', 'only this namespace')
    .option('-w, --workload <name>', 'only workloads of this name')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['yaml', 'json']).default('yaml'))
    .addOption(serverOption())
    .addOption(tokenFileOption())
    .addOption(caFileOption())
    .option('--with-evidence', 'add the numbers behind each rule (JSON always has them)')
    .option(
      '--include <edge>',
      'take in an edge that is held back, by its key; repeat for several (nothing is stored)',
      (edge: string, before: readonly string[] | undefined) => [...(before ?? []), edge],
    )
    .option('--allow-omitted', 'exit with 0 even when a workload got no draft')
    .option('--out <dir>', 'write one file per policy there instead; other files are left alone');
  const command = addFlags(policies, DRAFTING_FLAGS).addHelpText('after', EXAMPLES);
  return command.parse(argv, { from: 'user' }).opts<PoliciesOptions>();
}

async function pull(options: PoliciesOptions, io: CommandIo): Promise<number> {
  const client = await connectTo(options, { timeoutMs: TIMEOUT_MS, signal: io.signal });
  const pulled = await fetchPolicies(client, {
    namespace: options.namespace,
    workload: options.workload,
    format: options.output,
    withEvidence: options.withEvidence === true,
    include: options.include ?? [],
    drafting: options,
  });
  if (options.out === undefined) {
    await writeText(io.stdout, pulled.document);
  } else {
    const files = await writeManifests(options.out, pulled.manifests(), options.output);
    await writeText(io.stderr, `wrote ${plural(files.length, 'file')} to ${options.out}\n`);
  }
  await writeText(io.stderr, notesOf(pulled.drafts, pulled.omitted));
  return pulled.omitted.length === 0 || options.allowOmitted === true ? EXIT.fine : EXIT.no;
}
