import { expect, test } from 'vitest';
import { flowKeyText } from '../../src/domain/flow.ts';
import { ip } from '../../src/domain/ip.ts';
import { flowTitle } from '../../src/wire/flow-title.ts';
import { flow } from '../world.ts';

test.each([
  ['10.0.0.1:41000 > 10.0.0.7:8080 tcp', '10.0.0.1 > 10.0.0.7:8080/tcp'],
  [
    '10.0.0.1:41000 > 10.96.0.10:53 = 10.0.0.7:1053 udp',
    '10.0.0.1 > 10.0.0.7:1053/udp (dialled 10.96.0.10:53)',
  ],
])('%s is shown as %s', (text, title) => {
  expect(flowTitle(flowKeyText(flow(text)))).toBe(title);
});

test('what was rewritten or guessed is said, and IPv6 is bracketed before its port', () => {
  const key = {
    ...flow('10.0.0.1:41000 > 10.0.0.7:8080 tcp'),
    client: ip('fd00::1'),
    server: ip('fd00::7'),
    dialled: { ip: ip('fd01::10'), port: 80 },
    seenAs: ip('fd02::1'),
    orientation: 'guessed',
    clientPort: 41000,
  } as const;
  expect(flowTitle(flowKeyText(key))).toBe(
    'fd00::1 > [fd00::7]:8080/tcp (dialled [fd01::10]:80, seen as fd02::1, picked up mid-stream, port 41000 at the other end)',
  );
});

test.each(['10.0.0.1 > ?', '', 'a|b'])('%j, which is no flow key, stays', (text) => {
  expect(flowTitle(text)).toBe(text);
});
