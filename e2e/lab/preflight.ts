// What the lab needs before it touches anything, and the lock that keeps two labs apart.
import { accessSync, constants, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { run } from './shell.ts';

/** Every namespace of the lab is named with this and the process id, so that a later run can tell what a dead one left. */
export const NAMESPACE_STEM = 'nslab';

/** A namespace of the agent's bench, named with the bench's process id. */
const BENCH_NAMESPACE = /^ns-bench-(?<owner>\d+)-/;
const LOCK_FILE = '/run/netscribe-lab.lock';
const TOOLS = ['ip', 'nft', 'conntrack', 'sysctl'];

/** Throws an Error that says what to do when this is not Linux, not root, or a tool is missing; `more` are tools beyond the usual. */
export function assertAble(more: readonly string[] = []): void {
  if (process.platform !== 'linux') throw new Error('the lab needs Linux: it records a real kernel');
  if (process.getuid?.() !== 0) throw new Error('the lab needs root: it makes network namespaces');
  const missing = [...TOOLS, ...more].filter((tool) => !isInstalled(tool));
  if (missing.length > 0) throw new Error(`missing: ${missing.join(', ')}; run \`make deps\` as root`);
}

/** Takes the machine-wide lock, and removes the namespaces of a run that died. Throws when another lab is alive. Returns the release. */
export function takeLock(): () => void {
  for (const attempt of [1, 2]) {
    try {
      writeFileSync(LOCK_FILE, String(process.pid), { flag: 'wx' });
      return () => rmSync(LOCK_FILE, { force: true });
    } catch (error) {
      const holder = readHolder();
      if (attempt === 2 || isAlive(holder))
        throw new Error(`another lab is running (process ${holder}, ${LOCK_FILE})`, { cause: error });
      removeNamespaces(`${NAMESPACE_STEM}${holder}-`);
      rmSync(LOCK_FILE, { force: true });
    }
  }
  throw new Error(`cannot take ${LOCK_FILE}`);
}

/**
 * Ends what still runs in every network namespace whose name starts with `prefix`, and deletes them, and with them their interfaces, rules
 * and connection tables. Only the lab starts processes there.
 */
export function removeNamespaces(prefix: string): void {
  for (const name of namespaces().filter((each) => each.startsWith(prefix))) removeNamespace(name);
}

/** Does the same with the namespaces of benches of the agent (test/bench/agent-lab.ts) whose process is gone. */
export function removeDeadBenches(): void {
  for (const name of namespaces()) {
    const owner = BENCH_NAMESPACE.exec(name)?.groups?.['owner'];
    if (owner !== undefined && !isAlive(Number(owner))) removeNamespace(name);
  }
}

function namespaces(): string[] {
  return run('ip', ['netns', 'list'])
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
}

function removeNamespace(name: string): void {
  for (const id of run('ip', ['netns', 'pids', name]).split('\n').filter(Boolean)) end(Number(id));
  run('ip', ['netns', 'del', name]);
}

function end(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL');
  } catch {
    // It ended by itself between the listing and now.
  }
}

function isInstalled(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function readHolder(): number {
  try {
    return Number(readFileSync(LOCK_FILE, 'utf8'));
  } catch {
    return Number.NaN; // Released between the two calls.
  }
}

function isAlive(processId: number): boolean {
  if (!Number.isInteger(processId) || processId <= 0) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
