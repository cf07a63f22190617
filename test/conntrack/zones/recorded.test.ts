/** The recorded example has a pod whose connections its node tracks in two zones. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Aggregate } from '../../../src/agent/aggregate.ts';
import { Speaker } from '../../../src/conntrack/speaker.ts';
import { ZoneWatch } from '../../../src/conntrack/zones/zone-watch.ts';
import type { Flow } from '../../../src/domain/flow.ts';
import { scanText } from '../read-sample.ts';

const EVENTS = path.join(import.meta.dirname, '../../../examples/online-boutique/nodes/node-b/events.txt');

function openedOf(flows: readonly Flow[]): number {
  return flows.flatMap(({ seconds }) => seconds).reduce((sum, { opened }) => sum + opened, 0);
}

it('counts the recorded connections of the pod in two zones once, by the Services it dialled', () => {
  const { records } = scanText(readFileSync(EVENTS, 'utf8'));
  const opened = records.filter(({ event }) => event === 'new');
  const zoned = opened.filter(({ zone }) => zone !== null);
  const clients = new Set(zoned.map(({ origSource }) => origSource));
  expect(clients.size).toBe(1);
  // The capture shows each of them a second time, in the default zone and without its Service.
  expect(opened.filter(({ origSource }) => clients.has(origSource))).toHaveLength(2 * zoned.length);

  const aggregate = new Aggregate();
  const sink = { sighting: aggregate.say.bind(aggregate), skipped: () => undefined };
  const speaker = Speaker.ofEvents(sink, new ZoneWatch());
  for (const record of records) speaker.record(record, 0);
  speaker.settle();
  const flows = aggregate.drain().filter(({ client }) => clients.has(client));
  expect(openedOf(flows)).toBe(zoned.length);
  expect(flows.filter(({ dialled }) => dialled === undefined)).toEqual([]);
});
