import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { progressTo } from '../../src/replay/progress.ts';

function told(steps: readonly { at: number; bytes: number }[], total: number): string[] {
  const stream = new PassThrough();
  let now = 0;
  const progress = progressTo(stream, total, () => now);
  for (const { at, bytes } of steps) {
    now = at;
    progress.add(bytes);
  }
  const text = stream.read() as Buffer | null;
  return (text?.toString() ?? '').split('\n').filter((line) => line !== '');
}

describe('progress', () => {
  test('short input tells nothing', () => {
    expect(
      told(
        [
          { at: 100, bytes: 1e6 },
          { at: 1900, bytes: 1e6 },
        ],
        2e6,
      ),
    ).toEqual([]);
  });

  test('long input tells how much is read and what is left, every two seconds', () => {
    const steps = Array.from({ length: 60 }, (_, index) => ({ at: (index + 1) * 100, bytes: 1e6 }));
    expect(told(steps, 120e6)).toEqual([
      'replay: 20.0 of 120.0 MB read (16 %), about 10 s left',
      'replay: 40.0 of 120.0 MB read (33 %), about 8 s left',
      'replay: 60.0 of 120.0 MB read (50 %), about 6 s left',
    ]);
  });
});
