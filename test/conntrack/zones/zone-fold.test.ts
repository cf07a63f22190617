/** What is said of connections that a node tracks in several zones. */
import { describe, expect, it } from 'vitest';
import { Speaker } from '../../../src/conntrack/speaker.ts';
import { ZoneWatch } from '../../../src/conntrack/zones/zone-watch.ts';
import { heard, say, scanText } from '../read-sample.ts';

const CLIENT = '10.0.0.1:40000';
const SERVICE = '10.96.0.10:80';
const BACKEND = '10.0.0.2:8080';
const NODE = '192.168.0.1:50000';
const BY_SERVICE = 'opened tcp 10.0.0.1 > 10.96.0.10:80 = 10.0.0.2:8080';
const DIRECT = 'opened tcp 10.0.0.1 > 10.0.0.2:8080';
const SETTLE = 'settle';

/** The NEW of an entry that makes `A > B` of packets into `C > D`, or leaves them as they are. */
function entry(zone: number, from: string, to = from): string {
  const [client, dialled] = from.split(' > ').map(ends);
  const [seenAs, server] = to.split(' > ').map(ends);
  const orig = `src=${client?.ip} dst=${dialled?.ip} sport=${client?.port} dport=${dialled?.port}`;
  const reply = `src=${server?.ip} dst=${seenAs?.ip} sport=${server?.port} dport=${seenAs?.port}`;
  return `[1700000000.000000]\t    [NEW] tcp 6 120 SYN_SENT ${orig} [UNREPLIED] ${reply} zone=${zone}`;
}

function ends(text: string): { ip: string; port: string } {
  const at = text.lastIndexOf(':');
  return { ip: text.slice(0, at), port: text.slice(at + 1) };
}

function said(lines: readonly string[], { watch = new ZoneWatch(), most = 100 } = {}): string[] {
  const sayings: string[] = [];
  const sink = {
    sighting: (sighting: Parameters<typeof heard>[0]) => sayings.push(say(heard(sighting))),
    skipped: () => undefined,
  };
  const speaker = new Speaker(sink, { watch, most });
  for (const part of lines.join('\n').split(SETTLE)) {
    for (const record of scanText(`${part}\n`).records) speaker.record(record, 0);
    speaker.settle();
  }
  return sayings;
}

const toService = entry(7, `${CLIENT} > ${SERVICE}`);
const toBackend = entry(8, `${CLIENT} > ${SERVICE}`, `${CLIENT} > ${BACKEND}`);
const atBackend = entry(0, `${CLIENT} > ${BACKEND}`);

describe('a connection in several zones', () => {
  it.each([
    ['in the order of the packet', [toService, toBackend, atBackend]],
    ['with the zone that shows the backend first', [toBackend, atBackend, toService]],
    ['with the zone that shows the backend last', [atBackend, toService, toBackend]],
  ])('is one, and a Service address is never its server: %s', (_, lines) => {
    expect(said(lines)).toEqual([BY_SERVICE]);
  });

  it('is seen by the server as the last zone makes it', () => {
    const rewritten = entry(65_521, `${CLIENT} > ${BACKEND}`, `${NODE} > ${BACKEND}`);
    const host = entry(0, `${NODE} > ${BACKEND}`);
    expect(said([toBackend, rewritten, host])).toEqual([`${BY_SERVICE} as 192.168.0.1`]);
  });

  it('is dialled where it was, when one zone takes back what another did', () => {
    const there = entry(1, `${CLIENT} > ${SERVICE}`, `${CLIENT} > ${BACKEND}`);
    const back = entry(2, `${CLIENT} > ${BACKEND}`, `${CLIENT} > ${SERVICE}`);
    expect(said([there, back])).toEqual(['opened tcp 10.0.0.1 > 10.96.0.10:80']);
  });

  it('is another one when its ports are used again', () => {
    expect(said([toBackend, atBackend, toBackend, atBackend])).toEqual([BY_SERVICE, BY_SERVICE]);
    expect(said([toBackend, atBackend, SETTLE, toBackend, atBackend])).toEqual([BY_SERVICE, BY_SERVICE]);
  });

  it('is another one by another way, when its ports are used again', () => {
    const elsewhere = entry(8, `${CLIENT} > ${SERVICE}`, `${CLIENT} > 10.0.0.3:8080`);
    expect(said([toBackend, atBackend, elsewhere, entry(0, `${CLIENT} > 10.0.0.3:8080`)])).toEqual([
      BY_SERVICE,
      'opened tcp 10.0.0.1 > 10.96.0.10:80 = 10.0.0.3:8080',
    ]);
  });

  it('is not told again by an entry that comes after it was told', () => {
    expect(said([toBackend, SETTLE, atBackend, toService])).toEqual([BY_SERVICE]);
    expect(said([toService, toBackend, SETTLE, atBackend])).toEqual([BY_SERVICE]);
  });

  it('is told again by an entry that comes late and shows another server: no evidence is lost', () => {
    expect(said([atBackend, SETTLE, toBackend])).toEqual([DIRECT, BY_SERVICE]);
  });
});

it('what is held is bounded: more of it is told early, and each connection once', () => {
  const ports = Array.from({ length: 50 }, (_, index) => `10.0.0.1:${40_000 + index}`);
  const lines = ports.flatMap((client) => [
    entry(8, `${client} > ${SERVICE}`, `${client} > ${BACKEND}`),
    entry(0, `${client} > ${BACKEND}`),
  ]);
  expect(said(lines, { most: 7 })).toEqual(ports.map(() => BY_SERVICE));
});

describe('a node', () => {
  const zoned = [toBackend, atBackend];

  it('is looked at for zones until a list is complete that shows none, and again from the first entry of a zone on', () => {
    const watch = new ZoneWatch();
    expect(watch.isOn).toBe(true);
    watch.listed();
    expect(watch.isOn).toBe(false);
    expect(said(zoned, { watch })).toEqual([BY_SERVICE]);
    expect(watch.isOn).toBe(true);
    watch.listed();
    expect(watch.isOn).toBe(true);
    watch.listed();
    expect(watch.isOn).toBe(false);
  });

  it('without zones has each entry told at once', () => {
    const watch = new ZoneWatch();
    watch.listed();
    const sayings: string[] = [];
    const sink = {
      sighting: (sighting: Parameters<typeof heard>[0]) => sayings.push(say(heard(sighting))),
      skipped: () => undefined,
    };
    const speaker = Speaker.ofEvents(sink, watch);
    for (const record of scanText(`${atBackend}\n`).records) speaker.record(record, 0);
    expect(sayings).toEqual([DIRECT]);
  });
});
