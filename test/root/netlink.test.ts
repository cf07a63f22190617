/**
 * The conntrack sources against a real kernel, in network namespaces of the test's own. Needs root on Linux with `ip`,
 * `nft` and `conntrack`.
 */
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Line, LineProcess } from './line-process.ts';
import { CLIENT, MASQUERADED_PORT, NetlinkLab, NODE, SERVER, SERVICE } from './netlink-lab.ts';

const canRun = process.platform === 'linux' && process.getuid?.() === 0;
if (!canRun) process.stderr.write('netlink: skipped, because network namespaces need root on Linux\n');

const READER = 'netlink-reader.ts';
/** The last flow of a scenario: when a source has said it, it has said all. */
const LAST_PORT = 9999;

describe.runIf(canRun)('the conntrack sources', () => {
  let lab: NetlinkLab;
  let client: LineProcess;
  let server: LineProcess;
  let settingsBefore: string;

  beforeAll(async () => {
    lab = new NetlinkLab();
    lab.up();
    [client, server] = await Promise.all([
      lab.script('client', 'netlink-peer.ts'),
      lab.script('server', 'netlink-peer.ts'),
    ]);
    for (const port of [8080, MASQUERADED_PORT, 7000]) await server.ask({ is: 'listen', port });
    await server.ask({ is: 'serve-udp', port: 5353 });
    await server.ask({ is: 'ignore-udp', port: 5354 });
    await server.ask({ is: 'ignore-udp', port: LAST_PORT });
  });
  beforeEach(async () => {
    await client.ask({ is: 'let-go' });
    lab.inNode('conntrack', ['-F']);
    settingsBefore = lab.settings();
  });
  // Whatever ran, no setting of the node changed.
  afterEach(() => expect(lab.settings()).toBe(settingsBefore));
  afterAll(() => lab.down());

  async function open(kind: string, ...args: string[]): Promise<LineProcess> {
    const reader = await lab.script('node', READER, { args: [kind, ...args] });
    expect(await reader.next('open')).toMatchObject({ kind });
    await reader.ask({ is: 'start' });
    return reader;
  }

  /** One connection of each kind, and what any source must say of them. */
  async function scenario(): Promise<string[]> {
    expect(await client.ask({ is: 'dial', host: SERVER.v4, port: 8080 })).toMatchObject({
      outcome: 'answered',
    });
    expect(await client.ask({ is: 'dial', host: SERVER.v4, port: 81 })).toMatchObject({ outcome: 'refused' });
    expect(await client.ask({ is: 'dial', host: SERVER.v6, port: 8080 })).toMatchObject({
      outcome: 'answered',
    });
    expect(await client.ask({ is: 'dial', host: SERVICE, port: 80 })).toMatchObject({ outcome: 'answered' });
    await client.ask({ is: 'dial', host: SERVER.v4, port: MASQUERADED_PORT });
    await client.ask({ is: 'ask-udp', host: SERVER.v4, port: 5353 });
    await client.ask({ is: 'ask-udp', host: SERVER.v6, port: 5353 });
    await client.ask({ is: 'send-udp', host: SERVER.v4, port: 5354, count: 1 });
    // The entry is forgotten, and made anew by a packet of the server.
    await client.ask({ is: 'hold', host: SERVER.v4, port: 7000 });
    lab.inNode('conntrack', ['-D', '-p', 'tcp', '--orig-port-dst', '7000']);
    await server.ask({ is: 'speak' });
    await client.ask({ is: 'send-udp', host: SERVER.v4, port: LAST_PORT, count: 1 });
    const both = (key: string): string[] => [`opened ${key}`, `answered ${key}`];
    return [
      ...both(`tcp ${CLIENT.v4} > ${SERVER.v4}:8080`),
      `opened tcp ${CLIENT.v4} > ${SERVER.v4}:81`,
      ...both(`tcp ${CLIENT.v6} > ${SERVER.v6}:8080`),
      ...both(`tcp ${CLIENT.v4} > ${SERVICE}:80 = ${SERVER.v4}:8080`),
      ...both(`tcp ${CLIENT.v4} > ${SERVER.v4}:${MASQUERADED_PORT} as ${NODE.v4}`),
      ...both(`udp ${CLIENT.v4} > ${SERVER.v4}:5353`),
      ...both(`udp ${CLIENT.v6} > ${SERVER.v6}:5353`),
      `opened udp ${CLIENT.v4} > ${SERVER.v4}:5354`,
      ...both(`tcp ${CLIENT.v4} > ${SERVER.v4}:7000`),
      `opened udp ${CLIENT.v4} > ${SERVER.v4}:${LAST_PORT}`,
    ].toSorted();
  }

  test.each([
    { accounting: 0, timestamps: 0 },
    { accounting: 1, timestamps: 1 },
  ])(
    'netlink says of every kind of connection what the text says: accounting $accounting, timestamps $timestamps',
    async ({ accounting, timestamps }) => {
      lab.setting('nf_conntrack_acct', accounting);
      lab.setting('nf_conntrack_timestamp', timestamps);
      settingsBefore = lab.settings();
      const [netlink, tool] = [await open('netlink'), await open('conntrack')];
      const began = Date.now();
      const expected = await scenario();
      await Promise.all([netlink, tool].map((one) => one.until((lines) => saysOf(lines, LAST_PORT))));
      // Ends every entry, so that its counters are told.
      lab.inNode('conntrack', ['-F']);
      const ends = `counters udp ${CLIENT.v4} > ${SERVER.v4}:${LAST_PORT}`;
      if (accounting === 1)
        await Promise.all(
          [netlink, tool].map((one) =>
            one.until((lines) => lines.some(({ text }) => String(text).startsWith(ends))),
          ),
        );

      const [said, read] = [await netlink.ask({ is: 'close' }), await tool.ask({ is: 'close' })];
      expect(eventsOf(netlink, 'opened', 'answered')).toEqual(expected);
      expect(eventsOf(netlink)).toEqual(eventsOf(tool));
      expect(eventsOf(netlink, 'counters').length).toBeGreaterThan(accounting === 1 ? 8 : -1);
      expect(eventsOf(netlink, 'counters').length === 0).toBe(accounting === 0);
      expect(netlink.lines.filter(({ is }) => is === 'lost')).toEqual([]);
      // The filter is exact: no update reached the reader that proves no answer, though the tool saw many.
      expect(said['skipped']).not.toHaveProperty('update');
      for (const { skipped } of [said, read]) expect(skipped).toMatchObject({ 'mid-stream': 1 });
      expect((read['skipped'] as Record<string, number>)['update']).toBeGreaterThan(10);
      for (const reason of ['malformed', 'truncated']) expect(said['skipped']).not.toHaveProperty(reason);
      expect(netlink.lines.find(({ is }) => is === 'open')).toMatchObject({
        accounting: accounting === 1,
        timestamps: timestamps === 1,
      });
      const told = netlink.lines.filter(({ kind }) => kind === 'opened' || kind === 'answered');
      // Each is of a time between the first packet and the moment at which it was said.
      for (const { at, now } of told) {
        expect(Number(at)).toBeGreaterThanOrEqual(began);
        expect(Math.floor(Number(at))).toBeLessThanOrEqual(Number(now));
      }
      // The time of a read is a whole millisecond. A time that the kernel stamped is one by chance only.
      const whole = told.filter(({ at }) => Number.isInteger(at));
      if (timestamps === 0) expect(whole).toEqual(told);
      else expect(whole.length).toBeLessThan(told.length / 2);
      if (timestamps === 1) expect(said['readLagMs']).toBe(0);
      else expect(said['readLagMs']).toBeGreaterThan(0);
    },
  );

  test('what is alive at the start is told, the right way round, and a mid-stream entry as a guess', async () => {
    await client.ask({ is: 'hold', host: SERVER.v4, port: 7000 });
    await client.ask({ is: 'hold', host: SERVICE, port: 80 });
    await client.ask({ is: 'hold', host: SERVER.v6, port: 8080 });
    lab.inNode('conntrack', ['-D', '-p', 'tcp', '--orig-port-dst', '7000']);
    await server.ask({ is: 'speak' });
    const netlink = await open('netlink');
    await netlink.ask({ is: 'close' });
    expect(eventsOf(netlink, 'present')).toEqual(
      expect.arrayContaining([
        `present tcp ${CLIENT.v4} > ${SERVICE}:80 = ${SERVER.v4}:8080`,
        `present tcp ${CLIENT.v6} > ${SERVER.v6}:8080`,
        `present tcp ${SERVER.v4} > ${CLIENT.v4}:PORT guessed from 7000`,
      ]),
    );
    expect(new Set(presencesOf(netlink).map(({ at }) => at)).size).toBe(1);
  });

  test('a dump of 10,000 entries is complete, has one time, and a second one another', async () => {
    await client.ask({ is: 'burst-udp', host: SERVER.v4, port: 20_000, count: 10_000 });
    const entries = Number(lab.inNode('conntrack', ['-C']));
    expect(entries).toBeGreaterThanOrEqual(10_000);
    const netlink = await open('netlink', '--quiet');
    const answer = await netlink.ask({ is: 'dump' });
    const presences = answer['presences'] as [number, number][];
    expect(presences).toHaveLength(2);
    for (const [, count] of presences) expect(count).toBeGreaterThanOrEqual(10_000);
    expect(presences[1]![0]).toBeGreaterThan(presences[0]![0]);
    await netlink.ask({ is: 'close' });
  });

  test('what a stalled reader loses is counted to the event', async () => {
    const count = 60_000;
    const netlink = await open('netlink', '--quiet');
    // Stopped, it reads nothing, and its socket holds some 52,000 events.
    process.kill(netlink.pid, 'SIGSTOP');
    await client.ask({ is: 'burst-udp', host: SERVER.v4, port: 20_000, count });
    process.kill(netlink.pid, 'SIGCONT');
    await netlink.until((lines) => lines.some(({ is }) => is === 'lost'));
    const { tally } = (await netlink.ask({ is: 'close' })) as unknown as { tally: Record<string, number> };
    expect(tally['lost']).toBeGreaterThan(1000);
    expect(tally['opened']! + tally['lost']!).toBe(count);
  });

  test('the tool counts what it loses too', async () => {
    const count = 20_000;
    const tool = await open('conntrack', '--quiet');
    // Stopped, it reads nothing, and its socket holds 166 events.
    const pid = lab.pidOf('conntrack');
    process.kill(pid, 'SIGSTOP');
    await client.ask({ is: 'burst-udp', host: SERVER.v4, port: 20_000, count });
    process.kill(pid, 'SIGCONT');
    await tool.until((lines) => lines.some(({ is }) => is === 'lost'));
    await client.ask({ is: 'send-udp', host: SERVER.v4, port: LAST_PORT, count: 1 });
    await tool.ask({ is: 'dump' });
    // What the tool has yet to read is in no count, and is lost with it when it ends.
    while (countedBy(await tool.ask({ is: 'tally' })) < count + 1) await delay(50);
    expect(countedBy(await tool.ask({ is: 'close' }))).toBe(count + 1);
  });

  test('the tool that dies is told', async () => {
    const tool = await open('conntrack');
    const pid = lab.pidOf('conntrack');
    process.kill(pid, 'SIGKILL');
    expect(await tool.next('failed')).toMatchObject({
      error: expect.stringContaining('conntrack -E') as string,
    });
    await tool.ask({ is: 'close' });
  });

  test('/proc shows what is alive, and says what it does not show', async () => {
    await client.ask({ is: 'hold', host: SERVICE, port: 80 });
    const procfs = await open('procfs');
    expect(procfs.lines.filter(({ is }) => is === 'warn')).toEqual([
      expect.objectContaining({ message: expect.stringContaining('refused connections') as string }),
    ]);
    await procfs.ask({ is: 'close' });
    expect(eventsOf(procfs, 'present')).toContain(
      `present tcp ${CLIENT.v4} > ${SERVICE}:80 = ${SERVER.v4}:8080`,
    );
  });

  test('without the capability the message says what is missing, and auto takes what is left', async () => {
    const wrapper = ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all'];
    for (const kind of ['netlink', 'conntrack']) {
      const reader = await lab.script('node', READER, { args: [kind], wrapper });
      expect(await reader.next('problem')).toMatchObject({
        code: 'conntrack-not-permitted',
        hint: expect.stringContaining('NET_ADMIN') as string,
      });
    }
    const reader = await lab.script('node', READER, { args: ['auto'], wrapper });
    expect(await reader.next('open')).toMatchObject({ kind: 'procfs' });
    expect(reader.lines.filter(({ is }) => is === 'warn')).toHaveLength(3);
  });

  test('a tool that is not installed is named', async () => {
    const reader = await lab.script('node', READER, {
      args: ['conntrack'],
      wrapper: ['env', 'PATH=/nowhere'],
    });
    expect(await reader.next('problem')).toMatchObject({ code: 'conntrack-missing' });
  });

  test('nf_conntrack_events=0 is warned of', async () => {
    lab.setting('nf_conntrack_events', 0);
    settingsBefore = lab.settings();
    const reader = await open('netlink');
    expect(reader.lines.some(({ message }) => String(message).startsWith('nf_conntrack_events is 0'))).toBe(
      true,
    );
    await reader.ask({ is: 'close' });
    lab.setting('nf_conntrack_events', 2);
    settingsBefore = lab.settings();
  });
});

/** Openings that were said, and events that were lost. */
function countedBy(answer: Line): number {
  const { opened, lost } = answer['tally'] as { opened: number; lost: number };
  return opened + lost;
}

function saysOf(lines: readonly Line[], port: number): boolean {
  return lines.some(({ text }) => typeof text === 'string' && text.includes(`:${port}`));
}

function presencesOf(reader: LineProcess): readonly Line[] {
  return reader.lines.filter(({ kind }) => kind === 'present');
}

/** What was said of events, or of some kinds only; sorted, and with `PORT` for a client's own. */
function eventsOf(reader: LineProcess, ...kinds: string[]): string[] {
  return reader.lines
    .filter(
      ({ is, kind }) =>
        is === 'sighting' && (kinds.length === 0 ? kind !== 'present' : kinds.includes(String(kind))),
    )
    .map(({ text }) => String(text).replace(/:\d+ guessed/, ':PORT guessed'))
    .toSorted();
}
