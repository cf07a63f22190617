/** What a real kernel sent, held against what the `conntrack` tool printed of the same events. */
import { describe, expect, it } from 'vitest';
import { sightingOf } from '../../../src/conntrack/flow-of.ts';
import type { ConntrackRecord } from '../../../src/conntrack/record.ts';
import { say, scanText } from '../read-sample.ts';
import { readMessages, readSampleText, scanMessages } from './scan-messages.ts';

/** Without what only netlink knows, and without the time, which the tool takes when it reads. */
function asText(record: ConntrackRecord): object {
  const { at: _at, midStream: _mid, offloaded: _offloaded, startedAt: _started, ...rest } = record;
  return rest;
}

describe.each(['events', 'dump'])('the messages in %s', (name) => {
  const scan = scanMessages(...readMessages(`${name}.hex`));
  const text = scanText(readSampleText(`${name}.txt`));

  it('say word for word what the tool printed', () => {
    expect(scan.records.length).toBeGreaterThan(8);
    expect(scan.records.map(asText)).toEqual(text.records.map(asText));
    expect(scan.rejects).toEqual(text.rejects.map(({ reason }) => reason).filter((one) => one !== 'notice'));
    expect(new Set(scan.rejects)).toEqual(new Set(['protocol']));
  });

  it('know when the entry began mid-stream, which TCP entries alone can', () => {
    const midStream = scan.records.filter((record) => record.midStream === true);
    expect(midStream.length).toBeGreaterThan(0);
    for (const record of midStream) expect(record).toMatchObject({ protocol: 'tcp', origSourcePort: 7000 });
    const untold = scan.records.filter(({ midStream: mid }) => mid === null);
    // A DESTROY has no flags, and an update that changed no state has nothing of TCP at all.
    for (const record of untold) expect(record.event === 'destroy' || record.state === null).toBe(true);
  });
});

describe('the events', () => {
  const { records } = scanMessages(...readMessages('events.hex'));

  it('give the same sightings as the text, in the same order', () => {
    const said = records.map((record) => say(sightingOf(record)));
    expect(said).toEqual(
      scanText(readSampleText('events.txt')).records.map((record) => say(sightingOf(record))),
    );
  });

  it('have the time at which the kernel saw them: before the tool read them, by less than 50 ms', () => {
    const text = scanText(readSampleText('events.txt')).records;
    for (const [index, { at }] of records.entries()) {
      const lateMs = (text[index]?.at ?? 0) - (at ?? 0);
      expect(lateMs).toBeGreaterThan(0);
      expect(lateMs).toBeLessThan(50);
    }
  });
});

describe('the list', () => {
  const scan = scanMessages(...readMessages('dump.hex'));

  it('ends without an error, and has when each entry was made', () => {
    expect(scan.ends).toEqual([0]);
    expect(scan.interruptions).toBe(0);
    for (const { startedAt } of scan.records) expect(new Date(startedAt ?? 0).getUTCFullYear()).toBe(2026);
  });

  it('shows what is alive the right way round, and only the mid-stream entry as a guess', () => {
    const said = scan.records.map((record) => say(sightingOf(record)));
    expect(said.filter((one) => one.startsWith('present')).toSorted()).toEqual([
      expect.stringMatching(/^present tcp 10\.9\.2\.2 > 10\.9\.1\.2:\d+ guessed from 7000$/),
      'present udp 10.9.1.2 > 10.9.2.2:5353',
      'present udp 10.9.1.2 > 10.9.2.2:5354',
      'present udp fd00:9:1::2 > fd00:9:2::2:5353',
    ]);
  });
});
