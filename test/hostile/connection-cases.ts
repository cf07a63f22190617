/** Connections that cost the server something and bring nothing: slow ones, idle ones, too many. They take as long as the server lets them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HOARDER, connected, untilClosed } from './attack.ts';
import type { Case } from './case.ts';
import { post } from './case.ts';
import { BATCHES_PER_MINUTE } from './hostile-world.ts';
import type { HostileWorld } from './hostile-world.ts';
import { refusals } from './refusals.ts';

const IDLE_CONNECTIONS = 1000;
/** What one address may hold open. */
const OF_ONE_ADDRESS = 512;
/**
 * The server's timeouts are 10 s for a header and 20 s for a request, looked at every 2 s. What is asked here is that it closes at
 * all: how late, a busy machine decides too.
 */
const DEADLINE_S = 60;
const FIRST_TIMEOUT_MS = 10_000;
/** The code under which the server counts connections that are one too many. */
const TOO_MANY = 'too-many-connections';
const CLOSED = 'closed by the server';

function within(seconds: number): string {
  return seconds <= DEADLINE_S ? CLOSED : `open for ${seconds.toFixed(0)} s`;
}

export const CONNECTION_CASES: readonly Case[] = [
  {
    title: `${IDLE_CONNECTIONS} connections that say nothing`,
    expected: [`${OF_ONE_ADDRESS} let in, all ${CLOSED}`],
    send: idleConnections,
  },
  {
    title: 'a handshake, then nothing',
    expected: [CLOSED],
    send: async (world) => within(await untilClosed(await connected(world.server.at.ingest, world.ca))),
  },
  {
    title: 'a header, one byte a second',
    expected: [CLOSED],
    send: (world) => drip(world, 'GET / HTTP/1.1\r\nhost: a\r\nx: '),
  },
  {
    title: 'a body, one byte a second',
    expected: [CLOSED],
    send: (world) =>
      drip(
        world,
        `POST /api/v1/batches HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\nauthorization: Bearer ${world.token({ pod: 'agent-b' })}\r\n\r\n`,
      ),
  },
  {
    title: 'a header on loopback, one byte a second',
    expected: [CLOSED],
    send: async (world) => {
      const socket = await connected(world.server.at.api);
      return within(await dripInto(socket, 'GET / HTTP/1.1\r\nx: '));
    },
  },
];

/** After the others: it leaves node-b without a right to send for a while. */
export const PACE_CASES: readonly Case[] = [
  {
    title: 'batches of one node in a row, three at a time, until one is too many',
    expected: ['200, 429 too-many-requests'],
    send: async (world) => {
      const token = world.token({ pod: 'agent-b' });
      const answers = new Set<string>();
      // A slow machine takes more than a minute for a minute's share, and gets a new share meanwhile.
      let left = 10 * BATCHES_PER_MINUTE;
      const sender = async (): Promise<void> => {
        while (left-- > 0 && answers.size < 2)
          answers.add(await post(world, { token, batch: { nodeName: 'node-b' } }));
      };
      await Promise.all([sender(), sender(), sender()]);
      return [...answers].toSorted().join(', ');
    },
  },
];

async function idleConnections(world: HostileWorld): Promise<string> {
  const refusedBefore = await refusals(world, TOO_MANY);
  const began = performance.now();
  const lives = await Promise.all(
    Array.from({ length: IDLE_CONNECTIONS }, async () => {
      const socket = await connected(world.server.at.ingest, undefined, HOARDER);
      const connectedAfterMs = performance.now() - began;
      return { connectedAfterMs, seconds: await untilClosed(socket) };
    }),
  );
  const letIn = IDLE_CONNECTIONS - ((await refusals(world, TOO_MANY)) - refusedBefore);
  const longest = Math.max(...lives.map(({ seconds }) => seconds));
  // Where the last came when the first had had their time, their places were free again.
  const isSlow = Math.max(...lives.map(({ connectedAfterMs }) => connectedAfterMs)) > FIRST_TIMEOUT_MS;
  return `${isSlow && letIn > OF_ONE_ADDRESS ? OF_ONE_ADDRESS : letIn} let in, all ${within(longest)}`;
}

async function drip(world: HostileWorld, start: string): Promise<string> {
  const socket = await connected(world.server.at.ingest, world.ca);
  return within(await dripInto(socket, start));
}

async function dripInto(socket: Awaited<ReturnType<typeof connected>>, start: string): Promise<number> {
  const closed = untilClosed(socket);
  socket.write(start);
  while (!socket.destroyed && socket.writable) {
    socket.write('a');
    await sleep(1000);
  }
  return closed;
}
