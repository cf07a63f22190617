import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../../src/kube/watch/line-splitter.ts';

test('lines are the same wherever the bytes are cut', () => {
  const line = fc.string({ unit: 'binary', minLength: 1 }).map((text) => JSON.stringify({ text }));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 9 })), (lines, sizes) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''));
      const splitter = new LineSplitter();
      const found: string[] = [];
      let start = 0;
      for (const size of [...sizes, bytes.byteLength]) {
        found.push(...splitter.push(bytes.subarray(start, start + size)));
        start += size;
      }
      expect(found).toEqual(lines);
    }),
    { seed: 1 },
  );
});

test('an unfinished line is no line', () => {
  const splitter = new LineSplitter();
  expect(splitter.push(Buffer.from('{"a":1}\r\n\n{"b"'))).toEqual(['{"a":1}']);
  expect(splitter.push(Buffer.from(':2}'))).toEqual([]);
});

test('a line without end is refused before it fills the memory', () => {
  const splitter = new LineSplitter();
  const piece = Buffer.alloc(32 * 1024 * 1024, 'x');
  splitter.push(piece);
  splitter.push(piece);
  expect(() => splitter.push(piece)).toThrow(RangeError);
});
