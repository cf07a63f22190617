/** What commands that judge policies from manifests are told: which manifests, how they are read, and what is printed. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { outputOption } from './command.ts';

export interface ManifestOptions {
  /** In the order they were given; absent when there is none. */
  readonly file?: readonly string[];
  readonly output: 'table' | 'json';
  readonly ipBlocks: 'any' | 'outside';
  readonly defaultNamespace: string;
}

/** Adds all of them but `--file`, which stands first in a help and means something else in each. */
export function withManifestOptions(command: Command): Command {
  return command
    .addOption(outputOption())
    .addOption(ipBlocksOption())
    .option('--default-namespace <name>', 'for manifests that name none', 'default');
}

/** How policies are compiled under these options. */
export function compiledAs({ ipBlocks }: ManifestOptions): { readonly ipBlockMatchesPods: boolean } {
  return { ipBlockMatchesPods: ipBlocks === 'any' };
}

/** The one point in which CNIs read a policy differently (NETPOL rule 21). */
function ipBlocksOption(): Option {
  return new Option(
    '--ip-blocks <match>',
    "whether an ipBlock also matches pods' addresses (any), as upstream's tests demand, or not (outside), as Cilium has it",
  )
    .choices(['any', 'outside'])
    .default('any');
}
