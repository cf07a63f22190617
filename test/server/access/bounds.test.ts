/** What input may cost: pace, bytes in memory, the weight of JSON, connections. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { assert, boolean, jsonValue, property, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyBudget } from '../../../src/server/access/body-budget.ts';
import { readBody } from '../../../src/server/access/read-body.ts';
import { boundedServer } from '../../../src/server/access/bounded-server.ts';
import { jsonExcess } from '../../../src/server/access/json-weight.ts';
import { Pace } from '../../../src/server/access/pace.ts';
import { Refusals } from '../../../src/server/access/refusals.ts';

const MIB = 1 << 20;

describe('a pace', () => {
  test('lets a minute of requests through at once, then as they come', () => {
    let now = 0;
    const pace = new Pace(60, () => now);
    expect(Array.from({ length: 60 }, () => pace.wait('node-a'))).toEqual(Array(60).fill(null));
    expect(pace.wait('node-a')).toBe(1);
    expect(pace.wait('node-b')).toBe(null);
    now = 1000;
    expect(pace.wait('node-a')).toBe(null);
    expect(pace.wait('node-a')).toBe(1);
  });

  test('counts what cost more as more, and waits until it is made up for', () => {
    let now = 0;
    const pace = new Pace(60, () => now);
    expect(pace.wait('node-a')).toBe(null);
    pace.charge('node-a', 120);
    expect(pace.wait('node-a')).toBe(62);
    expect(pace.wait('node-b')).toBe(null);
    now = 62_000;
    expect(pace.wait('node-a')).toBe(null);
  });

  test('of more callers than it remembers is one for all of those', () => {
    let now = 0;
    const pace = new Pace(1, () => now);
    for (let caller = 0; caller < 20_000; caller++) expect(pace.wait(`made-up-${caller}`)).toBe(null);
    expect(pace.wait('one more')).toBe(null);
    expect(pace.wait('and another')).toBe(60);
    now = 60_001;
    expect(pace.wait('one more later')).toBe(null);
    expect(pace.wait('another later')).toBe(null);
  });
});

describe('the budget of bodies', () => {
  test('is 128 MiB for all, and four bodies for one node', () => {
    const budget = new BodyBudget();
    const held = Array.from({ length: 4 }, () => budget.reserve('node-a'));
    for (const each of held) each.grow(MIB);
    expect(() => budget.reserve('node-a')).toThrow(/4 batches of this node/);
    budget.reserve(null).grow(123 * MIB);
    const another = budget.reserve('node-b');
    expect(() => another.grow(2 * MIB)).toThrow(/128 MiB/);
    held[0]?.release();
    held[0]?.release();
    expect(budget.bytes).toBe(126 * MIB);
    expect(() => budget.reserve('node-a').grow(2 * MIB)).not.toThrow();
  });

  test('counts what a body has become, and nothing of one that is gone', () => {
    const budget = new BodyBudget();
    const reservation = budget.reserve('node-a');
    reservation.grow(32 * MIB);
    reservation.grow(2 * MIB);
    expect(budget.bytes).toBe(32 * MIB);
    expect(() => reservation.grow(200 * MIB)).toThrow(/128 MiB/);
    reservation.release();
    reservation.grow(MIB);
    expect(budget.bytes).toBe(0);
  });
});

describe('a body', () => {
  test('is read as it arrives, and its bytes are told', async () => {
    const told: number[] = [];
    const stream = Readable.from([Buffer.from('ab'), Buffer.from('c')]);
    expect(String(await readBody(stream, (bytes) => void told.push(bytes)))).toBe('abc');
    expect(told).toEqual([2, 3]);
  });

  test('is let go when it is too much, and rejected when it breaks off', async () => {
    const refuse = (): never => {
      throw new Error('too much');
    };
    await expect(readBody(Readable.from([Buffer.from('ab')]), refuse)).rejects.toThrow('too much');
    const broken = new Readable({ read: () => undefined });
    const read = readBody(broken, () => undefined);
    broken.destroy();
    await expect(read).rejects.toThrow('broke off');
  });
});

describe('the weight of JSON', () => {
  const none = { maxDepth: 1000, maxContainers: 1000, maxCommas: 1000 };

  test('is that of what it parses to, whatever its strings hold', () => {
    assert(
      property(jsonValue({ maxDepth: 6 }), boolean(), (value, isSpaced) => {
        const text = Buffer.from(JSON.stringify(value, null, isSpaced ? 2 : 0));
        const { depth, containers, commas } = weigh(value);
        const bounds = { maxDepth: depth, maxContainers: containers, maxCommas: commas };
        expect(jsonExcess(text, bounds)).toBe(null);
        if (depth > 0) expect(jsonExcess(text, { ...none, maxDepth: depth - 1 })).toMatch(/deeper/);
        if (containers > 0)
          expect(jsonExcess(text, { ...none, maxContainers: containers - 1 })).toMatch(/arrays/);
        if (commas > 0) expect(jsonExcess(text, { ...none, maxCommas: commas - 1 })).toMatch(/values/);
      }),
      { seed: 8, numRuns: 500 },
    );
  });

  test('of any bytes is told without a throw', () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (bytes) => {
        jsonExcess(Buffer.from(bytes), none);
      }),
      { seed: 8, numRuns: 500 },
    );
  });
});

describe('a server', () => {
  test('lets one address have only so many connections, and ends all of them when it closes', async () => {
    const refused: string[] = [];
    const server = boundedServer((_, response) => response.end('ok'), {
      certificate: null,
      bounds: { requestTimeoutMs: 10_000, maxConnections: 100, maxConnectionsOfOneAddress: 3 },
      refused: (code) => refused.push(code),
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const open = async (localAddress: string): Promise<Socket> => {
      const socket = connect({ port, host: '127.0.0.1', localAddress });
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    };
    const kept = [await open('127.0.0.1'), await open('127.0.0.1'), await open('127.0.0.1')];
    await once((await open('127.0.0.1')).resume(), 'close');
    expect(refused).toEqual(['too-many-connections']);
    kept.push(await open('127.0.0.2'));
    const ended = kept.map((socket) => once(socket.resume(), 'close'));
    server.close();
    await Promise.all(ended);
  });
});

test('refusals are all counted and told once a minute', () => {
  const told: object[] = [];
  let now = 0;
  const refusals = new Refusals({ warn: (fields) => told.push(fields) }, () => now);
  for (let count = 0; count < 100; count++) refusals.count('network', 'token-refused', 'no');
  now = 60_000;
  refusals.count('network', 'token-refused', 'no');
  expect(told).toEqual([
    { listener: 'network', code: 'token-refused', detail: 'no', refused: 1 },
    { listener: 'network', code: 'token-refused', detail: 'no', refused: 101 },
  ]);
  expect(refusals.metrics.samples).toEqual([
    { labels: { listener: 'network', code: 'token-refused' }, value: 101 },
  ]);
});

interface Weight {
  readonly depth: number;
  readonly containers: number;
  readonly commas: number;
}

function weigh(value: unknown): Weight {
  if (typeof value !== 'object' || value === null) return { depth: 0, containers: 0, commas: 0 };
  const parts: Weight[] = Object.values(value).map(weigh);
  return {
    depth: 1 + Math.max(0, ...parts.map((each) => each.depth)),
    containers: 1 + parts.reduce((sum, each) => sum + each.containers, 0),
    commas: Math.max(0, parts.length - 1) + parts.reduce((sum, each) => sum + each.commas, 0),
  };
}
