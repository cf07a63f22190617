/**
 * `netscribe unattributed`: what no edge has because an end has no name, by reason, with what the reason means. It asks a
 * running server and prints; it never talks to a cluster.
 */
import { ProblemError } from '../domain/problem.ts';
import { nearestNames } from '../runtime/nearest-names.ts';
import { writeText } from '../runtime/write-text.ts';
import { API_PATHS } from '../wire/api.ts';
import { UNATTRIBUTED_REASONS } from '../wire/attribution-reasons.ts';
import type { ApiClient } from '../wire/client.ts';
import { MAX_LIMIT } from '../wire/listing.ts';
import { unattributedPage, unattributedReason } from '../wire/unattributed-json.ts';
import type { UnattributedRowJson } from '../wire/unattributed-json.ts';
import { verifySince } from '../wire/verify-json.ts';
import { createCommand, outputOption, report } from './command.ts';
import type { CommandIo } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { caFileOption, connectTo, serverOption, tokenFileOption } from './server-options.ts';
import type { ServerOptions } from './server-options.ts';
import { unattributedText } from './unattributed-table.ts';
import type { UnattributedAnswer } from './unattributed-table.ts';

interface UnattributedOptions extends ServerOptions {
  readonly since?: string;
  readonly reason?: string;
  readonly output: 'table' | 'json';
}

const TIMEOUT_MS = 30_000;

const EXAMPLES = `
Examples:
  netscribe unattributed                          everything, by reason and end
  netscribe unattributed --since 1h               of the last hour that was recorded, in whole hours
  netscribe unattributed --reason ambiguous -o json

Reasons: ${reasonLines()}

docs/attribution.md tells what each means and what to do. Exit codes: 0 fine; 2 usage or input; 3 server unreachable.`;

/** Runs the command with the arguments that follow its name and returns the exit code. Rejects when the signal ends it, and for a defect of its own. */
export async function main(argv: string[], io: CommandIo): Promise<number> {
  try {
    const options = parseOptions(argv, io);
    const client = await connectTo(options, { timeoutMs: TIMEOUT_MS, signal: io.signal });
    const answer = await fetchAll(client, options);
    const text =
      options.output === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : unattributedText(answer);
    await writeText(io.stdout, text);
    return EXIT.fine;
  } catch (error) {
    return await report(error, io);
  }
}

function parseOptions(argv: string[], io: CommandIo): UnattributedOptions {
  const options = createCommand('unattributed', io)
    .description('What could not be attributed: connections that no edge has, by reason and end.')
    .option('--since <when>', 'only hours since then: 1h, 7d, or an instant as 2026-11-03T09:00:00Z')
    .option('--reason <code>', 'only this reason')
    .addOption(outputOption())
    .addOption(serverOption())
    .addOption(tokenFileOption())
    .addOption(caFileOption())
    .addHelpText('after', EXAMPLES)
    .parse(argv, { from: 'user' })
    .opts<UnattributedOptions>();
  const { since, reason } = options;
  if (since !== undefined && !verifySince.safeParse(since).success)
    throw new ProblemError('usage', `--since ${JSON.stringify(since)} is neither a span nor an instant.`, {
      hint: 'Write it as 1h, 90m, 7d or 2026-11-03T09:00:00Z.',
    });
  if (reason !== undefined && !unattributedReason.safeParse(reason).success)
    throw new ProblemError('usage', `There is no reason ${JSON.stringify(reason)}.`, {
      hint: `Nearest in spelling: ${nearestNames(reason, UNATTRIBUTED_REASONS).join(', ')}.`,
    });
  return options;
}

/** Every page; what was withdrawn stands on each. */
async function fetchAll(
  client: ApiClient,
  { since, reason }: UnattributedOptions,
): Promise<UnattributedAnswer> {
  const items: UnattributedRowJson[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await client.json(
      API_PATHS.unattributed,
      { since, reason, limit: String(MAX_LIMIT), cursor },
      unattributedPage,
    );
    items.push(...page.items);
    if (page.next === null) return { items, unit: page.unit, withdrawn: page.withdrawn };
    cursor = page.next;
  }
}

/** Those of `seen-as-` stand as one. */
function reasonLines(): string {
  const plain = UNATTRIBUTED_REASONS.filter((reason) => !reason.startsWith('seen-as-'));
  return `${plain.slice(0, 6).join(', ')},\n  ${plain.slice(6).join(', ')};\n  and seen-as-REASON, of the address that a client was rewritten to.`;
}
