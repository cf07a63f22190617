/** Lists cut into items as their bytes arrive: the same items wherever the bytes are cut, and no list where there is none. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ItemSplitter, textOf } from '../../src/kube/watch/item-splitter.ts';

/** The items and the head of a text that arrives in pieces of so many bytes. */
function split(text: string, pieceBytes = 7): { items: unknown[]; head: object } {
  const bytes = Buffer.from(text);
  const splitter = new ItemSplitter();
  const items: unknown[] = [];
  for (let start = 0; start < bytes.length; start += pieceBytes)
    for (const item of splitter.push(bytes.subarray(start, start + pieceBytes)))
      items.push(JSON.parse(textOf(item)));
  return { items, head: splitter.end() };
}

test('items and what stands beside them are the same however the bytes are cut', () => {
  const item = fc.jsonValue({ maxDepth: 4 });
  const metadata = fc.record({ resourceVersion: fc.string(), continue: fc.string({ unit: 'grapheme' }) });
  fc.assert(
    fc.property(
      fc.array(item, { maxLength: 6 }),
      metadata,
      fc.boolean(),
      fc.constantFrom(0, 2),
      fc.integer({ min: 1, max: 40 }),
      (items, meta, isLast, indent, pieceBytes) => {
        const list = isLast
          ? { kind: 'PodList', items, metadata: meta }
          : { kind: 'PodList', metadata: meta, items };
        const result = split(JSON.stringify(list, null, indent), pieceBytes);
        // What JSON.parse makes of the whole is what is true of the parts.
        const truth = JSON.parse(JSON.stringify(list)) as typeof list;
        expect(result.items).toEqual(truth.items);
        expect(result.head).toEqual({ kind: 'PodList', metadata: truth.metadata });
      },
    ),
    { seed: 5, numRuns: 300 },
  );
});

describe('a list', () => {
  test.each<[string, string, unknown[]]>([
    ['without items', '{"metadata":{}}', []],
    ['whose items are null, as of an encoder without any', '{"items":null,"metadata":{}}', []],
    ['with an empty list', '{"items":[],"metadata":{}}', []],
    [
      'with items that are no objects',
      '{"items":[1, null ,"a]}\\"",[{}],true]}',
      [1, null, 'a]}"', [{}], true],
    ],
    ['with a line end behind it', '{"items":[{}]}\n', [{}]],
    [
      'with items inside its items',
      '{"items":[{"items":[1,2],"metadata":{}}]}',
      [{ items: [1, 2], metadata: {} }],
    ],
  ])('%s', (_, text, items) => {
    for (const pieceBytes of [1, 3, 1000]) expect(split(text, pieceBytes).items).toEqual(items);
  });

  test.each([
    '',
    '[]',
    '"items"',
    '{"items":[{}',
    '{"items":[{}]',
    '{"items":[{}]}}',
    '{"items":[}]}',
    '{"items" [{}]}',
    '{kind:1}',
    '{"kind":}',
    'upstream connect error',
    '{"items":[{"a":"not ended]}',
  ])('is not %j', (text) => {
    for (const pieceBytes of [1, 1000]) expect(() => split(text, pieceBytes)).toThrow(SyntaxError);
  });

  test('may not nest without end, and may not have an endless head', () => {
    expect(() => split(`{"items":[${'['.repeat(1_001)}`, 100)).toThrow(RangeError);
    expect(split(`{"items":[${'['.repeat(999)}${']'.repeat(999)}]}`, 100).items).toHaveLength(1);
    expect(() => split(`{"metadata":"${'x'.repeat(1 << 20)}"}`, 1 << 16)).toThrow(RangeError);
  });

  test('is told while it arrives: an item as soon as its last byte is there', () => {
    const splitter = new ItemSplitter();
    expect(splitter.push(Buffer.from('{"items":[{"a":1},{"b"'))).toHaveLength(1);
    expect(splitter.push(Buffer.from(':2}'))).toHaveLength(1);
  });
});
