/**
 * `make hostile`: bad requests of every kind against the real server, and what each got. It needs no root and stays on
 * loopback; a good agent sends all the while, and every one of its batches must be taken.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BODY_CASES } from './body-cases.ts';
import type { Case } from './case.ts';
import { CONNECTION_CASES, PACE_CASES } from './connection-cases.ts';
import { GoodAgent } from './good-agent.ts';
import { HTTP_CASES } from './http-cases.ts';
import { openWorld } from './hostile-world.ts';
import type { HostileWorld } from './hostile-world.ts';
import { PEOPLE_CASES } from './people-cases.ts';
import { refusals } from './refusals.ts';
import { TOKEN_CASES } from './token-cases.ts';

/** Far more than a server of this size should need after it; the figures printed say what it was. */
const MOST_GROWTH_MIB = 600;

/** The slowest is a body that drips until the server's 20 s are over; the rest is for a busy machine. */
const CASE_DEADLINE_MS = 75_000;

/** Batches of the good agent once all is over. */
const SENT_AFTERWARDS = 10;

const unexpected: string[] = [];
const rows: { title: string; got: string; isExpected: boolean }[] = [];

const world = await openWorld();
try {
  await attack(world);
} finally {
  await world.close();
}
process.exitCode = unexpected.length === 0 ? 0 : 1;

async function attack({ server }: HostileWorld): Promise<void> {
  const agent = new GoodAgent(world);
  await agent.send();
  const before = server.memory();
  agent.start();
  const slow = Promise.all(CONNECTION_CASES.map((each) => judge(each)));
  for (const each of [...TOKEN_CASES, ...BODY_CASES, ...HTTP_CASES, ...PEOPLE_CASES, ...PACE_CASES])
    // One after the other: some change what the API server says meanwhile.
    if (each.isAlone === true) await agent.silent(() => judge(each));
    else await judge(each);
  await slow;
  const after = server.memory();
  // However slow the machine was meanwhile, it is served after all that.
  for (let batch = 0; batch < SENT_AFTERWARDS; batch++) await agent.send();
  await agent.stop();
  print();
  expectation(
    'the good agent',
    `${agent.acknowledged} batches acknowledged, ${agent.others.size} other answers`,
    [agent.acknowledged > SENT_AFTERWARDS && agent.others.size === 0, [...agent.others].join('; ')],
  );
  const refused = await refusals(world);
  expectation(
    'the server',
    `running, ${refused} refusals in its metrics, ${server.log.length} lines of log`,
    [server.isRunning() && refused > rows.length, 'it ended, or did not count'],
  );
  const leaked = [...world.secrets].filter((secret) => server.log.some((line) => line.includes(secret)));
  expectation('secrets', `${world.secrets.size} tokens and keys, ${leaked.length} of them in the log`, [
    leaked.length === 0,
    leaked.join(' '),
  ]);
  expectation(
    'memory',
    `resident ${before.residentMiB} MiB before, ${after.residentMiB} MiB after, ${after.peakMiB} MiB at most (VmRSS and VmHWM of /proc/PID/status)`,
    [after.residentMiB - before.residentMiB < MOST_GROWTH_MIB, `it grew by more than ${MOST_GROWTH_MIB} MiB`],
  );
  for (const each of unexpected) console.log(`hostile: unexpected: ${each}`);
  console.log(`hostile: ${rows.length} requests, ${unexpected.length} unexpected`);
}

async function judge({ title, expected, send }: Case): Promise<void> {
  const got = await Promise.race([
    send(world).catch((error: unknown) => `failed: ${String(error)}`),
    sleep(CASE_DEADLINE_MS, `no end within ${CASE_DEADLINE_MS / 1000} s`, { ref: false }),
  ]);
  const isExpected = expected.includes(got);
  rows.push({ title, got, isExpected });
  if (!isExpected) unexpected.push(`${title}: expected ${expected.join(' or ')}, got ${got}`);
}

function print(): void {
  const width = Math.max(...rows.map(({ title }) => title.length));
  for (const { title, got, isExpected } of rows)
    console.log(`${isExpected ? 'ok ' : 'BAD'}  ${title.padEnd(width)}  ${got}`);
}

function expectation(what: string, text: string, [holds, why]: readonly [boolean, string]): void {
  console.log(`${what}: ${text}`);
  if (!holds) unexpected.push(`${what}: ${text} (${why})`);
}
