/**
 * `netscribe verify`: would these policies break what was recorded? It asks a running server and prints the answer;
 * it never talks to a cluster and applies nothing.
 */
import { ProblemError } from '../domain/problem.ts';
import { writeText } from '../runtime/write-text.ts';
import { API_PATHS } from '../wire/api.ts';
import { verifyAnswerJson } from '../wire/verify-json.ts';
import type { VerifyAnswerJson, VerifyRequestJson } from '../wire/verify-json.ts';
import { createCommand, outputOption, report } from './command.ts';
import type { InputIo } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { caFileOption, connectTo, serverOption, tokenFileOption } from './server-options.ts';
import type { ServerOptions } from './server-options.ts';
import { readPolicyFiles } from './manifests.ts';
import { verifyTable } from './verify-table.ts';

interface VerifyOptions extends ServerOptions {
  readonly file?: readonly string[];
  readonly drafts?: true;
  readonly inForce?: true;
  readonly instead?: true;
  readonly namespace?: string;
  readonly since: string;
  readonly strict?: true;
  readonly explain?: string;
  readonly output: 'table' | 'json';
}

/** Long enough for a large cluster's drafts to be made and compared. */
const TIMEOUT_MS = 120_000;

const EXAMPLES = `
Examples:
  netscribe verify -f policies/ -n shop                     a folder, together with what is in force
  kustomize build . | netscribe verify -f - --instead       standard input, instead of what is in force there
  netscribe verify --drafts --since 30d                     the server's own drafts, against a longer window
  netscribe verify -f db.yaml --explain 'shop/web -> shop/db:5432'

Exit codes: 0 fine; 1 something would break; 2 usage or input; 3 server unreachable, or --strict and policies of
other kinds apply or were not assessed.`;

/** Runs the command with the arguments that follow its name and returns the exit code. Rejects when the signal ends it, and for a defect of its own. */
export async function main(argv: string[], io: InputIo): Promise<number> {
  try {
    const options = parseOptions(argv, io);
    const answer = await ask(options, io);
    const text = options.output === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : verifyTable(answer);
    await writeText(io.stdout, text);
    return await exitCode(answer, { options, io });
  } catch (error) {
    return await report(error, io);
  }
}

function parseOptions(argv: string[], io: InputIo): VerifyOptions {
  const command = createCommand('verify', io)
    .description(
      'Judge NetworkPolicies against recorded traffic: what would they break, and what would they open?',
    )
    .option(
      '-f, --file <path>',
      'policies: a file, a folder or - for standard input; may be repeated',
      collected,
    )
    .option('--drafts', "judge the server's drafts")
    .option('--in-force', 'judge the policies in force against what was recorded')
    .option('--instead', 'instead of the policies in force in the same namespaces, not together with them')
    .option(
      '-n, --namespace <name>',
      'only policies and edges of this namespace; also for policies that name none',
    )
    .option('--since <when>', 'start of the window: 7d, 36h, or an instant as 2026-11-03T09:00:00Z', '7d')
    .option('--strict', 'exit with 3 when policies of other kinds apply or were not assessed')
    .option('--explain <connection>', "also tell one connection in words: 'shop/web -> shop/db:5432'")
    .addOption(outputOption())
    .addOption(serverOption())
    .addOption(tokenFileOption())
    .addOption(caFileOption())
    .addHelpText('after', EXAMPLES);
  return command.parse(argv, { from: 'user' }).opts<VerifyOptions>();
}

function collected(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

async function ask(options: VerifyOptions, io: InputIo): Promise<VerifyAnswerJson> {
  const { since, namespace, explain, instead } = options;
  const client = await connectTo(options, { timeoutMs: TIMEOUT_MS, signal: io.signal });
  const request: VerifyRequestJson = {
    policies: await policiesOf(options, io),
    mode: instead === true ? 'instead' : 'together',
    since,
    ...(namespace !== undefined && { namespace }),
    ...(explain !== undefined && { explain }),
  };
  return client.post(API_PATHS.verify, request, verifyAnswerJson);
}

async function policiesOf(
  { file = [], drafts, inForce, instead, namespace }: VerifyOptions,
  io: InputIo,
): Promise<VerifyRequestJson['policies']> {
  const chosen = [file.length > 0, drafts === true, inForce === true].filter(Boolean).length;
  if (chosen !== 1)
    throw new ProblemError(
      'usage',
      chosen === 0
        ? 'Say which policies to judge.'
        : 'Only one of -f, --drafts and --in-force can be judged.',
      { hint: 'Give -f FILE, --drafts or --in-force.' },
    );
  if (inForce === true) {
    if (instead === true)
      throw new ProblemError('usage', '--in-force judges what is in force: --instead says nothing there.');
    return { kind: 'in-force' };
  }
  if (drafts === true) return { kind: 'drafts' };
  const files = await readPolicyFiles(file, { stdin: io.stdin, defaultNamespace: namespace ?? null });
  for (const note of files.notes) await writeText(io.stderr, `note: ${note}\n`);
  if (files.policies.length === 0)
    throw new ProblemError('no-policies', `There is no NetworkPolicy in ${file.join(', ')}.`);
  return { kind: 'given', items: files.policies.map(({ policy }) => policy) };
}

async function exitCode(
  answer: VerifyAnswerJson,
  by: { readonly options: VerifyOptions; readonly io: InputIo },
): Promise<number> {
  if (answer.summary.wouldBreak > 0) return EXIT.no;
  const { otherPolicyKinds } = answer;
  if (by.options.strict !== true || otherPolicyKinds?.length === 0) return EXIT.fine;
  const reason =
    otherPolicyKinds === null
      ? 'nobody looked whether policies of other kinds apply'
      : `policies of other kinds may decide: ${otherPolicyKinds.map(({ group, kind }) => `${kind}.${group}`).join(', ')}`;
  await writeText(by.io.stderr, `strict: ${reason}\n`);
  return EXIT.unreachable;
}
