/** The command line of `netscribe replay`. */
import { Command, Option } from 'commander';
import { parseCidr } from '../domain/cidr.ts';
import { ProblemError } from '../domain/problem.ts';
import { DRAFTING_FLAGS, draftingOptionsOf } from '../recommend/drafting-flags.ts';
import type { DraftingFlags } from '../recommend/drafting-flags.ts';
import type { DraftingOptions } from '../recommend/drafting-options.ts';
import { addFlags } from '../runtime/flags.ts';
import { parseHostPort } from '../runtime/host-port.ts';
import type { HostPort } from '../runtime/host-port.ts';

export interface ReplayOptions {
  readonly directory: string;
  readonly namespace?: string;
  readonly output: 'yaml' | 'json';
  readonly withEvidence: boolean;
  readonly allowOmitted: boolean;
  readonly db?: string;
  readonly listen?: { readonly host: string; readonly port: number };
  readonly skipBadInput: boolean;
  readonly nodeCidrs: readonly string[];
  readonly controlPlaneCidrs: readonly string[];
  /** Edges that are held back and are to be taken in. */
  readonly include: readonly string[];
  /** A file of address ranges by name. */
  readonly namedRanges?: string;
  readonly drafting: Partial<DraftingOptions>;
}

const EXAMPLES = `
Examples:
  netscribe replay my-capture > policies.yaml          drafts for review
  netscribe replay my-capture -n shop --with-evidence  one namespace, with the numbers behind each rule
  netscribe replay my-capture --listen 127.0.0.1:8080  serve the API afterwards, until Ctrl-C

Exit codes: 0 fine; 1 a workload got no draft (see --allow-omitted); 2 usage or input.`;

interface Raw {
  namespace?: string;
  output: 'yaml' | 'json';
  withEvidence: boolean;
  allowOmitted: boolean;
  db?: string;
  listen?: string;
  once: boolean;
  skipBadInput: boolean;
  nodeCidrs: string[];
  controlPlaneCidrs: string[];
  include?: string[];
  namedRanges?: string;
}

/** Throws commander's CommanderError (help, usage) or a ProblemError for a value that makes no sense. */
export function parseReplayOptions(
  argv: readonly string[],
  out: { stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream },
): ReplayOptions {
  const replay = new Command('netscribe replay')
    .description(
      'Draft NetworkPolicies from a recorded capture, without a cluster. YAML goes to standard output, everything else to standard error.',
    )
    .argument('<dir>', 'the capture (docs/capture.md says how to make one)')
    .option('-n, --namespace <name>', 'only this namespace')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['yaml', 'json']).default('yaml'))
    .option('--with-evidence', 'add the numbers behind each rule as comments (JSON always has them)', false)
    .option('--allow-omitted', 'exit with 0 even when a workload got no draft', false)
    .option(
      '--db <file>',
      'keep the database here; replaying the same capture into it again counts nothing twice',
    )
    .option('--listen <host:port>', 'then serve the API on this loopback address until interrupted')
    .option('--once', 'end after printing, even with --listen', false)
    .option('--skip-bad-input', 'draft without the records that are broken, instead of not at all', false)
    .option('--node-cidrs <cidr...>', 'ranges of node addresses, where traffic shows only some', [])
    .option(
      '--control-plane-cidrs <cidr...>',
      'ranges of the API server, where a managed control plane moves',
      [],
    )
    .option(
      '--include <edge>',
      'take in an edge that is held back (JSON names them under heldBack); repeat for several',
      (edge: string, before: string[] | undefined) => [...(before ?? []), edge],
    )
    .option('--named-ranges <file>', 'address ranges by name, YAML or JSON; rules for one carry its name');
  const command = addFlags(replay, DRAFTING_FLAGS)
    .allowExcessArguments(false)
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void out.stdout.write(text),
      writeErr: (text) => void out.stderr.write(text),
    });
  command.parse([...argv], { from: 'user' });
  const raw = command.opts<Raw>();
  const { listen, namespace, db, namedRanges, output, withEvidence, allowOmitted, skipBadInput, include } =
    raw;
  return {
    directory: command.args[0] ?? '.',
    output,
    withEvidence,
    allowOmitted,
    skipBadInput,
    include: include ?? [],
    drafting: draftingOptionsOf(command.opts<DraftingFlags>()),
    ...(namedRanges === undefined ? {} : { namedRanges }),
    nodeCidrs: checkedCidrs('--node-cidrs', raw.nodeCidrs),
    controlPlaneCidrs: checkedCidrs('--control-plane-cidrs', raw.controlPlaneCidrs),
    ...(namespace === undefined ? {} : { namespace }),
    ...(db === undefined ? {} : { db }),
    ...(listen === undefined || raw.once ? {} : { listen: addressOf(listen) }),
  };
}

function addressOf(text: string): HostPort {
  const address = parseHostPort(text);
  if (address !== null) return address;
  throw new ProblemError('bad-listen-address', `--listen ${text} is not host:port`, {
    hint: 'for example --listen 127.0.0.1:8080',
  });
}

function checkedCidrs(option: string, texts: readonly string[]): readonly string[] {
  const bad = texts.find((text) => parseCidr(text) === null);
  if (bad !== undefined)
    throw new ProblemError('bad-cidr', `${option} ${bad} is not a CIDR`, {
      hint: 'for example 192.168.100.0/24',
    });
  return texts;
}
