/**
 * `netscribe eval`: what the NetworkPolicies in manifests allow, without a cluster. It reads files, folders and standard
 * input and nothing else: it asks no server, applies nothing, and proves what policies mean, not that they are enforced.
 */
import { Option } from 'commander';
import { ProblemError } from '../domain/problem.ts';
import { compilePolicies } from '../netpol/compile.ts';
import type { PolicySet } from '../netpol/compile.ts';
import { reachOf } from '../netpol/reach.ts';
import { writeText } from '../runtime/write-text.ts';
import { collected, createCommand, plural, report, writeNotes } from './command.ts';
import type { CommandIo, InputIo } from './command.ts';
import { readEvalInput } from './eval-input.ts';
import type { EvalInput } from './eval-input.ts';
import { isIn, reachJson, reachTable } from './eval-reach.ts';
import { EXIT } from './exit-codes.ts';
import { groupsOf, openDirectory } from './manifest-directory.ts';
import type { Grouping, ManifestDirectory } from './manifest-directory.ts';
import { readManifestFiles } from './manifest-files.ts';
import { compiledAs, withManifestOptions } from './manifest-options.ts';
import type { ManifestOptions } from './manifest-options.ts';
import { probesJson, probesTable, probeStory } from './probe-answer.ts';
import { readProbes } from './probe-file.ts';
import { parseQuestion } from './probe.ts';

interface EvalOptions extends ManifestOptions {
  readonly namespace?: string;
  readonly by: Grouping;
  readonly probe?: string;
  readonly explain?: string;
}

const EXAMPLES = `
Examples:
  netscribe eval -f manifests/                       everything that may connect, by workload
  kubectl get deploy,sts,ds,pod,ns,netpol,node -A -o json | netscribe eval -f - -n shop
  netscribe eval -f manifests/ --explain 'shop/web -> shop/db:5432'
  echo '{"client":"shop/web","server":"203.0.113.9","protocol":"tcp","port":443}' |
    netscribe eval -f manifests/ --probe - -o json

Exit codes: 0 answered, whatever the answer; 2 usage or input.`;

/** Runs the command with the arguments that follow its name and returns the exit code. Rejects when the signal ends it, and for a defect of its own. */
export async function main(argv: string[], io: InputIo): Promise<number> {
  try {
    const options = parseOptions(argv, io);
    refuseClashes(options);
    const input = await readEvalInput(options.file ?? [], { io, defaultNamespace: options.defaultNamespace });
    const { cluster, policies, notes } = input;
    const directory = openDirectory(
      cluster,
      policies.map(({ policy }) => policy.metadata.namespace),
    );
    if (options.namespace !== undefined) directory.requireNamespace(options.namespace);
    const set = compilePolicies(
      policies.map(({ policy }) => policy),
      cluster.world,
      compiledAs(options),
    );
    const text = await answer({ options, input, set, directory, io });
    await writeNotes(io, notes);
    await writeText(io.stdout, text);
    await writeText(io.stderr, summaryOf(input));
    return EXIT.fine;
  } catch (error) {
    return await report(error, io);
  }
}

function parseOptions(argv: string[], io: CommandIo): EvalOptions {
  const command = withManifestOptions(
    createCommand('eval', io)
      .description(
        'List what the NetworkPolicies in manifests allow, between workloads and with the outside.',
      )
      .option(
        '-f, --file <path>',
        'manifests: a file, a folder or - for standard input; may be repeated',
        collected,
      )
      .option('-n, --namespace <name>', 'only connections with an end in this namespace')
      .addOption(
        new Option('--by <what>', 'keep the pods of a workload together or apart')
          .choices(['workload', 'pod'])
          .default('workload'),
      )
      .option(
        '--probe <file>',
        'judge connections, one JSON object a line: client, server, protocol, port, seenAs',
      )
      .option('--explain <connection>', "tell one connection in words: 'shop/web -> shop/db:5432'"),
  ).addHelpText('after', EXAMPLES);
  return command.parse(argv, { from: 'user' }).opts<EvalOptions>();
}

function refuseClashes({ probe, explain, namespace, by, file }: EvalOptions): void {
  const asksOne = probe !== undefined || explain !== undefined;
  const clash =
    probe !== undefined && explain !== undefined
      ? '--probe and --explain ask different things'
      : asksOne && (namespace !== undefined || by === 'pod')
        ? '-n and --by shape the list of connections; --probe and --explain ask about single ones'
        : probe === '-' && file?.includes('-') === true
          ? 'standard input cannot be both the manifests and the probes'
          : null;
  if (clash !== null) throw new ProblemError('usage', `${clash[0]?.toUpperCase()}${clash.slice(1)}.`);
}

interface Answering {
  readonly options: EvalOptions;
  readonly input: EvalInput;
  readonly set: PolicySet;
  readonly directory: ManifestDirectory;
  readonly io: InputIo;
}

async function answer({ options, input, set, directory, io }: Answering): Promise<string> {
  const { probe, explain, namespace, output, by } = options;
  if (explain !== undefined) {
    const question = parseQuestion(explain, directory);
    return output === 'json' ? probesJson(set, [question]) : probeStory(set, question);
  }
  if (probe !== undefined) {
    const files = await readManifestFiles([probe], io);
    const probes = files.flatMap((file) => readProbes(file, directory));
    return output === 'json' ? probesJson(set, probes) : probesTable(set, probes);
  }
  const all = reachOf(set, groupsOf(input.cluster.workloads, by));
  const rows =
    namespace === undefined
      ? all
      : all.filter(({ client, server }) => isIn(client, namespace) || isIn(server, namespace));
  return output === 'json' ? reachJson(rows) : reachTable(rows);
}

function summaryOf({ cluster, policies }: EvalInput): string {
  const templates = cluster.workloads.filter(({ isTemplate }) => isTemplate).length;
  const judged = templates === 0 ? '' : ` (${templates} by template)`;
  return `${plural(cluster.workloads.length, 'workload')}${judged}, ${policies.length === 1 ? '1 policy' : `${policies.length} policies`}\n`;
}
