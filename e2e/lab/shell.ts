// Runs the system's network tools and waits for their end.
import { spawnSync } from 'node:child_process';

/** Runs a program to its end and returns its standard output. Throws an Error with its standard error when it fails. */
export function run(program: string, args: readonly string[], input = ''): string {
  const done = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (done.error !== undefined) throw done.error;
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr.trim()}`);
  return done.stdout;
}

/** Runs a program inside a network namespace, as run() does. */
export function runIn(namespace: string, program: string, args: readonly string[], input = ''): string {
  return run('ip', ['netns', 'exec', namespace, program, ...args], input);
}
