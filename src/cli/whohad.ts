/**
 * `netscribe whohad`: who held an address, ever or at an instant, with the bounds of each lease and where each bound came
 * from. It asks a running server and prints; it never talks to a cluster.
 */
import { parseIp } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import { ProblemError } from '../domain/problem.ts';
import { writeText } from '../runtime/write-text.ts';
import { API_PATHS } from '../wire/api.ts';
import type { ApiClient } from '../wire/client.ts';
import type { LeaseJson } from '../wire/lease-json.ts';
import { leasesPage } from '../wire/lease-verdict-json.ts';
import { MAX_LIMIT } from '../wire/listing.ts';
import { instantParameter } from '../wire/time-parameters.ts';
import { createCommand, outputOption, report } from './command.ts';
import type { CommandIo } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { caFileOption, connectTo, serverOption, tokenFileOption } from './server-options.ts';
import type { ServerOptions } from './server-options.ts';
import { timelineText } from './whohad-timeline.ts';
import type { AddressHistory } from './whohad-timeline.ts';

interface WhohadOptions extends ServerOptions {
  readonly at?: string;
  readonly output: 'table' | 'json';
}

const TIMEOUT_MS = 30_000;

const EXAMPLES = `
Examples:
  netscribe whohad 10.0.0.7                                 everyone who ever held it, oldest first
  netscribe whohad 10.0.0.7 --at 2026-11-03T09:00:05Z       who held it then: the verdict, and those around that time
  netscribe whohad fd00::7 --at 2026-11-03T10:00:05+01:00 -o json

Exit codes: 0 fine; 1 nobody ever held it, as far as is known; 2 usage or input; 3 server unreachable.`;

/** Runs the command with the arguments that follow its name and returns the exit code. Rejects when the signal ends it, and for a defect of its own. */
export async function main(argv: string[], io: CommandIo): Promise<number> {
  try {
    const { ip, options } = parseArguments(argv, io);
    const client = await connectTo(options, { timeoutMs: TIMEOUT_MS, signal: io.signal });
    const history = await fetchHistory(client, ip, options.at);
    const text =
      options.output === 'json' ? `${JSON.stringify(history, null, 2)}\n` : timelineText(ip, history);
    await writeText(io.stdout, text);
    return history.items.length === 0 ? EXIT.no : EXIT.fine;
  } catch (error) {
    return await report(error, io);
  }
}

function parseArguments(
  argv: string[],
  io: CommandIo,
): { readonly ip: IpAddress; readonly options: WhohadOptions } {
  const command = createCommand('whohad', io)
    .description('Who held an address: every lease, how sure it is when, and what says so.')
    .argument('<ip>', 'the address, IPv4 or IPv6')
    .option('--at <time>', 'an instant, as 2026-11-03T09:00:05Z or in unix milliseconds')
    .addOption(outputOption())
    .addOption(serverOption())
    .addOption(tokenFileOption())
    .addOption(caFileOption())
    .addHelpText('after', EXAMPLES)
    .parse(argv, { from: 'user' });
  const [text = ''] = command.args;
  const ip = parseIp(text);
  if (ip === null)
    throw new ProblemError('usage', `${JSON.stringify(text)} is not an IP address.`, {
      hint: 'Write it as 10.0.0.7 or fd00::7, without port or prefix length.',
    });
  const options = command.opts<WhohadOptions>();
  if (options.at !== undefined && !instantParameter.safeParse(options.at).success)
    throw new ProblemError('usage', `${JSON.stringify(options.at)} is not a time.`, {
      hint: 'Write it as 2026-11-03T09:00:05Z, 2026-11-03T10:00:05+01:00 or in unix milliseconds.',
    });
  return { ip, options };
}

/** Every page. */
async function fetchHistory(
  client: ApiClient,
  ip: IpAddress,
  at: string | undefined,
): Promise<AddressHistory> {
  const items: LeaseJson[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await client.json(
      API_PATHS.leases,
      { ip, at, limit: String(MAX_LIMIT), cursor },
      leasesPage,
    );
    items.push(...page.items);
    if (page.next === null) return { items, verdict: page.verdict };
    cursor = page.next;
  }
}
