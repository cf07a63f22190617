/**
 * Starts both roles from the root of an image as deploy/install.yaml does, on a read-only root, with the pods' users and
 * capabilities, in a network of their own. It proves that the image's files are enough; nothing of this machine is reached.
 *   unshare --mount --net node test/image/start.ts ROOT   (as root on Linux)
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHART } from '../chart/helm.ts';
import { startNameServer } from './name-server.ts';
import { startedAs } from './pods.ts';
import type { Started } from './pods.ts';
import { execIn, readyRoot, run, startIn } from './root.ts';
import type { Process } from './root.ts';

const SERVICE = 'netscribe-server.netscribe.svc';
/** A slow machine must not fail this; a process that hangs must. */
const PATIENCE_MS = 60_000;
const METRICS = '127.0.0.1:9464';

const [root = ''] = process.argv.slice(2);
const others = Object.keys(networkInterfaces());
if (root === '' || process.getuid?.() !== 0 || others.length > 0) {
  throw new Error('run it as root in a mount and network namespace of its own: see the head of this file');
}
run('ip', 'link', 'set', 'lo', 'up');
readyRoot(root);
const names = await startNameServer(SERVICE);
try {
  await serverAndAgent();
  await agentWithoutRights();
} finally {
  await names.close();
}

async function serverAndAgent(): Promise<void> {
  const described = startedAs('server');
  // An API server that is away: what asks it must wait, and the rest must work.
  const address = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1' };
  const server = startIn(root, { ...described, env: { ...described.env, ...address } });
  let agent: Process | null = null;
  try {
    await until(
      server,
      'the server answers /healthz',
      async () => (await status('127.0.0.1:8082/healthz')) === 200,
    );
    tell('server', `/healthz 200, /readyz ${await status('127.0.0.1:8082/readyz')}, ${memoryOf(server)}`);
    await connectionTest();
    agent = startIn(root, withMetrics(startedAs('agent')));
    await until(agent, 'the agent reads netlink', async () =>
      (await text(`${METRICS}/metrics`)).includes('netscribe_agent_source_up{kind="netlink"} 1'),
    );
    tell('agent', `reads netlink with CapEff ${capabilitiesOf(agent)}, ${memoryOf(agent)}`);
    tell(
      'agent',
      `/readyz ${await status(`${METRICS}/readyz`)}: ${(await text(`${METRICS}/readyz`)).trim()}`,
    );
    await stop('agent', agent);
    await stop('server', server);
  } finally {
    agent?.child.kill('SIGKILL');
    server.child.kill('SIGKILL');
  }
}

/** What `helm test` runs, in the image, by the Service's name. */
async function connectionTest(): Promise<void> {
  const script = readFileSync(path.join(CHART, 'tests', 'connection.cjs'), 'utf8');
  const test = execIn(root, {
    args: ['/usr/bin/node', '--eval', script],
    env: { NETSCRIBE_SERVER: `https://${SERVICE}:8443` },
    uid: 65532,
    capabilities: [],
  });
  const code = await test.ended;
  if (code !== 0) throw new Error(`helm test fails (${code}): ${test.output()}`);
  if (!names.asked.includes(SERVICE)) throw new Error('the image asked no DNS server for the Service');
  for (const line of test.output().trim().split('\n')) tell('helm test', line);
}

/** Without NET_ADMIN it must say what is missing. */
async function agentWithoutRights(): Promise<void> {
  const agent = startIn(root, { ...withMetrics(startedAs('agent')), capabilities: [] });
  try {
    await until(agent, 'the agent says that it lacks NET_ADMIN', async () =>
      agent.output().includes('NET_ADMIN'),
    );
    const line =
      agent
        .output()
        .split('\n')
        .find((each) => each.includes('NET_ADMIN')) ?? '';
    tell('agent', `without NET_ADMIN: ${line.slice(0, 400)}`);
  } finally {
    agent.child.kill('SIGKILL');
  }
}

function withMetrics(started: Started): Started {
  return {
    ...started,
    args: started.args.map((each) => (each === '--listen=off' ? `--listen=${METRICS}` : each)),
  };
}

async function stop(name: string, { child, ended, output }: Process): Promise<void> {
  child.kill('SIGTERM');
  const code = await Promise.race([ended, sleep(PATIENCE_MS, 'not at all', { ref: false })]);
  if (code !== 0) throw new Error(`the ${name} ended with ${code} after SIGTERM:\n${output()}`);
  tell(name, 'ended with 0 after SIGTERM');
}

async function until(of: Process, what: string, isSo: () => Promise<boolean>): Promise<void> {
  const last = Date.now() + PATIENCE_MS;
  let code: number | string | null = null;
  void of.ended.then((ended) => (code = ended));
  while (!(await isSo().catch(() => false))) {
    if (code !== null) throw new Error(`${what}: it ended with ${String(code)}:\n${of.output()}`);
    if (Date.now() > last) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s:\n${of.output()}`);
    await sleep(100);
  }
}

async function status(place: string): Promise<number> {
  return (await fetch(`http://${place}`)).status;
}

async function text(place: string): Promise<string> {
  return (await fetch(`http://${place}`)).text();
}

function memoryOf({ child }: Process): string {
  return `VmRSS ${Math.round(Number(procField(child.pid, 'VmRSS').split(' ')[0]) / 1024)} MiB`;
}

function capabilitiesOf({ child }: Process): string {
  return procField(child.pid, 'CapEff');
}

function procField(pid: number | undefined, name: string): string {
  const match = new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return match?.[1] ?? '';
}

function tell(who: string, what: string): void {
  process.stdout.write(`image: ${who}: ${what}\n`);
}
