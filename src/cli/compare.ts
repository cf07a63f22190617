/**
 * `netscribe compare OLD NEW`: what two sets of NetworkPolicies allow differently, by meaning: how they are written does
 * not matter. It reads files, folders and standard input and nothing else, and applies nothing.
 */
import { compilePolicies } from '../netpol/compile.ts';
import { compareReach } from '../netpol/compare.ts';
import { writeText } from '../runtime/write-text.ts';
import { collected, createCommand, plural, report, writeNotes } from './command.ts';
import type { CommandIo, InputIo } from './command.ts';
import { readCompareInput } from './compare-input.ts';
import { changesJson, changesTable } from './compare-table.ts';
import { EXIT } from './exit-codes.ts';
import { groupsOf } from './manifest-directory.ts';
import { compiledAs, withManifestOptions } from './manifest-options.ts';
import type { ManifestOptions } from './manifest-options.ts';

const EXAMPLES = `
Examples:
  netscribe compare policies.old/ policies/ -f manifests/     workloads from manifests/
  kubectl get netpol,deploy,sts,ds,pod,ns,node -A -o json | netscribe compare - manifests/

Workloads and namespaces are taken from OLD, NEW and -f together; what stands in several is taken from -f, then NEW.

Exit codes: 0 they allow the same; 1 they differ; 2 usage or input.`;

/** Runs the command with the arguments that follow its name and returns the exit code. Rejects when the signal ends it, and for a defect of its own. */
export async function main(argv: string[], io: InputIo): Promise<number> {
  try {
    const { paths, options } = parseArguments(argv, io);
    const input = await readCompareInput(
      { ...paths, files: options.file ?? [] },
      { io, defaultNamespace: options.defaultNamespace },
    );
    const { cluster, before, after } = input;
    const how = compiledAs(options);
    const changes = compareReach(
      compilePolicies(before, cluster.world, how),
      compilePolicies(after, cluster.world, how),
      groupsOf(cluster.workloads, 'workload'),
    );
    await writeNotes(io, input.notes);
    await writeText(io.stdout, options.output === 'json' ? changesJson(changes) : changesTable(changes));
    const judged = `${plural(cluster.workloads.length, 'workload')}, ${before.length} old and ${after.length} new policies`;
    await writeText(
      io.stderr,
      `${changes.length === 0 ? 'they allow the same' : 'they differ'}: ${judged}\n`,
    );
    return changes.length === 0 ? EXIT.fine : EXIT.no;
  } catch (error) {
    return await report(error, io);
  }
}

function parseArguments(
  argv: string[],
  io: CommandIo,
): {
  readonly paths: { readonly before: string; readonly after: string };
  readonly options: ManifestOptions;
} {
  const command = withManifestOptions(
    createCommand('compare', io)
      .description('Say what two sets of NetworkPolicies allow differently, by meaning.')
      .argument('<old>', 'policies: a file, a folder or - for standard input')
      .argument('<new>', 'likewise')
      .option('-f, --file <path>', 'manifests of workloads and namespaces; may be repeated', collected),
  )
    .addHelpText('after', EXAMPLES)
    .parse(argv, { from: 'user' });
  const [before = '', after = ''] = command.args;
  return { paths: { before, after }, options: command.opts<ManifestOptions>() };
}
