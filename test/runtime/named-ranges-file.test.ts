/** Named ranges come from a file that people write by hand: every mistake is told with its place. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readNamedRanges } from '../../src/runtime/named-ranges-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netscribe-ranges-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string): Promise<unknown> {
  const path = join(folder, 'ranges.yaml');
  await writeFile(path, text);
  return await readNamedRanges(path);
}

test('YAML and JSON are read alike', async () => {
  const expected = { payments: ['198.51.100.0/24', '2001:db8:7::/48'], 'the office': ['203.0.113.8/29'] };
  expect(
    await read('payments: [198.51.100.0/24, "2001:db8:7::/48"]\nthe office:\n  - 203.0.113.8/29\n'),
  ).toEqual(expected);
  expect(await read(JSON.stringify(expected))).toEqual(expected);
});

test.each([
  ['', 'is not a map'],
  ['- 10.0.0.0/8', 'is not a map'],
  ['a: 10.0.0.0/8', '"a" is not a list'],
  ['a: []', '"a" is not a list'],
  ['a: [10.0.0.1]', '"a": "10.0.0.1" is not a CIDR'],
  ['a: [1]', '"a": 1 is not a CIDR'],
  ['"\\u0000": [10.0.0.0/8]', 'is no name'],
  [`${'x'.repeat(64)}: [10.0.0.0/8]`, 'is no name'],
  ['a: [10.0.0.0/8', 'Flow sequence'],
  ['a: &x [10.0.0.0/8]\nb: *x', 'Alias resolution'],
])('%j is refused with what is wrong', async (text, told) => {
  await expect(read(text)).rejects.toMatchObject({
    code: 'bad-named-ranges',
    message: expect.stringContaining(told) as unknown,
  });
});

test('every mistake is told at once, up to ten', async () => {
  const text = Array.from({ length: 12 }, (_, index) => `list${index}: [x]`).join('\n');
  await expect(read(text)).rejects.toThrow(/list0[^]*list9[^]*and 2 more/);
});

test('a file that is not there is said to be', async () => {
  await expect(readNamedRanges(join(folder, 'none.yaml'))).rejects.toMatchObject({
    code: 'bad-named-ranges',
  });
});
