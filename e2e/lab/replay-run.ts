// `netscribe replay` of a capture, as people run it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

/** What it prints. Throws when it refuses the capture. */
export async function replayed(capture: string): Promise<{ yaml: string; errors: string }> {
  const child = spawn(process.execPath, ['src/main.ts', 'replay', capture, '--allow-omitted'], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const [yaml, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  if (child.exitCode !== 0) throw new Error(`replay of ${capture} exits with ${child.exitCode}: ${errors}`);
  return { yaml, errors };
}
