/** Flags of a command line that are written down as a table, because several commands have them. */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';

export interface Flag {
  /** As commander writes it: `--min-days <n>`. */
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** The value of the text, or what is wrong with it. */
  readonly read?: (text: string) => unknown;
  /** How often it may stand there; its value is then a list. Absent: once. */
  readonly repeated?: number;
}

/** The command with these flags. A text that cannot be read ends it as any wrong usage does. */
export function addFlags<C extends Command>(command: C, flags: readonly Flag[]): C {
  for (const { flags: names, description, choices, read, repeated } of flags) {
    const option = new Option(names, description);
    if (choices !== undefined) option.choices([...choices]);
    if (read !== undefined) {
      option.argParser((text: string, earlier: unknown) => {
        const value = read(text);
        if (isProblem(value)) throw new InvalidArgumentError(value.problem);
        if (repeated === undefined) return value;
        const all: readonly unknown[] = [...(Array.isArray(earlier) ? earlier : []), value];
        if (all.length > repeated) throw new InvalidArgumentError(`more than ${repeated} of it`);
        return all;
      });
    }
    command.addOption(option);
  }
  return command;
}

function isProblem(value: unknown): value is { readonly problem: string } {
  return (
    typeof value === 'object' && value !== null && 'problem' in value && typeof value.problem === 'string'
  );
}
