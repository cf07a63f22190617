/** What all commands for people share: their streams, one form of help, and how a failure ends them. */
import { Command, CommanderError, Option } from 'commander';
import { ProblemError } from '../domain/problem.ts';
import { writeText } from '../runtime/write-text.ts';
import { CLIENT_PROBLEMS } from '../wire/client.ts';
import { EXIT } from './exit-codes.ts';

export interface CommandIo {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Aborted when the person gives up. */
  readonly signal: AbortSignal;
}

/** Of a command that may read manifests from standard input. */
export interface InputIo extends CommandIo {
  readonly stdin: NodeJS.ReadableStream;
}

/** The same help in every terminal and in a file; as wide as its own examples. */
const HELP_COLUMNS = 108;

/** `netscribe NAME`, to be given its options; it prints help and complaints to `io` and throws a CommanderError after. */
export function createCommand(name: string, io: CommandIo): Command {
  return new Command(`netscribe ${name}`)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      getOutHelpWidth: () => HELP_COLUMNS,
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    });
}

/** Tells a failure that a person can act on and returns its exit code. Throws what the signal ended and every other error. */
export async function report(error: unknown, io: CommandIo): Promise<number> {
  // commander has printed what was wrong, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  if (io.signal.aborted || !(error instanceof ProblemError)) throw error;
  await writeText(
    io.stderr,
    `error: ${error.message}\n${error.hint === null ? '' : `hint: ${error.hint}\n`}`,
  );
  const isUnreachable = CLIENT_PROBLEMS.some((code) => code === error.code);
  return isUnreachable ? EXIT.unreachable : EXIT.usage;
}

/** `1 draft`, `2 drafts`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** For an option that may be repeated; it is undefined when it never stands there. */
export function collected(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

/** `-o table|json`. */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'what to print').choices(['table', 'json']).default('table');
}

/** Prints sentences that a person should know beside the answer. */
export async function writeNotes(io: CommandIo, notes: readonly string[]): Promise<void> {
  if (notes.length > 0) await writeText(io.stderr, notes.map((note) => `note: ${note}\n`).join(''));
}
