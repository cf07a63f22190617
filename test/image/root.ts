/**
 * The root of an image, made ready as a kubelet would: read-only, with /proc and the files and folders that the pods mount.
 * It works in the mount namespace of the caller, who must have one of his own: with it everything here goes.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../chart/helm.ts';
import type { Started } from './pods.ts';

export interface Process {
  readonly child: ChildProcess;
  /** Standard output and error so far. */
  readonly output: () => string;
  /** The exit code, when it has ended; the signal's name when that ended it. */
  readonly ended: Promise<number | string>;
}

const NODE = ['/usr/bin/node', '/app/dist/main.js'];

/** Nothing in it can be written then but /tmp and the folders of the pods. */
export function readyRoot(root: string): void {
  const at = (place: string): string => path.join(root, place);
  writeFileSync(at('etc/hosts'), '127.0.0.1 localhost\n');
  writeFileSync(at('etc/resolv.conf'), 'nameserver 127.0.0.1\n');
  for (const place of ['var/lib/netscribe', 'var/run', 'tmp']) mkdirSync(at(place), { recursive: true });
  run('mount', '--bind', root, root);
  run('mount', '-t', 'proc', 'proc', at('proc'));
  for (const place of ['var/lib/netscribe', 'var/run', 'tmp'])
    run('mount', '-t', 'tmpfs', 'tmpfs', at(place));
  chmodSync(at('tmp'), 0o1777);
  // The server's volume belongs to its group, the agent's folder to root.
  chownSync(at('var/lib/netscribe'), 65532, 65532);
  mkdirSync(at('var/lib/netscribe/agent'), { mode: 0o755 });
  const secrets = at('var/run/secrets');
  mkdirSync(path.join(secrets, 'netscribe'), { recursive: true });
  writeFileSync(path.join(secrets, 'netscribe/token'), 'a-token-that-nobody-issued\n', { mode: 0o400 });
  const account = path.join(secrets, 'kubernetes.io/serviceaccount');
  mkdirSync(account, { recursive: true });
  writeFileSync(path.join(account, 'token'), 'a-token-that-nobody-issued\n');
  copyFileSync(path.join(ROOT, 'test/certificates/own/ca.crt'), path.join(account, 'ca.crt'));
  run('mount', '-o', 'remount,bind,ro', root);
}

/** Starts netscribe as a pod would: the image's Node, that user, those capabilities and no others. */
export function startIn(root: string, { args, env, uid, capabilities }: Started): Process {
  return execIn(root, { args: [...NODE, ...args], env, uid, capabilities });
}

/** chroot needs SYS_CHROOT itself; a process of uid 0 keeps it. Any other user keeps nothing. */
export function execIn(root: string, { args, env, uid, capabilities }: Started): Process {
  const kept = ['sys_chroot', ...capabilities.map((name) => name.toLowerCase())];
  const user = uid === 0 ? [] : [`--userspec=${uid}:${uid}`, '--groups='];
  const bounds = ['sys_chroot', ...kept, ...(uid === 0 ? [] : ['setuid', 'setgid'])].map(
    (name) => `+${name}`,
  );
  const child = spawn(
    'setpriv',
    [
      '--inh-caps=-all',
      `--bounding-set=-all,${[...new Set(bounds)].join()}`,
      '--no-new-privs',
      'chroot',
      ...user,
      root,
      ...args,
    ],
    { env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
  return { child, output: () => output, ended };
}

export function run(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim()}`);
}
